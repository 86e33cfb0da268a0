"""The gate's choice among what was held back, over random candidates.

What holds exactly: of the candidates that came down far enough (to the target, or within a tenth of
what must go), the one is taken whose output keeps most of all that any of them touched. The last
resort counts half: it is taken only where it keeps more than twice as much as any other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from road_parts import Strategy, assistant, user, words

from brim import Brim
from brim.api import Condensation, CondenseTask, Replace
from brim.model.messages import Message, Text
from brim.road.condensing.choice import LAST_RESORT
from brim.road.condensing.gate import HINDSIGHT, NEAR
from brim.road.grading.survival import survival

TURNS, BUDGET = 40, 3_000
FACTS = [f"the port of server{i} is {4_000 + i}" for i in range(TURNS)]
CHAT = [
    one for fact in FACTS for one in (user(f"{fact} {words(40)}"), assistant(f"noted {words(40)}"))
] + [user("and now?")]


class Noted(Strategy):
    """Puts a note with some of the facts, and some filler, in place of the first messages."""

    def __init__(self, name: str, dice: random.Random) -> None:
        super().__init__(self.note)
        self.name = name
        self.cover = dice.randrange(56, 79)
        self.facts = dice.sample(FACTS, dice.randrange(0, 20))
        self.filler = dice.choice([0, 0, 200, 600, 1_200])

    def note(self, task: CondenseTask) -> Condensation:
        text = "\n".join([*self.facts, words(self.filler), "end"])
        return Condensation((Replace(tuple(range(self.cover)), text),))


def views(messages: Any) -> list[Message]:
    return [Message(one["role"], (Text(one["content"]),)) for one in messages]


def kept(output: Any, touched: int) -> float:
    """Of the first so many messages, by the measure that reports show."""
    return survival(views(CHAT[:touched]), views(output)).score


@pytest.mark.parametrize("seed", range(16))
def test_nothing_that_fits_and_keeps_more_is_passed_over(
    make: Callable[..., Brim], seed: int
) -> None:
    dice = random.Random(seed)
    made = [Noted(f"s{n}", dice) for n in range(dice.randrange(2, 5))]
    names = [one.name for one in made]

    def fit(chain: list[str], quality: float) -> Any:
        brim = make(*made, strategies=chain, condensation={"quality": quality})
        return brim.fit(CHAT, model="m", budget=BUDGET, dialect="openai-chat")

    together = fit(names, 1.0)
    report = together.report
    assert {step.outcome for step in report.steps} == {"below quality", "applied"}
    (taken,) = report.strategies
    alone = {name: fit([name], 0.0) for name in [*names, LAST_RESORT]}
    first = {name: one.report.steps[0] for name, one in alone.items()}
    before, target = report.before.tokens, report.decision.target
    near = min(target + int(NEAR * (before - target)), BUDGET)
    fitting = [name for name in alone if first[name].after <= near]
    assert taken in fitting
    touched = max(max(cover.last for cover in first[name].covers) + 1 for name in fitting)
    scores = {name: kept(alone[name].messages, touched) for name in fitting}
    weighed = {n: score * (HINDSIGHT if n == LAST_RESORT else 1) for n, score in scores.items()}
    assert weighed[taken] == pytest.approx(max(weighed.values()), abs=1e-9), (scores, taken)
    assert together.messages[:1] == alone[taken].messages[:1]


@pytest.mark.parametrize("seed", range(16, 22))
def test_one_that_keeps_enough_is_taken_at_once(make: Callable[..., Brim], seed: int) -> None:
    """The first of the chain that reaches the threshold, though a later one may keep more."""
    dice = random.Random(seed)
    made = [Noted(f"s{n}", dice) for n in range(4)]
    for one in made:
        one.filler = 0  # all of them come down to the target
    names = [one.name for one in made]
    brim = make(*made, strategies=names, condensation={"quality": 0.2})
    steps = brim.fit(CHAT, model="m", budget=BUDGET, dialect="openai-chat").report.steps
    enough = [step.strategy for step in steps if (step.survival or 0) >= 0.2]
    assert [step.strategy for step in steps if step.outcome == "applied"][:1] == enough[:1]

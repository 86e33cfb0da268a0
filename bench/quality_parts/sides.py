"""Who condenses: the baselines, a peer, and Brim's strategies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points
from random import Random
from time import process_time
from typing import Any

from attrs import frozen

import brim
from brim.api import Level, TrimDecision, TrimTask, hookimpl
from quality_parts.data import Message, tokens
from quality_parts.texts import lines_of, shown, stems
from quality_parts.trials import Trial

__all__ = ["BASELINES", "MODEL", "Answer", "Ours", "Side"]

MODEL = "gpt-4o"
WHOLE = 1
"""Results that observation masking leaves whole."""
EXTRACTION = "key-point-extraction"
PLACEHOLDER = "[old tool result left out]"


@frozen
class Answer:
    """What came out instead of the body, one text for each message, its CPU seconds, and the
    strategies whose edits were taken."""

    texts: list[str]
    seconds: float = 0.0
    strategies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def size(self) -> int:
        return sum(map(tokens, self.texts))


Side = Callable[[Trial, int], Answer]
"""Condenses a trial's body into this many tokens."""


def keep_last(trial: Trial, room: int) -> Answer:
    """The newest exchanges that fit, and the last lines of the one before."""
    return Answer(_newest(trial.body, trial.texts, room))


def masking(trial: Trial, room: int) -> Answer:
    """Tool results become placeholders, oldest first and never the newest, until the rest fits;
    then the newest exchanges that fit."""
    texts = list(trial.texts)
    excess = sum(map(tokens, texts)) - room
    results = [i for i, one in enumerate(trial.body) if one["role"] == "tool"]
    for i in results[:-WHOLE]:
        saved = tokens(texts[i]) - tokens(PLACEHOLDER)
        if excess > 0 and saved > 0:
            texts[i], excess = PLACEHOLDER, excess - saved
    return Answer(_newest(trial.body, texts, room))


def _newest(body: Sequence[Message], texts: Sequence[str], room: int) -> list[str]:
    first = len(body)
    start = first
    while start:
        start -= 1
        if body[start]["role"] == "tool":
            continue
        cost = sum(map(tokens, texts[start:first]))
        if cost > room:
            return [*_tail(texts[start:first], room), *texts[first:]]
        room, first = room - cost, start
    return list(texts)


def _tail(texts: Sequence[str], room: int) -> list[str]:
    """The last lines that fit."""
    kept: list[str] = []
    for line in reversed([line for text in texts for line in lines_of(text)]):
        room -= tokens(line) + 1
        if room < 0:
            break
        kept.append(line)
    return ["\n".join(reversed(kept))] if kept else []


def random_lines(trial: Trial, room: int) -> Answer:
    """Lines drawn until the room is full, in their order."""
    lines = [line for text in trial.texts for line in lines_of(text)]
    order = list(range(len(lines)))
    Random(trial.name).shuffle(order)
    return Answer(_filled(lines, order, room))


def tfidf_lines(trial: Trial, room: int) -> Answer:
    """Lines by the TF-IDF of their distinct words for each token, in their order."""
    lines = [line for text in trial.texts for line in lines_of(text)]
    words = [set(stems(line)) for line in lines]
    holding = Counter(word for one in words for word in one)
    weight = {word: math.log(len(lines) / count) for word, count in holding.items()}
    score = [
        sum(weight[word] for word in one) / (tokens(line) + 1)
        for one, line in zip(words, lines, strict=True)
    ]
    order = sorted(range(len(lines)), key=lambda i: (-score[i], i))
    return Answer(_filled(lines, order, room))


def _filled(lines: Sequence[str], order: Iterable[int], room: int) -> list[str]:
    chosen: list[int] = []
    for i in order:
        cost = tokens(lines[i]) + 1
        if cost <= room:
            room -= cost
            chosen.append(i)
    return ["\n".join(lines[i] for i in sorted(chosen))] if chosen else []


def langchain(trial: Trial, room: int) -> Answer:
    """langchain-core's `trim_messages` as its documentation recommends it."""
    from langchain_core.messages import convert_to_openai_messages

    from peers import LangChain

    def count(messages: Sequence[Any]) -> int:
        return sum(tokens(shown(one)) for one in convert_to_openai_messages(list(messages)))

    side = LangChain(
        room + sum(tokens(shown(one)) for one in trial.head),
        count,
        strategy="last",
        include_system=True,
        start_on="human",
        end_on=("human", "tool"),
    )
    side.extend(trial.messages)
    kept = [shown(one) for one in convert_to_openai_messages(side.fit())]
    for text in map(shown, trial.head):
        if text in kept:
            kept.remove(text)
    return Answer(kept)


BASELINES: dict[str, Side] = {
    "keep last": keep_last,
    "observation masking": masking,
    "random lines": random_lines,
    "TF-IDF lines": tfidf_lines,
    "LangChain trim_messages": langchain,
}


class ExactTarget:
    """A policy that condenses to the very budget of the call."""

    name = "exact-target"

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        budget = task.usage.budget
        over = task.usage.tokens > budget
        return TrimDecision(over, Level.OK, budget, budget, reason="the benchmark's target")


class Ours:
    """One strategy of Brim, or `auto`, through `Brim.fit`.

    A strategy named alone is taken whatever survives; `auto` is left as it comes. `share` is
    told to the strategy that divides its room by one.
    """

    def __init__(self, strategy: str, share: float) -> None:
        chosen: dict[str, object] = {
            "policy": ExactTarget.name,
            "strategies": [strategy],
            "archive": {"where": "memory"},
        }
        if strategy != "auto":
            chosen["condensation"] = {"quality": 0.0}
        if EXTRACTION in _installed():
            chosen["plugin"] = {EXTRACTION: {"ratio": share}}
        self.brim, self.prober = (brim.Brim(chosen, plugins=[ExactTarget()]) for _ in range(2))

    def __call__(self, trial: Trial, room: int) -> Answer:
        """All but the system, the tools and the last message may take `room` tokens. What Brim
        adds around messages counts against it, what the body had around its own does not."""
        self.brim.count(trial.messages, model=MODEL, tools=trial.tools or None)
        budget = self._head(trial) + room
        began = process_time()
        fitted = self._fit(self.brim, trial, budget)
        seconds = process_time() - began
        beside = {id(one) for one in trial.head}
        texts = [shown(one) for one in fitted.messages if id(one) not in beside]  # type: ignore[arg-type]
        return Answer(texts, seconds, fitted.report.strategies)

    def least(self, trial: Trial) -> int:
        """The smallest body that Brim can leave, 0 where it can leave none. What is tried here
        must not be replayed later, so another `Brim` tries it."""
        try:
            self._fit(self.prober, trial, self._head(trial))
        except brim.BudgetInfeasible as error:
            return error.minimum - self._head(trial)
        return 0

    def _head(self, trial: Trial) -> int:
        return self.brim.count(trial.head, model=MODEL, tools=trial.tools or None).total

    def _fit(self, app: brim.Brim, trial: Trial, budget: int) -> brim.Fitted:
        return app.fit(
            trial.messages,
            model=MODEL,
            budget=budget,
            tools=trial.tools or None,
            tenant=trial.name,
        )


@cache
def _installed() -> frozenset[str]:
    return frozenset(point.name for point in entry_points(group="brim"))

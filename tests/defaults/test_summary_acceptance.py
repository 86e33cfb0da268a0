"""Every rule by which an answer is turned down, and every failure at every call."""

from __future__ import annotations

import asyncio
import json
from math import inf
from typing import Any

import pytest
from summary_parts import BOTH, asked, brim_with

from brim.api import Completion
from brim.defaults.acceptance import judged
from brim.testing.fakes import FakeClock

LONG = asked(20)
BUDGET = 2_000
GOOD = "Goal: to know why"
CALLS = range(1, 6)
"""Which call it is. Odd and even ones are those of different strategies."""

TURNED_DOWN: dict[str, tuple[str | Completion, str]] = {
    "empty": ("", "empty"),
    "blank": (" \n\t", "empty"),
    "signs only": ("***", "empty"),
    "unseen signs": ("\u200b\u2060", "empty"),
    "empty fence": ("```\n\n```", "empty"),
    "thoughts only": ("<think>so</think>\n", "empty"),
    "thoughts without end": ("<think>it goes on and on", "nothing but thoughts"),
    "refusal": ("I'm sorry, but I can't help with that.", "a refusal"),
    "refusal behind thoughts": ("<think>no</think>I cannot do this.", "a refusal"),
    "refusal by the provider": (Completion(GOOD, "refusal"), "a refusal"),
    "cut off": (Completion("Goal: to", "length"), "cut off at its longest"),
    "stopped": (Completion(GOOD, "other"), "ended by the provider"),
    "too large": ("question and answer, at length. " * 1_500, "not smaller than what it sums up"),
}
RAISED: dict[str, BaseException] = {
    "connection": ConnectionError("secret"),
    "timeout": TimeoutError("secret"),
    "cancelled": asyncio.CancelledError("secret"),
    "anything": ValueError("secret"),
}


def turns(brim: Any) -> Any:
    """What became of the strategy, once the request had gone out."""
    before = json.dumps(LONG)
    with brim:
        fitted = brim.fit(LONG, model="gpt-4o", budget=BUDGET)
        assert fitted.report.after.upper <= BUDGET
        assert fitted.report.strategies == ("smart-truncation",)
        assert "secret" not in str(fitted.explain()) + json.dumps(fitted.report.as_dict())
    assert json.dumps(LONG) == before
    return fitted


@pytest.mark.parametrize("rule", TURNED_DOWN)
def test_each_rule_gives_its_reason(rule: str) -> None:
    answer, reason = TURNED_DOWN[rule]
    if rule == "too large":
        return
    found = judged(answer if isinstance(answer, Completion) else Completion(answer))
    assert (found.text, found.reason) == ("", reason)


@pytest.mark.parametrize("number", CALLS)
@pytest.mark.parametrize("rule", TURNED_DOWN)
def test_an_answer_turned_down_at_any_call(rule: str, number: int) -> None:
    answer, reason = TURNED_DOWN[rule]
    answers = [*[GOOD] * (number - 1), answer]
    strategy = BOTH[number % 2]
    brim, model = brim_with(*answers, strategy=strategy, condensation={"max_messages": 4})
    fitted = turns(brim)
    first, last = fitted.report.steps
    assert (first.outcome, last.outcome) == ("passed", "applied")
    assert dict(first.facts) == {"answer": f"turned down: {reason}"}
    assert f"answer turned down: {reason}" in str(fitted.explain())
    assert first.asks == len(model.asks) == number


@pytest.mark.parametrize("number", CALLS)
@pytest.mark.parametrize("error", RAISED)
def test_a_failure_at_any_call(error: str, number: int) -> None:
    strategy = BOTH[number % 2]
    brim, model = brim_with(GOOD, strategy=strategy, condensation={"max_messages": 4})
    model.failures = {number: RAISED[error]}
    fitted = turns(brim)
    first, last = fitted.report.steps
    assert (first.outcome, last.outcome) == ("failed", "applied")
    assert first.asks == len(model.asks) == number


class Hanging(FakeClock):
    """One by which a call of this number never ends."""

    number = 0

    async def sleep(self, seconds: float) -> None:
        self.number -= 1
        await FakeClock.sleep(self, inf if self.number == 0 else seconds)


@pytest.mark.parametrize("number", CALLS)
def test_an_answer_that_never_comes_at_any_call(number: int) -> None:
    brim, model = brim_with(
        GOOD, strategy=BOTH[number % 2], condensation={"max_messages": 4, "timeout": 0.05}
    )
    model.clock = clock = Hanging()
    clock.number = number
    fitted = turns(brim)
    assert fitted.report.steps[0].outcome == "failed"
    assert "took longer than 0.05 s" in fitted.report.steps[0].detail
    assert len(model.asks) == number


def test_names_of_speakers_that_nobody_says_do_no_harm() -> None:
    """What the summary leaves out is listed, whoever speaks."""
    messages = [
        {**one, "name": ("Ann", "Bob")[n % 2], "content": f"{one['content']} in {1_990 + n}"}
        for n, one in enumerate(LONG)
    ]
    brim, _ = brim_with("Goal: Zoe wants to know why", condensation={"max_messages": 100})
    with brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=BUDGET)
    assert fitted.report.strategies == ("conversation-summary",), str(fitted.explain())
    assert "Also said:" in str(fitted.messages[0])


def test_a_good_answer_shows_how_often_was_asked() -> None:
    brim, model = brim_with(GOOD, condensation={"max_messages": 4})
    with brim:
        fitted = brim.fit(LONG, model="gpt-4o", budget=BUDGET)
    (step,) = fitted.report.steps
    assert step.asks == len(model.asks) >= 5
    assert f"{step.asks} questions to a model" in str(fitted.explain())
    assert json.loads(json.dumps(fitted.report.as_dict()))["steps"][0]["asks"] == step.asks

"""The laws of `should_trim`."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import evolve
from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.model.decisions import LastRequest, TrimDecision, TrimTask
from brim.testing.contracts.base import law, require
from brim.testing.contracts.common import Repeatable
from brim.testing.conversations import generate
from brim.testing.draw import Draw
from brim.testing.examples import SMALL, drawn
from brim.testing.workbench import Job, workbench

__all__ = ["ShouldTrimContract"]

SHARES = (50, 90, 130, 20, 400)

REQUESTS = (
    LastRequest(0),
    LastRequest(500, 0.0, 0),
    LastRequest(500, 1.0, 400),
    LastRequest(10_000, 1e6, 0),
    LastRequest(10**9, 0.5),
)


class ShouldTrimContract(Repeatable):
    """Laws of a policy, over conversations that are larger than their budget and smaller."""

    hook: ClassVar[str] = "should_trim"

    def strategy(self) -> SearchStrategy[Job]:
        return drawn(_job)

    def inputs(self, example: Job) -> tuple[TrimTask]:
        return (workbench().trim(example),)

    def check(self, value: Any, *inputs: Any) -> TrimDecision:
        return checks.decision(value)

    @law()
    def test_above_its_trigger_it_trims(self, example: Job) -> None:
        """A conversation of more tokens than the trigger that it names is trimmed."""
        (task,), decision = self.inputs(example), self.answered(example)
        if decision is not None and not decision.trim:
            held = task.usage.tokens <= decision.trigger
            require(held, f"{task.usage.tokens} tokens, {decision!r}")

    @law()
    def test_the_target_is_worth_a_step(self, example: Job) -> None:
        """The target is at most the trigger, and below what there is where it trims."""
        (task,), decision = self.inputs(example), self.answered(example)
        if decision is None:
            return
        require(decision.target <= decision.trigger, f"{decision!r}")
        less = not decision.trim or decision.target < task.usage.tokens
        require(less, f"{task.usage.tokens} tokens, {decision!r}")

    @law()
    def test_more_tokens_never_stop_a_trim(self, example: Job) -> None:
        """What is trimmed is trimmed also when it has more tokens."""
        (task,) = self.inputs(example)
        decision = self.answered(example)
        usage = task.usage
        fuller = evolve(usage, tokens=usage.tokens * 2 + 1, upper=usage.upper * 2 + 1)
        other = self.answer(example, (evolve(task, usage=fuller),)).value
        if decision is not None and other is not None and decision.trim:
            require(other.trim, f"{usage.tokens} tokens: {decision!r}; {fuller.tokens}: {other!r}")

    @law()
    def test_it_can_be_told_of_the_request_before(self, example: Job) -> None:
        """With its own account, and whatever is known of the request before, it decides as well:
        over its trigger it trims, and to less."""
        (task,), first = self.inputs(example), self.answered(example)
        if first is not None and not first.trim and task.usage.tokens > first.trigger:
            return  # untold it breaks another law
        account = first.account if first is not None else ()
        for last in REQUESTS:
            told = evolve(task, last=last, account=account)
            answer = self.answer(example, (told,))
            require(not answer.raised and not answer.breach, answer.raised or answer.breach)
            decision = answer.value
            if decision is not None:
                less = decision.target < task.usage.tokens
                held = task.usage.tokens <= decision.trigger
                require(less if decision.trim else held, f"{last!r}: {decision!r}")


def _job(draw: Draw) -> Job:
    share = draw.choice(SHARES)
    return Job(generate(draw, options=SMALL), share)

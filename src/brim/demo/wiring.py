"""Where the demo meets the rest of Brim: counting, checking and fitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from brim.demo.recording import Recording, load
from brim.demo.replay import Condensed, Gauge, Step, StepResult
from brim.dialects.base import Parsed, Violation, Wire
from brim.dialects.openai_chat import OpenAIChat
from brim.pages.fates import Stretch, fates, stretches

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.road.reports.report import FitReport

__all__ = ["gauge_for", "parts_for", "step_with"]


def parts_for(brim: Brim, model: str, window: int) -> tuple[Recording, Step, Gauge]:
    """All that a replay needs: the recording, Brim at work on it, and how to measure."""
    recording = load()
    gauge = gauge_for(brim, recording, model)
    return recording, step_with(brim, recording, model, window), gauge


def step_with(brim: Brim, recording: Recording, model: str, window: int) -> Step:
    """Fits each request into `window` tokens, without a memory of its own: the whole
    conversation goes in every time, as a program would send it."""

    def step(messages: Sequence[Wire]) -> StepResult:
        fitted = brim.fit(messages, model=model, budget=window, tools=recording.tools)
        report = fitted.report
        sent = cast("Sequence[Wire]", fitted.messages)

        def fate() -> tuple[Stretch, ...]:
            sizes = brim.count(messages, model=model, tools=recording.tools).per_message
            return stretches(fates(fitted.diff(), len(messages)), sizes)

        level = str(report.decision.level)
        return StepResult(sent, report.tokens, level, _condensed(report), fate)

    return step


def _condensed(report: FitReport) -> Condensed | None:
    steps = [step for step in report.steps if step.outcome == "applied"]
    if not steps:
        return None
    names = tuple(step.strategy for step in steps)
    exchanges = sum(step.exchanges for step in steps)
    return Condensed(steps[0].before, steps[-1].after, names, exchanges)


def gauge_for(brim: Brim, recording: Recording, model: str) -> Gauge:
    """Counts and checks for all ways. Each message is counted and read once."""
    report = brim.count(recording.messages, model=model, tools=recording.tools)
    counted = zip(recording.messages, report.per_message, strict=True)
    costs = {id(message): (message, cost) for message, cost in counted}

    def cost(message: Wire) -> int:
        if id(message) not in costs:
            count = brim.count([message], model=model).per_message[0]
            costs[id(message)] = (message, count)
        return costs[id(message)][1]

    fixed = report.total - sum(report.per_message)
    return Gauge(fixed, cost, _Checker(brim, recording, model).check)


class _Checker:
    """The provider's rules; what was read of a message is kept."""

    def __init__(self, brim: Brim, recording: Recording, model: str) -> None:
        self.dialect = OpenAIChat()
        self.profile = brim.engine.profile(model)
        self.envelope = self.dialect.envelope({"model": model, "tools": recording.tools})
        self._read: dict[int, tuple[Wire, Parsed]] = {}

    def check(self, messages: Sequence[Wire]) -> tuple[Violation, ...]:
        parsed = [self._parsed(message, index) for index, message in enumerate(messages)]
        return self.dialect.check(parsed, self.envelope, self.profile)

    def _parsed(self, message: Wire, index: int) -> Parsed:
        if id(message) not in self._read:
            self._read[id(message)] = (message, self.dialect.parse(message, index))
        return self._read[id(message)][1]

"""Condensations that happened, and what is shown of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

from attrs import Factory, define, field

from brim.pages.fates import fates, stretches

if TYPE_CHECKING:
    from brim import Diff, Fitted
    from brim.road.reports.report import Step

__all__ = ["Condensed", "Ring"]

MOST = 32
"""Condensations that are remembered."""

HELD = 2_000_000
"""Tokens of conversations that are held for those that nobody has looked at yet."""

CHANGES = 60
"""Changed pieces of one condensation whose texts are shown."""

HEAD, TAIL = 600, 300
"""Characters of a text that are shown at its ends."""

STRIP = 240
"""Stretches of equal fate that are drawn apart."""


@define(eq=False)
class Condensed:
    """One condensation. `fitted` is let go of when it was looked at."""

    number: int
    time: float
    tenant: str
    talk: int
    mode: str
    fitted: Fitted | None = field(repr=False)
    _view: dict[str, object] | None = None
    _lock: Lock = field(factory=Lock, repr=False)

    @property
    def held(self) -> int:
        """Tokens of the conversation that is held for it."""
        return 0 if self.fitted is None else self.fitted.report.before.tokens

    def view(self, bodies: bool) -> dict[str, object] | None:
        """What is shown, with texts only where `bodies` are; worked out once. None where it was
        let go of before anybody looked. Takes milliseconds: call it in a thread."""
        with self._lock:
            if self._view is None and (fitted := self.fitted) is not None:
                diff = fitted.diff()
                self._view = {
                    "number": self.number,
                    "time": round(self.time, 1),
                    "tenant": self.tenant,
                    "talk": self.talk,
                    "mode": self.mode,
                    **_figures(fitted, diff),
                    **(_texts(fitted, diff) if bodies else {}),
                }
                self.fitted = None
            return self._view


def _figures(fitted: Fitted, diff: Diff) -> dict[str, object]:
    """Sizes, names and shares: nothing that a message said."""
    report = fitted.report
    return {
        "model": report.model[:HEAD],
        "before": report.before.tokens,
        "after": report.after.tokens,
        "budget": report.after.budget,
        "level": str(report.decision.level),
        "messages": [report.messages_before, report.messages_after],
        "survival": round(report.survival, 4),
        "degraded": report.degraded,
        "replayed": report.replayed,
        "ms": round(1000 * report.seconds, 2),
        "steps": [_step(step) for step in report.steps if step.outcome != "passed"],
        "strip": _strip(fitted, diff),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "strategy": step.strategy,
        "outcome": step.outcome,
        "before": step.before,
        "after": step.after,
        "survival": None if step.survival is None else round(step.survival, 4),
        "ms": round(1000 * step.seconds, 2),
    }


def _strip(fitted: Fitted, diff: Diff) -> list[list[object]]:
    """[fate, messages, tokens] for each stretch, system and tools in front."""
    past, report = fitted.origin, fitted.report
    timeline = past.timeline
    fixed = max(report.before.fixed - timeline.instruction_tokens, 0)
    states = fates(diff, past.offset + past.length)[past.offset :]
    found = stretches(states, timeline.tokens[: past.length])
    body: list[list[object]] = [[one.fate, one.messages, one.tokens] for one in found]
    return [["head", past.offset, fixed], *body][:STRIP]


def _texts(fitted: Fitted, diff: Diff) -> dict[str, object]:
    """What it said before and says after, cut; and what is missing."""
    return {
        "reason": fitted.report.decision.reason,
        "missing": list(fitted.report.missing),
        "changes": list(_changes(diff)),
    }


def _changes(diff: Diff) -> Iterator[dict[str, object]]:
    for change in diff.changed[:CHANGES]:
        yield {
            "kind": change.kind,
            "first": change.places[0],
            "last": change.places[-1],
            "role": change.role,
            "handle": change.handle,
            "before": _cut(change.before),
            "after": _cut(change.after),
            "sizes": [len(change.before), len(change.after)],
        }
    if len(diff.changed) > CHANGES:
        yield {"kind": "more", "number": len(diff.changed) - CHANGES}


def _cut(text: str) -> list[str]:
    """The text, or its two ends."""
    return [text] if len(text) <= HEAD + TAIL else [text[:HEAD], text[-TAIL:]]


@define(eq=False)
class Ring:
    """The last condensations. Conversations are held for those that nobody has looked at, up to
    `size` tokens."""

    most: int = MOST
    size: int = HELD
    _kept: deque[Condensed] = Factory(deque)
    _numbers: count[int] = Factory(lambda: count(1))

    def add(self, time: float, tenant: str, talk: int, mode: str, fitted: Fitted) -> None:
        """One more; the oldest go."""
        self._kept.append(Condensed(next(self._numbers), time, tenant, talk, mode, fitted))
        while len(self._kept) > self.most:
            self._kept.popleft()
        held = sum(one.held for one in self._kept)
        for one in self._kept:
            if held <= self.size:
                return
            held -= one.held
            one.fitted = None

    def since(self, number: int, wanted: Callable[[str], bool]) -> list[Condensed]:
        """Those after this number, the oldest first, of the tenants that are `wanted`."""
        return [one for one in self._kept if one.number > number and wanted(one.tenant)]

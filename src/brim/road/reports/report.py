"""What a fit did and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from attrs import asdict, field, frozen

from brim.dialects.base import Violation
from brim.model.decisions import PastCondensation, TrimDecision, Usage
from brim.road.grading.survival import Survival
from brim.road.plans.covers import Cover
from brim.road.reports.layout import Layout

__all__ = ["BARE", "UNMIXED", "FitReport", "Injected", "Step"]

BARE = "no strategy came under the budget: only what must stay is left"
"""Why a fit is degraded that keeps nothing of its own choice."""


UNMIXED = "there was no room left for the context that was injected"
"""Why a fit is degraded that takes back what it sent behind the user's messages."""


def _whole() -> Survival:
    return Survival(1.0, 0, 0)


@frozen
class Step:
    """One strategy's turn. `before` and `after` are tokens of the whole request.

    `outcome` is "applied"; "passed" when it had nothing to offer; "no gain" when the result
    was not smaller; "below quality" when it kept too little and was not needed; "refused" when its
    edits broke a rule; "failed" when it raised. `survival` is the share of the specifics in what
    it touched that still stand, None where there was nothing to choose and it was not measured.
    `covers` are the messages that its edits are about, `notes` and `rewrites` what it wrote,
    `exchanges` how many it removed; `asks` are the questions that it put to a model, `facts` its
    own remarks.
    """

    strategy: str
    outcome: Literal["applied", "passed", "no gain", "below quality", "refused", "failed"]
    before: int
    after: int
    exchanges: int = 0
    seconds: float = field(default=0.0, eq=False)
    detail: str = ""
    survival: float | None = None
    covers: tuple[Cover, ...] = ()
    notes: int = 0
    rewrites: int = 0
    asks: int = 0
    facts: Mapping[str, str | int | float] = field(factory=dict)

    @property
    def figures(self) -> dict[str, str | int | bool]:
        """What observers are told: nothing that a plugin or a message said."""
        applied = self.outcome == "applied"
        return {
            "strategy": self.strategy,
            "tried": self.outcome != "passed" or self.asks > 0,
            "applied": applied,
            "tokens_before": self.before,
            "tokens_after": self.after if applied else self.before,
            "saved": self.before - self.after if applied else 0,
        }


@frozen
class Injected:
    """Context that goes out behind messages of the user's. `sources` has one entry for each snippet
    behind the last message, which take `tokens`; `earlier` messages carry what was found for them
    before. `room` is what was kept free for it."""

    sources: tuple[str, ...] = ()
    tokens: int = 0
    earlier: int = 0
    room: int = 0


@frozen
class FitReport:
    """The whole story of one fit.

    `before` and `after` are the request's usage as it came and as it goes out. `changed`
    is False when the same objects go out; `replayed` tells that an earlier condensation of this
    conversation was applied again: `history` has the condensations it is made of, the last of them
    `record_age` messages ago. `prefix_reuse` is the share of the last output's tokens that
    this one begins with, None for the first. `expected` is what the provider will count, by what
    it said so far; None where it said nothing. `degraded` says that the result is poorer than
    asked for, `degradation` why: no strategy kept enough and came down far enough, or only what
    must stay is left. `injected` is what was put behind the user's messages.
    """

    model: str
    dialect: str
    before: Usage
    after: Usage
    decision: TrimDecision
    changed: bool = False
    replayed: bool = False
    degraded: bool = False
    degradation: str = ""
    steps: tuple[Step, ...] = ()
    history: tuple[PastCondensation, ...] = ()
    record_age: int = 0
    expected: int | None = None
    prefix_reuse: float | None = None
    messages_before: int = 0
    messages_after: int = 0
    injected: Injected = field(factory=Injected)
    seconds: float = field(default=0.0, eq=False)
    _check: Callable[[], tuple[Violation, ...]] = field(default=tuple, eq=False, repr=False)
    _check_input: Callable[[], tuple[Violation, ...]] = field(default=tuple, eq=False, repr=False)
    _lay_out: Callable[[], Layout] = field(default=Layout, eq=False, repr=False)
    _measure: Callable[[], Survival] = field(default=_whole, eq=False, repr=False)

    @property
    def tokens(self) -> int:
        return self.after.tokens

    @property
    def saved(self) -> int:
        """Tokens that were not sent."""
        return self.before.tokens - self.after.tokens

    @property
    def condensed(self) -> bool:
        """Whether this very fit condensed something."""
        return self.degraded or any(step.outcome == "applied" for step in self.steps)

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies whose edits were taken, in order."""
        return tuple(step.strategy for step in self.steps if step.outcome == "applied")

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The rules that the output breaks, as the input did. Computed when asked."""
        return self._check()

    @property
    def input_violations(self) -> tuple[Violation, ...]:
        """The rules that the request broke as it came. Computed when asked."""
        return self._check_input()

    @property
    def survival(self) -> float:
        """The share of the raw conversation's specifics that still stand in what goes out, by
        weight. Computed when asked."""
        return self._measure().score

    @property
    def missing(self) -> tuple[str, ...]:
        """Specifics that do not stand there any more, the most important first, 20 at most.
        Computed when asked."""
        return self._measure().missing

    @property
    def layout(self) -> Layout:
        """Where the tokens of what goes out are. Computed when asked."""
        return self._lay_out()

    @property
    def figures(self) -> dict[str, str | int | float | bool]:
        """What observers are told."""
        reuse = self.prefix_reuse
        return {
            **({} if reuse is None else {"prefix_reuse": round(reuse, 4)}),
            "utilization": round(self.after.utilization, 4),
            "model": self.model,
            "level": str(self.decision.level),
            "messages": self.messages_before,
            "tokens_before": self.before.tokens,
            "tokens_after": self.after.tokens,
            "saved": self.saved,
            "condensed": self.condensed,
            "replayed": self.replayed,
            "degraded": self.degraded,
        }

    def as_dict(self) -> dict[str, object]:
        """The report as plain JSON data."""
        return {
            "model": self.model,
            "dialect": self.dialect,
            "tokens_before": self.before.tokens,
            "tokens_after": self.after.tokens,
            "upper_bound": self.after.upper,
            "budget": self.after.budget,
            "window": self.after.window,
            "reserve": self.after.reserve,
            "utilization": round(self.after.utilization, 4),
            "level": str(self.decision.level),
            "reason": self.decision.reason,
            "target": self.decision.target,
            "trigger": self.decision.trigger,
            "layout": asdict(self.layout),
            "changed": self.changed,
            "replayed": self.replayed,
            "degraded": self.degraded,
            "degradation": self.degradation,
            "survival": round(self.survival, 4),
            "missing": list(self.missing),
            "strategies": list(self.strategies),
            "steps": [asdict(step) for step in self.steps],
            "history": [asdict(past) for past in self.history],
            "record_age": self.record_age,
            "expected": self.expected,
            "prefix_reuse": self.prefix_reuse,
            "messages_before": self.messages_before,
            "messages_after": self.messages_after,
            "injected": asdict(self.injected),
            "seconds": round(self.seconds, 6),
            "violations": [asdict(violation) for violation in self.violations],
            "input_violations": [asdict(violation) for violation in self.input_violations],
        }

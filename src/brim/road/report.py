"""What a fit did and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from attrs import asdict, field, frozen

from brim.dialects.base import Violation
from brim.model.decisions import TrimDecision, Usage

__all__ = ["FitReport", "Fitted", "Step"]


@frozen
class Step:
    """One strategy's turn. `before` and `after` are tokens of the whole request.

    `outcome` is "applied"; "passed" when it had nothing to offer; "no gain" when the result
    was not smaller; "refused" when its edits broke a rule; "failed" when it raised.
    """

    strategy: str
    outcome: Literal["applied", "passed", "no gain", "refused", "failed"]
    before: int
    after: int
    exchanges: int = 0
    seconds: float = field(default=0.0, eq=False)
    detail: str = ""
    facts: Mapping[str, str | int | float] = field(factory=dict)


@frozen
class FitReport:
    """The whole story of one fit.

    `before` and `after` are the request's usage as it came and as it goes out. `changed`
    is False when the same objects go out; `replayed` tells that an earlier condensation of this
    conversation was applied again. `prefix_reuse` is the share of the last output's tokens that
    this one begins with, None for the first. `degraded` says that not even the target could be
    met and only what must stay is left.
    """

    model: str
    dialect: str
    before: Usage
    after: Usage
    decision: TrimDecision
    changed: bool = False
    replayed: bool = False
    degraded: bool = False
    steps: tuple[Step, ...] = ()
    prefix_reuse: float | None = None
    messages_before: int = 0
    messages_after: int = 0
    seconds: float = field(default=0.0, eq=False)
    _check: Callable[[], tuple[Violation, ...]] = field(default=tuple, eq=False, repr=False)

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
        return any(step.outcome == "applied" for step in self.steps)

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies whose edits were taken, in order."""
        return tuple(step.strategy for step in self.steps if step.outcome == "applied")

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The rules that the output breaks, as the input did. Computed when asked."""
        return self._check()

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
            "changed": self.changed,
            "replayed": self.replayed,
            "degraded": self.degraded,
            "strategies": list(self.strategies),
            "steps": [asdict(step) for step in self.steps],
            "prefix_reuse": self.prefix_reuse,
            "messages_before": self.messages_before,
            "messages_after": self.messages_after,
            "seconds": round(self.seconds, 6),
            "violations": [asdict(violation) for violation in self.violations],
        }


@frozen
class Fitted:
    """The answer of a fit.

    `messages` holds the caller's own objects wherever they go out as they came, `request`
    has the shape that was given (list, request object or bytes).
    """

    messages: list[object]
    request: object
    report: FitReport

"""The token-budget policy: big steps, far apart."""

from __future__ import annotations

from attrs import frozen

from brim.api import Level, SettingsError, TrimDecision, TrimTask, Usage, hookimpl

__all__ = ["TokenBudget", "TokenBudgetSettings", "level_of"]


@frozen
class TokenBudgetSettings:
    """Shares of the budget.

    `caution`, `warning` and `critical` are levels. A conversation over `trigger` is condensed
    down to the head plus `target` of what lies between head and trigger. Where the caller named
    the budget, the budget itself is the trigger and `explicit_target` says how far: the step is
    as big, and nothing is left out that has room.
    """

    caution: float = 0.70
    warning: float = 0.80
    critical: float = 0.90
    trigger: float = 0.80
    target: float = 0.40
    explicit_target: float = 0.60

    def __attrs_post_init__(self) -> None:
        if not 0 < self.caution < self.warning < self.critical < 1:
            raise SettingsError("caution, warning and critical must rise from 0 to 1")
        for name in ("trigger", "target", "explicit_target"):
            if not 0 < getattr(self, name) <= 1:
                raise SettingsError(f"{name} must lie between 0 and 1")


SMALL_STEP = 0.2
"""Share of the room under the trigger. Smaller steps cost 1.1 to 8 times never condensing."""


class TokenBudget:
    """Condenses when the context window fills up."""

    name = "token-budget"

    def __init__(self, settings: TokenBudgetSettings) -> None:
        self._settings = settings
        self._told: set[str] = set()
        for name in ("target", "explicit_target"):
            if getattr(settings, name) > 1 - SMALL_STEP:
                _warn(
                    f"{name} is so close to the trigger that every few turns condense: this "
                    "costs more than it saves; leave at least a fifth between them"
                )

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        usage, settings = task.usage, self._settings
        trigger = self._trigger(usage)
        self._tell_of_head(task)
        share = settings.explicit_target if usage.explicit else settings.target
        target = usage.fixed + int(share * max(trigger - usage.fixed, 0))
        over = usage.tokens > trigger
        level = level_of(usage, settings.caution, settings.warning, settings.critical)
        verb = "is over" if over else "is within"
        return TrimDecision(
            trim=over,
            level=level,
            target=min(target, trigger),
            trigger=trigger,
            reason=f"{usage.tokens:,} tokens {verb} the trigger of {trigger:,}",
        )

    def _tell_of_head(self, task: TrimTask) -> None:
        """Once for each model whose window is mostly taken by what cannot be condensed."""
        usage, model = task.usage, task.profile.name
        heavy = usage.fixed > self._settings.trigger * usage.budget
        if heavy and not usage.explicit and model not in self._told:
            self._told.add(model)
            _warn(
                f"system prompt and tools take {usage.fixed:,} of {usage.budget:,} tokens of "
                f"{model}: little room is left for the conversation"
            )

    def _trigger(self, usage: Usage) -> int:
        """Above it a request is condensed. A head that alone exceeds it leaves 0.8 of the rest."""
        if usage.explicit:
            return usage.budget
        trigger = int(self._settings.trigger * usage.budget)
        if usage.fixed > trigger:
            trigger = usage.fixed + int(0.8 * max(usage.budget - usage.fixed, 0))
        return trigger


def level_of(usage: Usage, caution: float, warning: float, critical: float) -> Level:
    """The level of this utilization."""
    if usage.upper > usage.budget:
        return Level.OVERFLOW
    steps = ((critical, Level.CRITICAL), (warning, Level.WARNING), (caution, Level.CAUTION))
    return next((level for share, level in steps if usage.utilization >= share), Level.OK)


def _warn(text: str) -> None:
    from loguru import logger

    logger.warning(text)

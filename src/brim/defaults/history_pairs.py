"""The history-pairs policy: a limit on messages, as chat loops know it."""

from __future__ import annotations

from attrs import frozen

from brim.api import Level, SettingsError, TrimDecision, TrimTask, hookimpl

__all__ = ["HistoryPairs", "HistoryPairsSettings"]


@frozen
class HistoryPairsSettings:
    """A safe history is 2 * `max_history_pairs` + 5 messages. It is trimmed above
    `trim_threshold` times that, to `safe_trim_level` times the pairs, and above `emergency` times
    that in any case to the pairs alone. `strategies` do it; none means those of the settings."""

    max_history_pairs: int = 100
    trim_threshold: float = 1.5
    safe_trim_level: float = 1.2
    emergency: float = 2.0
    strategies: tuple[str, ...] = ("smart-truncation",)

    def __attrs_post_init__(self) -> None:
        if self.max_history_pairs < 1:
            raise SettingsError("max_history_pairs must be at least 1")
        if not 1.0 <= self.safe_trim_level <= self.trim_threshold <= self.emergency:
            raise SettingsError("1 <= safe_trim_level <= trim_threshold <= emergency must hold")


class HistoryPairs:
    """Condenses when there are too many messages, or when the window is full."""

    name = "history-pairs"

    def __init__(self, settings: HistoryPairsSettings) -> None:
        self._settings = settings

    @property
    def safe_size(self) -> int:
        """Messages of a history that needs no attention."""
        return 2 * self._settings.max_history_pairs + 5

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        messages, usage = task.shape.messages, task.usage
        share = messages / self.safe_size
        emergency = share > self._settings.emergency
        full = usage.tokens > usage.budget
        over = share > self._settings.trim_threshold or full
        pairs = self._settings.max_history_pairs
        keep = 2 * pairs if emergency else int(2 * pairs * self._settings.safe_trim_level)
        kept = usage.fixed + sum(task.shape.tokens[-keep:])
        return TrimDecision(
            trim=over,
            level=self._level(share, over, emergency or usage.upper > usage.budget),
            target=min(kept, usage.budget),
            trigger=usage.budget,
            strategies=self._settings.strategies,
            reason=f"{messages:,} messages, {share:.0%} of the safe {self.safe_size:,}",
        )

    def _level(self, share: float, over: bool, emergency: bool) -> Level:
        if emergency:
            return Level.OVERFLOW
        if over:
            return Level.CRITICAL
        return Level.WARNING if share > 1 else Level.OK

"""The cache-economics policy: condense when it pays.

A condensation makes all later requests cheaper, and breaks the prefix that the provider has in its
cache: the next request is paid in full. So a conversation is condensed at the limit, where it
must be, and before it in two cases: the cache is cold and nothing is broken, or the savings that
were missed since the last condensation have reached `accrual` times what breaking the prefix costs
now. That is the rule of renting skis until the rent has come to the price: it needs no guess of how
long the conversation will go on. A second account of the same conversation, condensed at the limit
only, keeps the first one honest: early condensations never make it dearer by more than `overspend`.
"""

from __future__ import annotations

from attrs import frozen

from brim.api import LastRequest, Level, SettingsError, TrimDecision, TrimTask, Usage, hookimpl
from brim.defaults.cache_account import Books, Frame, Rates
from brim.defaults.token_budget import level_of

__all__ = ["CacheEconomics", "CacheEconomicsSettings"]

OFFLINE = ("duplicate-removal", "tool-masking", "key-point-extraction")

UNPRICED = (0.0,)
"""The account of a model without prices: there is one, so that the next request is told how long
ago this one was."""


@frozen
class CacheEconomicsSettings:
    """When it pays to condense.

    `caution`, `warning` and `critical` are levels, shares of the budget. The others but the last
    four are shares of what lies between head and budget: over `limit` a conversation must be
    condensed, down to `target` of the limit; under `floor` of the limit it never is. It may be
    earlier than it must where the savings missed so far are `accrual` times what breaking the
    cached prefix costs, and where all in all no more than `overspend` is lost by it. `early` are
    the strategies for that; none of them should ask a model, because that is paid too.
    `cache_ttl` is seconds that a cache is taken to live where the model's profile has no prices;
    `advise` is the share that a longer life of the cache must save to be spoken of.
    """

    caution: float = 0.70
    warning: float = 0.80
    critical: float = 0.90
    limit: float = 1.0
    target: float = 0.40
    floor: float = 0.45
    accrual: float = 2.0
    overspend: float = 0.005
    early: tuple[str, ...] = OFFLINE
    cache_ttl: float = 300.0
    advise: float = 0.02

    def __attrs_post_init__(self) -> None:
        if not 0 < self.caution < self.warning < self.critical < 1:
            raise SettingsError("caution, warning and critical must rise from 0 to 1")
        if not 0 < self.limit <= 1:
            raise SettingsError("limit must lie between 0 and 1")
        if not 0 < self.target < self.floor <= 1:
            raise SettingsError("target must be over 0 and under floor, and floor at most 1")
        for name in ("accrual", "overspend", "cache_ttl", "advise"):
            if not getattr(self, name) >= 0:
                raise SettingsError(f"{name} must be at least 0")


class CacheEconomics:
    """Condenses when the context window is full, and before where that is cheaper."""

    name = "cache-economics"

    def __init__(self, settings: CacheEconomicsSettings) -> None:
        self._settings = settings

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        frame, tokens = self._frame(task.usage), task.usage.tokens
        rates = Rates.of(task.profile.prices)
        books = Books.of(task, frame, rates) if rates else None
        forced = tokens > frame.limit
        may = not forced and not task.repeated and tokens > frame.floor
        early = may and self._pays(task.last, books)
        return TrimDecision(
            trim=forced or early,
            level=self._level(task.usage),
            target=frame.target,
            trigger=frame.floor if early else frame.limit,
            strategies=self._settings.early if early else (),
            reason=self._reason(task, frame, books, forced or early),
            account=books.closed(forced or early).numbers if books else UNPRICED,
        )

    def _frame(self, usage: Usage) -> Frame:
        """The most is what fits with its upper bound."""
        settings, head = self._settings, usage.fixed
        most = usage.budget * usage.tokens // usage.upper if usage.upper else usage.budget
        limit = head + int(settings.limit * max(most - head, 0))
        room = limit - head
        target, floor = head + int(settings.target * room), head + int(settings.floor * room)
        return Frame(min(head, limit), min(target, limit), min(floor, limit), limit)

    def _level(self, usage: Usage) -> Level:
        settings = self._settings
        return level_of(usage, settings.caution, settings.warning, settings.critical)

    def _pays(self, last: LastRequest | None, books: Books | None) -> bool:
        """Whether to condense before it must be."""
        if last is None:
            return False
        if books is None:
            return last.idle is not None and last.idle >= self._settings.cache_ttl
        left = books.left(self._settings.overspend)
        due = books.account.accrued >= self._settings.accrual * books.cost
        return left >= 0 and (due or left < books.lag)

    def _reason(self, task: TrimTask, frame: Frame, books: Books | None, trim: bool) -> str:
        tokens, cold = task.usage.tokens, "the provider's cache has expired"
        if tokens > frame.limit:
            parts = [f"{tokens:,} tokens are over the limit of {frame.limit:,}"]
        elif trim and (books is None or not books.warm):
            parts = [f"{cold}: {tokens:,} tokens are cheaper condensed"]
        elif trim:
            parts = [f"{tokens:,} tokens have cost more than condensing them does"]
        else:
            parts = [f"{tokens:,} tokens are within the limit of {frame.limit:,}"]
        if books is None:
            return f"{parts[0]}; the prices of {task.profile.name} are not known"
        return "; ".join((*parts, *books.remarks(self._settings.advise)))

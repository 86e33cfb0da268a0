"""Token buckets: each is full at first, is emptied by use, and fills again without steps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from time import monotonic

from attrs import define, field

from brim.defaults.rate_charges import MINUTE, Charge, Lack, longest, never

__all__ = ["Buckets"]

SWEPT = 2
"""Buckets that nobody used for a minute are full again; so many are let go of with each use."""

Key = tuple[str, ...]


@define
class _Bucket:
    level: float
    seen: float


@define(eq=False)
class Buckets:
    """A bucket for each account and unit, in this process. It holds a minute's limit, so that much
    may come at once, and fills by `limit / 60` a second. Safe for threads; `clock` gives seconds
    that only grow."""

    clock: Callable[[], float] = monotonic
    _buckets: OrderedDict[Key, _Bucket] = field(factory=OrderedDict, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, charges: Sequence[Charge]) -> Lack | None:
        """See `Limiter`."""
        with self._lock:
            now = self.clock()
            self._sweep(now)
            found = [(charge, self._level(charge, now)) for charge in charges]
            lack = longest(self._lacks(found))
            if lack is None:
                for charge, level in found:
                    self._put(charge, level - charge.cost, now)
            return lack

    def _lacks(self, found: Sequence[tuple[Charge, float]]) -> Iterator[Lack]:
        for charge, level in found:
            missing = charge.cost - level
            if missing > 0:
                wait = missing * MINUTE / charge.limit
                yield never(charge, int(level)) or Lack(charge, int(level), wait)

    def _level(self, charge: Charge, now: float) -> float:
        bucket = self._buckets.get((charge.unit, *charge.account))
        if bucket is None:
            return float(charge.limit)
        filled = max(now - bucket.seen, 0.0) * charge.limit / MINUTE
        return min(bucket.level + filled, float(charge.limit))

    def _put(self, charge: Charge, level: float, now: float) -> None:
        key = (charge.unit, *charge.account)
        self._buckets[key] = _Bucket(level, now)
        self._buckets.move_to_end(key)

    def _sweep(self, now: float) -> None:
        for _ in range(SWEPT):
            key, oldest = next(iter(self._buckets.items()), ((), None))
            if oldest is None or now - oldest.seen < MINUTE:
                return
            del self._buckets[key]

"""What follows from a request that was too long for its upstream."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from attrs import frozen

from brim.api import Overflow

__all__ = ["Learned", "Limits", "budget_under", "learn"]

SAFETY = 0.97
STEP = 0.7
"""Of what was sent, where the upstream names no number."""
SANE = (0.2, 5.0)
"""Tokens by the upstream's count, for each one by ours."""


@frozen
class Learned:
    """What an overflow taught: the window, and the upstream's tokens for each one of ours."""

    limit: int
    ratio: float

    def budget(self, reserve: int) -> int:
        """Input tokens by our count that leave `reserve` of the window."""
        room = self.limit - min(reserve, self.limit // 2)
        return max(int(room / self.ratio * SAFETY), 1)


def learn(overflow: Overflow, sent: int) -> Learned | None:
    """What an overflow teaches about a request of `sent` tokens, None where it makes no sense."""
    if overflow.limit < 1:
        return None
    ratio = overflow.used / sent if overflow.used and sent else 1.0
    low, high = SANE
    return Learned(overflow.limit, ratio) if low <= ratio <= high else None


def budget_under(overflow: Overflow, sent: int, reserve: int) -> int:
    """The budget, by our count, to send a request of `sent` tokens once more with."""
    learned = learn(overflow, sent)
    known = learned.budget(reserve) if learned else int(sent * STEP)
    return max(min(known, int(sent * 0.95)), 1)


class Limits:
    """What was learned, by tenant and model: nobody can shrink the window of another."""

    def __init__(self, clock: Callable[[], float], most: int = 1024, ttl: float = 3600.0) -> None:
        self._clock = clock
        self._most = most
        self._ttl = ttl
        self._known: OrderedDict[tuple[str, str], tuple[float, Learned]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def put(self, tenant: str, model: str, learned: Learned) -> None:
        self._known[tenant, model] = (self._clock() + self._ttl, learned)
        self._known.move_to_end((tenant, model))
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def get(self, tenant: str, model: str) -> Learned | None:
        until, learned = self._known.get((tenant, model), (0.0, None))
        if learned is not None and until < self._clock():
            self._known.pop((tenant, model), None)
            return None
        return learned

"""What a request takes of its limits, and what there is too little of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Literal, Protocol

from attrs import frozen

__all__ = ["MINUTE", "Charge", "Lack", "Limiter", "longest", "never"]

MINUTE = 60.0
"""Seconds of the window that all limits are for."""

Unit = Literal["requests", "tokens"]


@frozen
class Charge:
    """`cost` of the `limit` for each minute of one account: a key, or a key with a model."""

    account: tuple[str, ...]
    unit: Unit
    limit: int
    cost: int


@frozen
class Lack:
    """A limit that refuses. `seconds` until the same request has a chance, infinite where it
    asks for more than a whole minute has."""

    charge: Charge
    remaining: int
    seconds: float


class Limiter(Protocol):
    """Keeps accounts."""

    def take(self, charges: Sequence[Charge]) -> Lack | None:
        """Take all charges or none. Gives the limit that must be waited for longest, None when
        all were taken."""


def longest(lacks: Iterable[Lack]) -> Lack | None:
    """The one to wait for."""
    return max(lacks, key=lambda lack: lack.seconds, default=None)


def never(charge: Charge, remaining: int) -> Lack | None:
    """The lack of a request that is larger than its limit."""
    return Lack(charge, remaining, inf) if charge.cost > charge.limit else None

"""Shares with 95 % intervals: a bootstrap that draws whole conversations, with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from attrs import frozen

__all__ = ["Estimate", "difference", "rate"]

DRAWS = 2_000
SEED = 20_26
Kept = Mapping[str, tuple[int, int]]
"""For each conversation: how much was kept, and how much was asked for."""


@frozen
class Estimate:
    """A value and its interval; with less than two conversations there is none."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        middle = f"{100 * self.value:.1f}"
        if self.low is None or self.high is None:
            return middle
        return f"{middle} [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def rate(kept: Kept, draws: int = DRAWS) -> Estimate:
    """The share kept of all that was asked for."""
    return _bootstrapped(list(kept), lambda chosen: _share(kept, chosen), draws)


def difference(ours: Kept, theirs: Kept, draws: int = DRAWS) -> Estimate:
    """How much more of it we keep, both sides drawn together."""

    def gain(chosen: Sequence[str]) -> float:
        return _share(ours, chosen) - _share(theirs, chosen)

    return _bootstrapped(list(ours), gain, draws)


def _bootstrapped(
    names: Sequence[str], value: Callable[[Sequence[str]], float], draws: int
) -> Estimate:
    if len(names) < 2:
        return Estimate(value(names))
    random = Random(SEED)
    drawn = sorted(value(random.choices(names, k=len(names))) for _ in range(draws))
    return Estimate(value(names), drawn[int(0.025 * draws)], drawn[int(0.975 * draws)])


def _share(kept: Kept, names: Sequence[str]) -> float:
    asked = sum(kept[name][1] for name in names)
    return sum(kept[name][0] for name in names) / asked if asked else 0.0

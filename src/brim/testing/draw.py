"""Where the test kit's choices come from: a seeded generator, or Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

__all__ = ["Draw", "Seeded"]

T = TypeVar("T")


class Draw(Protocol):
    """A source of choices. Simple values come first, so that a shrinking source ends there."""

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""

    def boolean(self, chance: float = 0.5) -> bool:
        """True with this chance."""


class Seeded:
    """Choices from a seed: the same seed gives the same choices on every Python."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)  # noqa: S311  reproducible on purpose

    def integer(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def choice(self, options: Sequence[T]) -> T:
        return options[int(self._random.random() * len(options))]

    def boolean(self, chance: float = 0.5) -> bool:
        return self._random.random() < chance

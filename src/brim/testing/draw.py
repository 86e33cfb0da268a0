"""Where the test kit's choices come from: a seeded generator, or Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

__all__ = ["Draw", "Seeded", "Tape"]

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


class Tape:
    """Choices read from bytes, two for each; after their end every choice is the simplest.

    One byte string is far cheaper for Hypothesis to draw, and to shrink, than every choice
    by itself; a fuzzer can feed it as well.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def integer(self, low: int, high: int) -> int:
        return low + self._next() % (high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def boolean(self, chance: float = 0.5) -> bool:
        return self._next() >= 65536 * (1 - chance)

    def _next(self) -> int:
        found = self._data[self._place : self._place + 2]
        self._place += 2
        return int.from_bytes(found, "little") if len(found) == 2 else 0

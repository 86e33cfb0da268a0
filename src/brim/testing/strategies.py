"""Generated conversations for Hypothesis, which shrinks them to the smallest that fails.

Hypothesis is not a dependency of Brim: install it beside Brim to import this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from brim.testing.case import Case
from brim.testing.conversations import Options, generate

try:
    from hypothesis.strategies import DrawFn, SearchStrategy, composite, integers
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "brim.testing.strategies needs Hypothesis; install it with: pip install hypothesis",
        name="hypothesis",
    ) from error

__all__ = ["Drawn", "conversations"]

T = TypeVar("T")


class Drawn:
    """A `Draw` whose choices come from Hypothesis."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(integers(low, high))

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def boolean(self, chance: float = 0.5) -> bool:
        return self.integer(0, 999) >= 1000 - round(chance * 1000)


@composite
def _conversations(draw: DrawFn, dialect: str | None, options: Options | None) -> Case:
    return generate(Drawn(draw), dialect, options)


def conversations(
    dialect: str | None = None, options: Options | None = None
) -> SearchStrategy[Case]:
    """Valid conversations as `Case`s, of one dialect or of any."""
    return _conversations(dialect, options)

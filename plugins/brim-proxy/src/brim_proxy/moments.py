"""What can wait for a moment is done together: one after the other it takes half the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Moments"]

T = TypeVar("T")

MOMENT = 0.05
"""Seconds that the first one waits for others."""


class Moments(Generic[T]):
    """Hands over what was added within a moment, in its order; at once where no event loop runs."""

    def __init__(self, handle: Callable[[list[T]], None]) -> None:
        self._handle = handle
        self._waiting: list[T] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, item: T) -> None:
        """Hand this over, soon."""
        self._waiting.append(item)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.settle()
            return
        if self._loop is not loop:  # also after a loop that stopped before its time came
            self._loop = loop
            loop.call_later(MOMENT, self.settle)

    def settle(self) -> None:
        """Hand over what waits, now."""
        waiting, self._waiting, self._loop = self._waiting, [], None
        if waiting:
            self._handle(waiting)

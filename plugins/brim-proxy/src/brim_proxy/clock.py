"""How long a request waits for whatever comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from math import inf
from typing import TypeVar

__all__ = ["Clock"]

T = TypeVar("T")


class Clock:
    """Waits with one timer for all steps of the task that made it: what comes in time, as
    nearly everything does, costs no timer of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = inf
        self._end = inf
        self._late = False

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """What it gives. Raises `TimeoutError` after so many seconds."""
        self._end = self._loop.time() + seconds
        if self._end < self._rings:
            self._set()
        try:
            return await awaitable
        except asyncio.CancelledError:
            if not self._late or self._task is None or self._task.uncancel() > 0:
                raise
            raise TimeoutError from None
        finally:
            self._end = inf
            self._late = False

    def stop(self) -> None:
        """Ring no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        self.stop()
        self._rings = self._end
        self._timer = self._loop.call_at(self._end, self._ring)

    def _ring(self) -> None:
        """Late, or too early: since it was set, something else has begun."""
        self._timer, self._rings = None, inf
        if self._loop.time() >= self._end:
            self._late = True
            if self._task is not None:
                self._task.cancel()
        elif self._end < inf:
            self._set()

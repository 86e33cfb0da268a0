"""How long requests wait for whatever comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import TypeVar

__all__ = ["Clock", "Rounds"]

T = TypeVar("T")

ROUND = 0.05
"""Seconds between two looks at all requests: what takes too long may take so much longer."""


class Clock:
    """The patience with one request, in the task that made it. Noting until when to wait costs
    next to nothing, and most of what is waited for comes in time."""

    __slots__ = ("_end", "_late", "_loop", "_task", "_time", "later")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task = asyncio.current_task()
        self._end = inf
        self._late = False
        self._time = loop.time
        self.later: Callable[[], None] | None = None
        """Called once, when the request is older than a round."""

    def allow(self, seconds: float) -> None:
        """From now on the task is cancelled after so many seconds."""
        self._end = self._time() + seconds

    def rest(self) -> None:
        """Nothing is waited for any more."""
        self._end = inf
        self._late = False

    def rang(self) -> bool:
        """Whether it was this clock alone that cancelled the task; asked when it was cancelled."""
        return self._late and self._task is not None and self._task.uncancel() == 0

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """What it gives. Raises `TimeoutError` after so many seconds."""
        self._end = self._time() + seconds
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self.rang():
                raise TimeoutError from None
            raise
        finally:
            self.rest()

    def look(self, now: float) -> None:
        """Called every round."""
        if now >= self._end:
            self._end, self._late = inf, True
            if self._task is not None:
                self._task.cancel()
        elif self.later is not None:
            later, self.later = self.later, None
            later()


class Rounds:
    """Looks at the clocks of all requests, with one timer for all of them."""

    def __init__(self) -> None:
        self._clocks: dict[Clock, bool] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Clock:
        """The clock of a request that begins, in this task."""
        loop = asyncio.get_running_loop()
        clock = Clock(loop)
        self._clocks[clock] = False
        if self._timer is None or self._loop is not loop:
            self._loop = loop
            self._timer = loop.call_later(ROUND, self._round)
        return clock

    def end(self, clock: Clock) -> None:
        """This one stops."""
        del self._clocks[clock]

    def _round(self) -> None:
        assert self._loop is not None, "a loop has called"
        now = self._loop.time()
        for clock, seen in tuple(self._clocks.items()):
            if seen:
                clock.look(now)
            else:
                self._clocks[clock] = True
        self._timer = self._loop.call_later(ROUND, self._round) if self._clocks else None

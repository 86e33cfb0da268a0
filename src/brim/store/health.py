"""Whether a cache tier is asked at all: a breaker on a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from attrs import Factory, define

__all__ = ["FAILURES", "LATE", "REST", "Health"]

FAILURES = 3
"""Failures in a row after which a tier rests."""

LATE = 0.025
"""Seconds after which an answer counts as a failure. Nobody waits for longer than this twice: a
tier that has not answered by then rests at once."""

REST = 0.25
"""Seconds of the first rest. Each time the tier fails again, it rests twice as long."""

LONGEST_REST = 30.0


@define(eq=False)
class Health:
    """Opens when the tier fails or is late, and then lets one probe at a time through.

    `tell` is told each change of state in one line. `clock` gives seconds that only grow.
    Safe for threads.
    """

    name: str
    tell: Callable[[str], None]
    clock: Callable[[], float] = monotonic
    resting: bool = False
    _failures: int = 0
    _rest: float = 0.0
    _until: float = 0.0
    _probing: bool = False
    _stuck: int = 0
    _lock: threading.Lock = Factory(threading.Lock)

    def allows(self) -> bool:
        """Whether this call may go through. One that may must be judged afterwards."""
        with self._lock:
            if not self.resting:
                return True
            if self._probing or self._stuck or self.clock() < self._until:
                return False
            self._probing = True
            return True

    def answered(self, seconds: float) -> None:
        """It did what was asked, in this time."""
        if seconds > LATE:
            self.failed(f"needs {1_000 * seconds:.0f} ms")
            return
        with self._lock:
            self._failures, self._probing = 0, False
            again, self.resting = self.resting, False
            self._rest = 0.0
        if again:
            self.tell(f"cache {self.name!r} answers again, and is used again")

    def failed(self, why: str, at_once: bool = False) -> None:
        """It did not; `at_once` says that it is not to be asked a second time."""
        with self._lock:
            self._failures += 1
            probed, self._probing = self._probing, False
            if self.resting and not probed:  # a call from before it rested
                return
            if not (probed or at_once or self._failures >= FAILURES):
                return
            self._rest = min(2 * self._rest, LONGEST_REST) if self._rest else REST
            self._until = self.clock() + self._rest
            new, self.resting = not self.resting, True
        if new:
            self.tell(f"cache {self.name!r} {why}; it rests, and requests go on without it")

    def dropped(self) -> None:
        """Nobody waited for the end."""
        with self._lock:
            self._probing = False

    def stuck(self, change: int) -> None:
        """Calls that nobody waits for any more, and that have not ended. While there are any, none
        is tried to see whether the tier is well again."""
        with self._lock:
            self._stuck += change

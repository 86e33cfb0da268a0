"""One worker beside the requests, for what nobody waits for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from attrs import Factory, define

__all__ = ["Background"]

WAITING = 16
"""Jobs that wait for their turn; more are passed over."""

CLOSING = 5.0
"""Seconds that closing waits for the job under way."""

Job = Callable[[], None]


@define(eq=False)
class Background:
    """Does jobs one after the other, on a daemon thread that is there while there are any.

    A job that fails is over: nobody waits for what it would have come to.
    """

    _jobs: deque[Job] = Factory(deque)
    _change: threading.Condition = Factory(threading.Condition)
    _thread: threading.Thread | None = None
    closed: bool = False

    def begin(self, job: Job) -> bool:
        """Take a job, unless there are too many; whether it was taken."""
        with self._change:
            if self.closed or len(self._jobs) >= WAITING:
                return False
            self._jobs.append(job)
            if not self._busy:
                self._thread = threading.Thread(
                    target=self._work, name="brim-background", daemon=True
                )
                self._thread.start()
            return True

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all jobs are done; whether they are after `timeout` seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self._busy, timeout)

    @property
    def _busy(self) -> bool:
        """Whether there is a thread that works; none survives a fork."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Begin no other job."""
        with self._change:
            self.closed = True
            self._jobs.clear()

    def join(self) -> None:
        """Wait, not for long, for the job under way."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSING)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            with suppress(Exception):  # observers were told where it failed
                job()

    def _next(self) -> Job | None:
        with self._change:
            if self._jobs:
                return self._jobs.popleft()
            self._thread = None
            self._change.notify_all()
            return None

"""Threads that wait in the place of a request."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from attrs import Factory, define

__all__ = ["Workers"]

T = TypeVar("T")


@define(eq=False)
class Workers:
    """At most `most` daemon threads, started when they are needed. A call that hangs holds one of
    them, never its caller and never the end of the program. Survives a fork."""

    most: int = 8
    _tasks: SimpleQueue[Any] = Factory(SimpleQueue)
    _idle: threading.Semaphore = Factory(lambda: threading.Semaphore(0))
    _lock: threading.Lock = Factory(threading.Lock)
    _threads: int = 0
    _process: int = Factory(os.getpid)

    def submit(self, call: Callable[[], T]) -> Future[T]:
        if self._process != os.getpid():
            self._anew()
        future: Future[T] = Future()
        self._tasks.put((future, call))
        if not self._idle.acquire(blocking=False):
            self._one_more()
        return future

    def close(self) -> None:
        """Let the threads end when they have done what they were given."""
        with self._lock:
            for _ in range(self._threads):
                self._tasks.put(None)
            self._threads = 0

    def _one_more(self) -> None:
        with self._lock:
            if self._threads >= self.most:
                return
            self._threads += 1
        work = (self._tasks, self._idle)
        threading.Thread(target=_work, args=work, name="brim-cache", daemon=True).start()

    def _anew(self) -> None:
        """After a fork the threads are those of the parent."""
        self._tasks, self._idle = SimpleQueue(), threading.Semaphore(0)
        self._lock, self._threads, self._process = threading.Lock(), 0, os.getpid()


def _work(tasks: SimpleQueue[Any], idle: threading.Semaphore) -> None:
    while (task := tasks.get()) is not None:
        future, call = task
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)
        del task, future, call
        if tasks.empty():
            idle.release()

"""Several processes that serve the same socket."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType

__all__ = ["FAILED", "supervise"]

FAILED = 3
"""The exit code of a worker that could not start: another would not either."""

POLL = 0.5


def supervise(count: int, work: Callable[[], None]) -> None:
    """Keep `count` processes at work until SIGTERM or SIGINT, then let them drain.

    `work` can be pickled. A worker that dies is replaced; one that cannot start ends all, with
    its exit code.
    """
    stopping = False

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    previous = {one: signal.signal(one, stop) for one in (signal.SIGTERM, signal.SIGINT)}
    workers = [_started(work) for _ in range(count)]
    code = 0
    while not stopping:
        wait([worker.sentinel for worker in workers], timeout=POLL)
        dead = [worker for worker in workers if not worker.is_alive()]
        code = max((worker.exitcode or 0 for worker in dead), default=0)
        if code == FAILED:
            break
        if dead and not stopping:
            time.sleep(POLL)  # a worker that dies at once must not make a busy loop
            workers = [w for w in workers if w.is_alive()] + [_started(work) for _ in dead]
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
    for one, handler in previous.items():
        signal.signal(one, handler)
    if code == FAILED:
        sys.exit(FAILED)


def _started(work: Callable[[], None]) -> SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(target=work, name="brim-worker")
    process.start()
    return process

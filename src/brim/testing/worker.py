"""A process of its own for code that may hang, eat memory or end the process.

It is forked, so that a plugin which is an object of a test needs no import, and kept
warm until it breaks a limit. Where there is no fork (Windows), everything runs in place
and without limits.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = ["FORKS", "Exceeded", "Late", "Worker", "limited", "out_of_memory"]

FORKS = hasattr(os, "fork") and hasattr(signal, "setitimer")
"""Whether limits can be enforced here."""

MEMORY_STATUS = 77
HEADROOM = 1 << 29
"""Bytes of address space that one task may take before the system refuses it more."""

PATIENCE = 8.0
"""Seconds of wall time beyond which no answer is waited for, plus ten times the CPU limit."""

Judge = Callable[..., str | None]


class Exceeded(Exception):
    """The task had to be ended."""


class Late(Exceeded):
    """What the task awaited did not come in time. It ended by itself."""


class Worker:
    """Runs `judge` on arguments that can be pickled, one call at a time."""

    def __init__(self, judge: Judge, cpu_seconds: float) -> None:
        self._judge = judge
        self._cpu = cpu_seconds
        self._process: Any = None
        self._line: Connection | None = None

    def ask(self, *arguments: object) -> str | None:
        """What `judge` gives. Raises `Exceeded` when it had to be ended."""
        if not FORKS:
            return self._judge(*arguments)
        line = self._line or self._start()
        try:
            line.send(arguments)
            if not line.poll(PATIENCE + 10 * self._cpu):
                raise Exceeded("gave no answer and used no processor time: it waits for something")
            outcome, answer = line.recv()
        except (EOFError, ConnectionError):
            raise Exceeded(self._cause()) from None
        except Exceeded:
            self.close(grace=0)
            raise
        if outcome is Late:
            raise Late(answer)
        if outcome is RuntimeError:
            raise RuntimeError(f"the law itself failed:\n{answer}")
        return str(answer) if answer is not None else None

    def close(self, grace: float = 1.0) -> None:
        """End the process, which has `grace` seconds to end by itself; the next question starts a
        new one."""
        process, line, self._process, self._line = self._process, self._line, None, None
        if line is not None:
            line.close()
        if process is not None:
            process.join(grace)
            process.kill()
            process.join()
            process.close()

    def _start(self) -> Connection:
        context: Any = multiprocessing.get_context("fork")
        self._line, other = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(other, self._line, self._judge), daemon=True
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
            self._process.start()
        other.close()
        return self._line

    def _cause(self) -> str:
        self._process.join()
        code = self._process.exitcode
        self.close()
        if code == -signal.SIGPROF:
            return f"used more than {self._cpu:g} s of processor time"
        if code == MEMORY_STATUS:
            return "asked for far more memory than the system gives to one task"
        return f"ended its process (exit code {code})"


def _serve(line: Connection, parents: Connection, judge: Judge) -> None:
    parents.close()
    while True:
        try:
            arguments = line.recv()
        except EOFError:
            return
        try:
            reply: tuple[type, str | None] = (str, judge(*arguments))
        except Late as late:
            reply = (Late, str(late))
        except Exception:
            import traceback

            reply = (RuntimeError, traceback.format_exc())
        line.send(reply)


@contextmanager
def limited(cpu_seconds: float) -> Iterator[None]:
    """End this process when the block takes more processor time, or far too much memory."""
    if not FORKS or multiprocessing.parent_process() is None:
        yield
        return
    with _address_space():
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def out_of_memory() -> None:
    """End the worker because the system refused memory; in place, do nothing."""
    if FORKS and multiprocessing.parent_process() is not None:
        os._exit(MEMORY_STATUS)


@contextmanager
def _address_space() -> Iterator[None]:
    """Linux alone enforces this limit; elsewhere the measured memory has to do."""
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    old = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + HEADROOM
    if old[1] != resource.RLIM_INFINITY:
        wanted = min(wanted, old[1])
    resource.setrlimit(resource.RLIMIT_AS, (wanted, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)

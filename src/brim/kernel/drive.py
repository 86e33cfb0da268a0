"""The door from synchronous callers to hooks that await."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, TypeVar

from brim.errors import BrimError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["Drive"]

T = TypeVar("T")


class Drive:
    """One private event loop on one daemon thread, started when it is first needed.

    It works from any thread, also from one that runs an event loop of its own
    (which it then blocks, as any synchronous call does).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, coroutine: Coroutine[object, object, T], timeout: float | None = None) -> T:
        """Run to the end and return the result; `timeout` in seconds.

        Raises TimeoutError (the coroutine is cancelled), whatever the coroutine
        raises, and `BrimError` after `close` or from inside of an awaiting hook.
        """
        from asyncio import run_coroutine_threadsafe

        try:
            future = run_coroutine_threadsafe(coroutine, self._running())
        except BaseException:
            coroutine.close()
            raise
        try:
            return future.result(timeout)
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what runs and stop the loop. Closing twice is allowed."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop and thread and thread.is_alive():
            loop.call_soon_threadsafe(loop.stop)
            if thread is not threading.current_thread():
                thread.join(timeout=5)

    def _running(self) -> AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise BrimError("this Brim is closed; make a new one")
            if self._thread is threading.current_thread():
                raise BrimError("a hook that awaits called a synchronous door; await instead")
            # A fork leaves the thread behind in the parent.
            if self._loop is None or not (self._thread and self._thread.is_alive()):
                self._loop, self._thread = _start()
            return self._loop


def _start() -> tuple[AbstractEventLoop, threading.Thread]:
    from asyncio import new_event_loop

    loop = new_event_loop()
    thread = threading.Thread(target=_serve, args=(loop,), name="brim-drive", daemon=True)
    thread.start()
    return loop, thread


def _serve(loop: AbstractEventLoop) -> None:
    from asyncio import all_tasks, gather, set_event_loop, wait_for

    set_event_loop(loop)
    try:
        loop.run_forever()
        left = all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            ended = gather(*left, return_exceptions=True)
            loop.run_until_complete(wait_for(ended, timeout=2))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        set_event_loop(None)
        loop.close()

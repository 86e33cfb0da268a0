"""Calls of functions that may raise, hang, or never come back."""

from __future__ import annotations

import inspect
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

if TYPE_CHECKING:
    from asyncio import Future

__all__ = ["Failed", "Runner"]

MOST_LEFT = 4
"""Threads of one function that may hang before it is not called any more."""

Function = Callable[..., object]


@frozen
class Failed:
    """Why a call gave nothing. `kind` is for programs, `text` for the model."""

    kind: str
    text: str


@define(eq=False)
class _Thread:
    """One call in a thread; `late` when nobody waits for it any more."""

    ended: bool = False
    late: bool = False


@define(eq=False)
class Runner:
    """Calls functions, each for so many seconds at most.

    A thread cannot be ended: one that is over time is left behind, at most `MOST_LEFT` of one
    function. They keep no program from ending.
    """

    _left: Counter[int] = field(factory=Counter)
    _lock: threading.Lock = field(factory=threading.Lock)

    async def call(
        self, function: Function, arguments: Mapping[str, Any], seconds: float
    ) -> object:
        """What the function gives, or `Failed`. Only the caller's own cancellation is raised."""
        from asyncio import ensure_future, wait

        key, thread = id(function), _Thread(ended=True)
        if self._left[key] >= MOST_LEFT:
            return Failed("Busy", f"{MOST_LEFT} earlier calls still hang; do not call it again now")
        if _awaits(function):
            result: Future[object] = ensure_future(_contained(function, arguments))
        else:
            thread.ended = False
            result = self._started(thread, function, arguments)
        try:
            await wait({result}, timeout=seconds)
            if result.done() and not result.cancelled():
                return result.result()
            if result.done():
                return Failed("CancelledError", "it cancelled itself")
            return Failed("TimeoutError", f"it took longer than {seconds:g} s")
        finally:
            result.cancel()
            self._unwaited(thread, key)

    def _started(
        self, thread: _Thread, function: Function, arguments: Mapping[str, Any]
    ) -> Future[object]:
        """The result of a thread of its own: a pool's would be used up by what hangs."""
        from asyncio import get_running_loop
        from contextvars import copy_context

        loop, context = get_running_loop(), copy_context()
        result: Future[object] = loop.create_future()

        def done(value: object) -> None:
            if not result.done():
                result.set_result(value)

        def work() -> None:
            value = _guarded(lambda: context.run(function, **arguments))
            self._ended(thread, id(function))
            with suppress(RuntimeError):  # that event loop has ended, and nobody waits
                loop.call_soon_threadsafe(done, value)

        threading.Thread(target=work, name="brim-tool", daemon=True).start()
        return result

    def _unwaited(self, thread: _Thread, key: int) -> None:
        with self._lock:
            thread.late = not thread.ended
            self._left[key] += thread.late

    def _ended(self, thread: _Thread, key: int) -> None:
        with self._lock:
            thread.ended = True
            self._left[key] -= thread.late


def _guarded(call: Callable[[], object]) -> object:
    """A thread of a tool ends nothing but itself, whatever it raises."""
    try:
        return call()
    except BaseException as error:
        return _failed(error)


async def _contained(function: Function, arguments: Mapping[str, Any]) -> object:
    """The same for what is awaited; a cancellation passes."""
    from asyncio import CancelledError

    try:
        awaited = function(**arguments)
        return await awaited if isinstance(awaited, Awaitable) else awaited
    except CancelledError:
        raise
    except BaseException as error:
        return _failed(error)


def _failed(error: BaseException) -> Failed:
    text = " ".join(str(error).split())[:1_000]
    kind = type(error).__name__
    return Failed(kind, f"{kind}: {text}" if text else kind)


def _awaits(function: Function) -> bool:
    call = getattr(type(function), "__call__", None)  # noqa: B004 - looked at, not called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)

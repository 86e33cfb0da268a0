"""Equal asks at the same time make one call, and for a while afterwards none."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING

from attrs import Factory, define, field

from brim.errors import BrimError, HookError
from brim.model.operations import Ask, Completion

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from concurrent.futures import Future

__all__ = ["Answers", "Flight", "key_of"]

GRACE = 1.0
"""Seconds that a call which is over time has to say so itself."""

Start = Callable[[], Coroutine[object, object, Completion]]


def key_of(ask: Ask, scope: str) -> bytes:
    """16 bytes that are equal for equal asks of one scope. They hold nothing of the prompt."""
    parts = [scope, ask.purpose, ask.model, str(ask.max_tokens), repr(float(ask.temperature))]
    parts += [text for pair in ask.prompt for text in pair]
    if ask.messages or ask.tools:
        parts.append(repr((ask.messages, ask.tools, ask.tool_choice)))
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


@define(eq=False)
class Answers:
    """Answers by key, in memory: at most `entries`, of `max_bytes` of text, for `ttl` seconds.

    Not safe for threads by itself.
    """

    ttl: float
    entries: int = 1_000
    max_bytes: int = 8 * 1024 * 1024
    clock: Callable[[], float] = monotonic
    _kept: OrderedDict[bytes, tuple[float, Completion]] = Factory(OrderedDict)
    _bytes: int = 0

    def get(self, key: bytes) -> Completion | None:
        end, answer = self._kept.get(key, (0.0, None))
        if answer is None:
            return None
        if self.clock() >= end:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return answer

    def put(self, key: bytes, answer: Completion) -> None:
        """Keep an answer that was given whole. Others may come out better the next time."""
        if answer.stop != "end" or not answer.text.strip() or not self.ttl:
            return
        if key in self._kept:
            self._drop(key)
        self._kept[key] = (self.clock() + self.ttl, answer)
        self._bytes += len(answer.text)
        while self._kept and (len(self._kept) > self.entries or self._bytes > self.max_bytes):
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        _, answer = self._kept.pop(key)
        self._bytes -= len(answer.text)


def _future() -> Future[Completion]:
    """One that is running: no waiter's cancellation can cancel it."""
    from concurrent.futures import Future

    found: Future[Completion] = Future()
    found.set_running_or_notify_cancel()
    return found


class _Abandoned(Exception):
    """The event loop that made a call has ended; whoever still waits makes another."""


@define(eq=False)
class _Call:
    """One call under way. It belongs to nobody: it ends early only when nobody waits any more,
    or with the event loop that it runs on."""

    loop: AbstractEventLoop
    result: Future[Completion] = field(factory=_future)
    waiting: int = 0
    task: Task[None] | None = None

    async def run(self, start: Start) -> None:
        try:
            self.result.set_result(await start())
        except Exception as error:
            self.result.set_exception(error)
        except BaseException:
            self.result.set_exception(_Abandoned())
            raise


@define(eq=False)
class Flight:
    """Shares calls between tasks, event loops and threads. Safe for all of them.

    `answers` are those of earlier calls.
    """

    answers: Answers
    _lock: threading.Lock = Factory(threading.Lock)
    _calls: dict[bytes, _Call] = Factory(dict)

    async def complete(
        self, key: bytes, start: Start, seconds: float, blocked: object = None
    ) -> tuple[Completion, bool]:
        """The answer of an earlier call, of one under way, or of a new one, `start()`; and
        whether it was a new one.

        `start` is to end within `seconds`; no one waits much longer for it. A call on the event
        loop `blocked` is not waited for: the caller keeps that loop from going on. Raises what
        the call raises, and `HookError` when it is over time.
        """
        from asyncio import wait_for, wrap_future

        while True:
            found, new = self._joined(key, blocked)
            if isinstance(found, Completion):
                return found, False
            if new:
                found.task = found.loop.create_task(found.run(start))
            try:
                return await wait_for(wrap_future(found.result), seconds + GRACE), new
            except _Abandoned:
                continue
            except TimeoutError:
                raise HookError(f"took longer than {seconds:g} s", hook="complete") from None
            except BrimError as error:
                # Each waiter raises one of its own, as raising writes into an error.
                raise copy.copy(error) from error.__cause__
            finally:
                self._left(key, found)

    def _joined(self, key: bytes, blocked: object) -> tuple[Completion | _Call, bool]:
        """A kept answer, or a call to wait for, and whether it is still to be started."""
        from asyncio import get_running_loop

        with self._lock:
            kept = self.answers.get(key)
            call = self._calls.get(key)
            new = call is None or call.loop.is_closed() or call.loop is blocked
            if kept is not None:
                return kept, False
            if call is None or new:
                call = self._calls[key] = _Call(get_running_loop())
                call.result.add_done_callback(partial(self._landed, key, call))
            call.waiting += 1
            return call, new

    def _landed(self, key: bytes, call: _Call, result: Future[Completion]) -> None:
        with self._lock:
            self._forget(key, call)
            if result.exception() is None:
                self.answers.put(key, result.result())

    def _left(self, key: bytes, call: _Call) -> None:
        """One waits no more. A call that nobody waits for is ended, so that it costs nothing."""
        with self._lock:
            call.waiting -= 1
            if call.waiting or call.result.done():
                return
            self._forget(key, call)
        if call.task is not None:
            with suppress(RuntimeError):  # its loop is closed, and it has ended with it
                call.loop.call_soon_threadsafe(call.task.cancel)

    def _forget(self, key: bytes, call: _Call) -> None:
        if self._calls.get(key) is call:
            del self._calls[key]

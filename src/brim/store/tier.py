"""One cache in its place among the tiers: asked briefly, never trusted to answer."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any, Literal

from attrs import Factory, define, evolve, field, frozen

from brim.errors import BrimError
from brim.store.base import Cache
from brim.store.health import LATE, Health
from brim.store.patience import left, spend
from brim.store.workers import Workers

__all__ = ["Counters", "Method", "Reach", "Tier", "reach_of"]

Reach = Literal["process", "user", "shared"]
"""Who else may read and write there: nobody, the same user's processes, or anybody."""

Method = Literal["get_many", "set_many", "add_many", "delete_many"]


def reach_of(cache: Cache) -> Reach:
    """What the cache says of itself; one that says nothing might be shared."""
    said: object = getattr(cache, "reach", "shared")
    return "process" if said == "process" else "user" if said == "user" else "shared"


LEAST = 0.005
"""Seconds for which it is worth to begin a call: less is over before a busy machine begins it."""


@frozen
class Counters:
    """What became of a tier's calls. `hits` and `misses` count keys, `refused` values whose seal
    did not hold, `writes` values written, `errors` calls that failed or came too late, `skipped`
    calls that were not made because it rests or the request has waited enough."""

    hits: int = 0
    misses: int = 0
    refused: int = 0
    writes: int = 0
    errors: int = 0
    skipped: int = 0


@define
class _Turn:
    """What a call came to; None where it came to nothing."""

    value: Any = None


@define(eq=False)
class Tier:
    """A cache under its name. Its calls never raise.

    A cache in the process's own memory is called directly, any other from a thread, and
    waited for as long as the request's patience lasts.
    """

    name: str
    cache: Cache
    tell: Callable[[str], None]
    clock: Callable[[], float] = monotonic
    reach: Reach = field(init=False)
    health: Health = field(init=False)
    counters: Counters = field(factory=Counters, init=False)
    _workers: Workers = Factory(Workers)
    _lock: threading.Lock = Factory(threading.Lock)

    def __attrs_post_init__(self) -> None:
        self.reach = reach_of(self.cache)
        self.health = Health(self.name, self.tell, self.clock)

    @property
    def adds(self) -> bool:
        """Whether it can write only what is absent."""
        return hasattr(self.cache, "add_many")

    def ask(self, method: Method, *arguments: Any) -> Any:
        """What the cache answers, None when it does not. What gives nothing gives True."""
        turn, seconds = _Turn(), self._begin()
        if seconds > 0:
            with self._judged(method, turn):
                call = partial(_called, self.cache, method, arguments)
                turn.value = call() if self.reach == "process" else self._waited(call, seconds)
        return turn.value

    async def aask(self, method: Method, *arguments: Any) -> Any:
        """`ask`, awaiting the answer; a cache that can be awaited itself needs no thread."""
        turn, seconds = _Turn(), self._begin()
        if seconds > 0:
            with self._judged(method, turn):
                turn.value = await self._awaiting(method, arguments, seconds)
        return turn.value

    def count(self, **more: int) -> None:
        """Add to the counters."""
        with self._lock:
            now = self.counters
            self.counters = evolve(now, **{k: getattr(now, k) + n for k, n in more.items()})

    def close(self) -> None:
        """Let its threads end. The cache belongs to the plugin that made it."""
        self._workers.close()

    def _begin(self) -> float:
        """Seconds to wait for a call, 0 when it is not to be made. A probe is waited for only as
        long as it may take."""
        seconds = float("inf") if self.reach == "process" else left()
        probe = self.health.resting
        if seconds >= LEAST and self.health.allows():
            return min(seconds, LATE) if probe else seconds
        self.count(skipped=1)
        return 0.0

    async def _awaiting(self, method: Method, arguments: Sequence[Any], seconds: float) -> object:
        from asyncio import wait_for, wrap_future

        if own := getattr(self.cache, f"a{method}", None):
            return await wait_for(_awaited(method, own(*arguments)), seconds)
        call = partial(_called, self.cache, method, arguments)
        if self.reach == "process":
            return call()
        end = monotonic() + seconds
        future = self._workers.submit(call)
        with self._abandoning(future):
            return await wait_for(wrap_future(future), max(0.0, end - monotonic()))

    def _waited(self, call: Callable[[], object], seconds: float) -> object:
        end = monotonic() + seconds
        future = self._workers.submit(call)  # on a busy machine a new thread takes its time
        with self._abandoning(future):
            return future.result(max(0.0, end - monotonic()))

    @contextmanager
    def _abandoning(self, future: Future[object]) -> Iterator[None]:
        """A call that was not begun is not made; one that goes on is remembered until it ends."""
        try:
            yield
        finally:
            if not future.done() and not future.cancel():
                self.health.stuck(1)
                future.add_done_callback(lambda _: self.health.stuck(-1))

    @contextmanager
    def _judged(self, method: Method, turn: _Turn) -> Iterator[None]:
        """Takes note of how the call inside went, and raises only what is no `Exception`."""
        began = self.clock()
        try:
            yield
        except Exception as error:
            seconds = self._took(began)
            late = isinstance(error, TimeoutError)
            slow = f"has not answered in {1_000 * seconds:.0f} ms"
            why = slow if late else f"fails ({_said(error)})"
            self.health.failed(why, at_once=late and seconds > LATE)
            self.count(errors=1)
        except BaseException:
            self._took(began)
            self.health.dropped()
            raise
        else:
            self.health.answered(self._took(began))

    def _took(self, began: float) -> float:
        seconds = self.clock() - began
        if self.reach != "process":
            spend(seconds)
        return seconds


def _called(cache: Cache, method: Method, arguments: Sequence[Any]) -> object:
    return _checked(method, getattr(cache, method)(*arguments))


async def _awaited(method: Method, answer: Awaitable[object]) -> object:
    return _checked(method, await answer)


def _checked(method: Method, answer: object) -> object:
    """A mapping of bytes, a number, or True. What else a cache may give is dropped."""
    if method == "get_many":
        if not isinstance(answer, Mapping):
            raise BrimError(f"gave {type(answer).__name__}, not a mapping")
        return {key: value for key, value in answer.items() if isinstance(value, bytes)}
    if method == "add_many":
        if type(answer) is not int:
            raise BrimError(f"gave {type(answer).__name__}, not the number of entries added")
        return answer
    return True


def _said(error: Exception) -> str:
    """Only what was written for users: other messages may hold keys."""
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, BrimError) else kind

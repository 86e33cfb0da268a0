"""One plugin's function for one hook, and how it is called without trusting it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeVar

from attrs import define, field

from brim.errors import BrimError, HookError
from brim.kernel.breaker import Breaker
from brim.kernel.checks import Breach
from brim.kernel.discover import Candidate

__all__ = ["Implementation", "describe"]

T = TypeVar("T")
KERNEL = __name__.rpartition(".")[0]
ENDING = (KeyboardInterrupt, SystemExit, GeneratorExit)


@define(eq=False)
class Implementation:
    """A function, which of the hook's arguments it takes, and whose it is.

    Its breaker is steady where resting would be wrong: for what must always answer,
    and for checks whose failure is a refusal.
    """

    hook: str
    candidate: Candidate
    function: Callable[..., object] = field(repr=False)
    positions: tuple[int, ...] = ()
    breaker: Breaker = field(factory=Breaker)
    _taken: slice | None = field(init=False, repr=False)
    """The arguments it takes, where these are the first ones in their order."""

    def __attrs_post_init__(self) -> None:
        number = len(self.positions)
        self._taken = slice(number) if self.positions == tuple(range(number)) else None

    @property
    def plugin(self) -> str:
        return self.candidate.name

    def call(self, check: Callable[[object], T], *arguments: object) -> T | None:
        """Call and check; None is passed on. Raises `HookError` whatever goes wrong."""
        taken = self._taken
        try:
            if taken is not None:
                value = self.function(*arguments[taken])
            else:
                value = self.function(*[arguments[place] for place in self.positions])
            return None if value is None else check(_awaited_nowhere(value))
        except ENDING:
            raise
        except BaseException as error:  # as `attributed`, for what is called most
            raise self.error(describe(error)) from error

    async def acall(
        self, check: Callable[[object], T], deadline: float, *arguments: object
    ) -> T | None:
        """The same for a hook that may await, `deadline` seconds at most."""
        with self.attributed():
            value = self.function(*[arguments[place] for place in self.positions])
        if inspect.isawaitable(value):
            value = await self.within(value, deadline)
        with self.attributed():
            return None if value is None else check(value)

    async def within(self, awaitable: Awaitable[object], deadline: float) -> object:
        """What it gives, or `HookError` after `deadline` seconds.

        It runs in a task of its own that is left behind when it ignores its
        cancellation, so that nothing it does can hold or end the caller's.
        """
        from asyncio import ensure_future, wait

        task = ensure_future(self._contained(awaitable))
        try:
            await wait({task}, timeout=deadline)
            if not task.done():
                raise self.error(f"took longer than {deadline:g} s")
            if task.cancelled():
                raise self.error("cancelled itself")
            return task.result()
        finally:
            task.cancel()

    async def _contained(self, awaitable: Awaitable[object]) -> object:
        """As `attributed`, but nothing ends the event loop that it runs on."""
        from asyncio import CancelledError

        try:
            return await awaitable
        except CancelledError:
            raise
        except BaseException as error:
            raise self.error(describe(error)) from error

    def attributed(self) -> Attributed:
        """Turns whatever is raised inside into a `HookError` that names the plugin."""
        return Attributed(self)

    def error(self, detail: str, kind: type[HookError] = HookError) -> HookError:
        return kind(
            detail,
            hook=self.hook,
            plugin=self.candidate.name,
            distribution=self.candidate.distribution,
            version=self.candidate.version,
        )


@define
class Attributed:
    """See `Implementation.attributed`. Only what ends a program or a generator passes; panics of
    compiled extensions, which are no `Exception`, do not."""

    implementation: Implementation

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and not isinstance(error, ENDING):
            raise self.implementation.error(describe(error)) from error


def describe(error: BaseException) -> str:
    """What was raised, and where. Messages are shown only when they were written for
    users (`BrimError`): others may quote a conversation."""
    if isinstance(error, Breach):
        return f"breaks its contract: {error}"
    kind = type(error).__name__
    if isinstance(error, BrimError):
        return f"raised {kind}: {error}"
    return f"raised {kind}{_place(error.__traceback__)}"


def _place(trace: TracebackType | None) -> str:
    """The innermost line of the plugin's own package."""
    place, package = "", ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "?"))
        if not module.startswith(KERNEL):
            package = package or module.partition(".")[0]
            if module.partition(".")[0] == package:
                place = f" in {module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _awaited_nowhere(value: object) -> object:
    """Refuses a coroutine from a hook that may not await, and closes it."""
    if inspect.iscoroutine(value):
        value.close()
        raise Breach("the answer is a coroutine, and this hook may not await")
    return value

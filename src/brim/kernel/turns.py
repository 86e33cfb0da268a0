"""How an implementation gets its turn: in order, guarded, counted, traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from types import TracebackType
from typing import TypeVar

from attrs import define, frozen

from brim.errors import BrimError, HookError
from brim.kernel import checks
from brim.kernel.breaker import FAILURES
from brim.kernel.implementation import Implementation, describe

__all__ = ["Step", "Turns"]

T = TypeVar("T")


@frozen
class Step:
    """One call of one implementation. `seconds` is wall time, `outcome` what came of it:
    "answered", "passed", "rests" or "failed: ..."."""

    hook: str
    plugin: str
    distribution: str
    seconds: float
    outcome: str


class Resting(HookError):
    """An implementation that failed too often is not called."""


@define
class Turn:
    """One turn of an implementation, which its breaker counts; `told` hears of it at the end."""

    implementation: Implementation
    told: Callable[[Implementation, float, str], None] | None = None
    outcome: str = "answered"
    started: float = 0.0

    def gave(self, value: T | None) -> T | None:
        if value is None:
            self.outcome = "passed"
        return value

    def __enter__(self) -> Turn:
        if self.told is not None:
            self.started = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.implementation.breaker.succeeded()
        elif isinstance(error, HookError):
            self.implementation.breaker.failed()
            self.outcome = f"failed: {error.detail.removeprefix(error.hook + ': ')}"
        if self.told is not None:
            self.told(self.implementation, perf_counter() - self.started, self.outcome)


class Turns:
    """Implementations by hook, called one by one.

    A failure becomes a `HookError`; after three in a row the implementation rests.
    `report` is told a failure that the caller does not get to see, once for each
    plugin and hook. `trace`, when set, is called after every turn. `answered` names the
    plugin whose answer of a hook was the last to be taken.
    """

    def __init__(
        self,
        implementations: Mapping[str, Sequence[Implementation]],
        report: Callable[[HookError], None] = lambda error: None,
    ) -> None:
        self._table = {hook: tuple(found) for hook, found in implementations.items()}
        self._named = {
            (hook, one.plugin): one for hook, found in self._table.items() for one in found[::-1]
        }
        self._report = report
        self._told: set[tuple[str, str]] = set()
        self.trace: Callable[[Step], None] | None = None
        self.answered: dict[str, str] = {}

    def names(self, hook: str) -> tuple[str, ...]:
        """The plugins that act on a hook, in order."""
        return tuple(implementation.plugin for implementation in self.all(hook))

    def all(self, hook: str) -> tuple[Implementation, ...]:
        return self._table.get(hook, ())

    def of(self, hook: str, plugin: str) -> Implementation:
        """The plugin's implementation. Raises `HookError` when it does not act."""
        found = self._named.get((hook, plugin))
        if found is not None:
            return found
        known = ", ".join(self.names(hook)) or "none"
        raise HookError(f"is not active for this hook (active: {known})", hook=hook, plugin=plugin)

    def named(
        self, hook: str, plugin: str, check: Callable[[object], T], *arguments: object
    ) -> T | None:
        """The named plugin's answer. Raises `HookError`."""
        return self.ask(self.of(hook, plugin), check, *arguments)

    def ask(
        self, implementation: Implementation, check: Callable[[object], T], *arguments: object
    ) -> T | None:
        if self.trace is not None or implementation.breaker.rest:
            with self.turn(implementation) as turn:
                return turn.gave(implementation.call(check, *arguments))
        try:  # the same, for what is called with every request
            found = implementation.call(check, *arguments)
        except HookError:
            implementation.breaker.failed()
            raise
        implementation.breaker.succeeded()
        return found

    def quietly(
        self, implementation: Implementation, check: Callable[[object], T], *arguments: object
    ) -> T | None:
        """As `ask`, but a failure is told to `report` and counts as passing."""
        try:
            return self.ask(implementation, check, *arguments)
        except HookError as error:
            self.tell(error)
            return None

    def first(self, hook: str, check: Callable[[object], T], *arguments: object) -> T | None:
        """The first answer; who fails is passed over."""
        for one in self.all(hook):
            found = self.quietly(one, check, *arguments)
            if found is not None:
                self.answered[hook] = one.plugin
                return found
        return None

    async def first_awaited(
        self, hook: str, check: Callable[[object], T], deadline: float, *arguments: object
    ) -> T | None:
        """The first answer. Raises the `HookError` of who fails; who rests is passed over."""
        for implementation in self.all(hook):
            try:
                with self.turn(implementation) as turn:
                    found = turn.gave(await implementation.acall(check, deadline, *arguments))
            except Resting:
                continue
            if found is not None:
                return found
        return None

    def everyone(self, hook: str, *arguments: object) -> None:
        """Call all for their effect. Never raises."""
        for one in self.all(hook):
            if self.trace is not None or one.breaker.rest:
                self.quietly(one, checks.nothing, *arguments)
                continue
            try:  # the same, for what is called with every step of every request
                one.call(checks.nothing, *arguments)
            except HookError as error:
                one.breaker.failed()
                self.tell(error)
            else:
                one.breaker.succeeded()

    def blame(self, plugin: str, hook: str, error: Exception) -> None:
        """Count an answer as a failure after all, because of what came of it later."""
        implementation = self.of(hook, plugin)
        implementation.breaker.revoked()
        detail = str(error) if isinstance(error, BrimError) else describe(error)
        self.tell(implementation.error(f"its answer was refused: {detail}"))

    def tell(self, error: HookError) -> None:
        """Report a failure that goes no further."""
        key = (error.plugin, error.hook)
        if key not in self._told:
            self._told.add(key)
            self._report(error)

    def turn(self, implementation: Implementation) -> Turn:
        """One turn, which the breaker counts. Raises `Resting` at once while it is open."""
        if not implementation.breaker.allows():
            self._traced(implementation, 0.0, "rests")
            raise implementation.error(f"rests after {FAILURES} failures in a row", Resting)
        return Turn(implementation, None if self.trace is None else self._traced)

    def _traced(self, implementation: Implementation, seconds: float, outcome: str) -> None:
        if self.trace is not None:
            candidate = implementation.candidate
            step = Step(
                implementation.hook, candidate.name, candidate.distribution, seconds, outcome
            )
            self.trace(step)

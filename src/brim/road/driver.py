"""Takes requests down the road, from a synchronous caller or from an event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from brim.errors import HookError
from brim.kernel.flight import Answers, Flight, key_of
from brim.kernel.host import Host
from brim.model.operations import Ask, Completion
from brim.road.background import Background
from brim.road.condensing.ahead import Aside
from brim.road.engine import Case, Engine
from brim.road.injection.injecting import Search
from brim.road.memory.ledger import Undone
from brim.road.memory.shared_answers import SharedCall
from brim.road.memory.sharing import Errand
from brim.road.reports.fitted import Fitted
from brim.road.watch import Taken
from brim.settings.schema import Settings
from brim.store.patience import patience

if TYPE_CHECKING:
    from brim.road.figures.publishing import Publisher

__all__ = ["Driver"]

T = TypeVar("T")
Road = Generator[Ask | Errand | Search, Any, T]


class Driver:
    """An engine and its lock, which is held while the engine works and never while it waits."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self.lock = threading.RLock()
        self.engine = Engine(host, settings)
        self.engine.again = self._again
        self.engine.begin = self._begin
        self.publisher: Publisher | None = None
        self.background = Background()
        self.flight = Flight(Answers(settings.caching.completion_ttl))

    def _again(self, case: Case, length: int, undone: Undone) -> Fitted:
        """Fit the first `length` messages again without condensing this; on an error it may be
        condensed as before."""
        ledger = self.engine.ledger
        with self.lock:
            new = ledger.undo(undone)
            road = self.engine.fit(self.engine.at(case, length))
        try:
            fitted = self.drive(road, case.options.tenant)
        except BaseException:
            with self.lock:
                if new:
                    ledger.redo(undone)
            raise
        self.engine.archive.undo(undone, self.settings.ledger.ttl)
        return fitted

    def _begin(self, road: Aside, tenant: str) -> None:
        """Take a road to its end while nobody waits."""
        self.background.begin(partial(self.drive, road, tenant))

    def drive(self, road: Road[T], tenant: str) -> T:
        """Take a road to its end from a synchronous caller."""
        blocked = _running_loop()
        move: Callable[[], Ask | Errand | Search] = partial(next, road)
        with patience():
            while True:
                try:
                    with self.lock:
                        ask = move()
                except StopIteration as end:
                    result: T = end.value
                    return result
                try:
                    if isinstance(ask, Errand | Search):
                        move = partial(road.send, ask.run())
                    else:
                        answer = self.host.drive.run(self._completed(ask, tenant, blocked))
                        move = partial(road.send, answer)
                except HookError as error:
                    move = partial(road.throw, error)

    async def adrive(self, road: Road[T], tenant: str) -> T:
        """Take a road to its end from an event loop."""
        move: Callable[[], Ask | Errand | Search] = partial(next, road)
        with patience():
            while True:
                try:
                    with self.lock:
                        ask = move()
                except StopIteration as end:
                    result: T = end.value
                    return result
                try:
                    if isinstance(ask, Errand | Search):
                        move = partial(road.send, await ask.arun())
                    else:
                        move = partial(road.send, await self._completed(ask, tenant))
                except HookError as error:
                    move = partial(road.throw, error)

    async def _completed(self, ask: Ask, tenant: str, blocked: object = None) -> Completion:
        """What a model answers, and a step that tells of it. Raises `HookError`."""
        taken, began = Taken({"purpose": ask.purpose, "model": ask.model}), perf_counter()
        try:
            answer, new = await self._answer(ask, tenant, blocked)
            taken.facts |= {"hits": int(not new), "misses": int(new), "stop": answer.stop}
            if new:
                used = {"read": answer.input_tokens, "written": answer.output_tokens}
                taken.facts |= used | {"answered_by": answer.model}
            return answer
        except HookError as error:
            taken.error = type(error.__cause__ or error).__name__
            raise
        finally:
            with self.lock:
                self.engine.watch.tell("ask", perf_counter() - began, taken)

    async def _answer(self, ask: Ask, tenant: str, blocked: object) -> tuple[Completion, bool]:
        """And whether a new call was made for it. Only answers for condensing are shared."""
        if not self.settings.condensation.ai:
            raise HookError("condensation.ai is off: no strategy may ask a model", hook="complete")
        calls = self.host.calls
        start = partial(calls.complete, ask, ask.seconds)
        if ask.purpose != "condense":
            return await start(), True
        scope = "\0".join((tenant, *calls.names("complete")))
        key, tiers = key_of(ask, scope), self.engine.tiers
        if tiers is None:
            return await self.flight.complete(key, start, ask.seconds, blocked)
        ttl = self.settings.caching.completion_ttl
        call = SharedCall(tiers.space("answers", tenant), key, ttl, start)
        answer, new = await self.flight.complete(key, call, ask.seconds, blocked)
        return answer, new and call.made


def _running_loop() -> object:
    """The event loop that a synchronous call keeps from going on, None where there is none."""
    from sys import modules

    asyncio = modules.get("asyncio")
    return asyncio._get_running_loop() if asyncio else None

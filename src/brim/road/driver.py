"""Takes requests down the road, from a synchronous caller or from an event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from functools import partial

from brim.errors import HookError
from brim.kernel.host import Host
from brim.model.operations import Ask, Completion
from brim.road.engine import Engine
from brim.road.fitted import Fitted
from brim.settings.schema import Settings

__all__ = ["Driver"]

Road = Generator[Ask, Completion, Fitted]


class Driver:
    """An engine and its lock, which is held while the engine works and never while it waits."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self.lock = threading.RLock()
        self.engine = Engine(host, settings)

    def drive(self, road: Road) -> Fitted:
        """Take a road to its end from a synchronous caller."""
        move: Callable[[], Ask] = partial(next, road)
        while True:
            try:
                with self.lock:
                    ask = move()
            except StopIteration as end:
                fitted: Fitted = end.value
                return fitted
            try:
                answer = self.host.drive.run(self._completed(ask))
            except HookError as error:
                move = partial(road.throw, error)
            else:
                move = partial(road.send, answer)

    async def adrive(self, road: Road) -> Fitted:
        """Take a road to its end from an event loop."""
        move: Callable[[], Ask] = partial(next, road)
        while True:
            try:
                with self.lock:
                    ask = move()
            except StopIteration as end:
                fitted: Fitted = end.value
                return fitted
            try:
                answer = await self._completed(ask)
            except HookError as error:
                move = partial(road.throw, error)
            else:
                move = partial(road.send, answer)

    async def _completed(self, ask: Ask) -> Completion:
        return await self.host.calls.complete(ask, self.settings.condensation.timeout)

"""A strategy with settings, as a third party would write it."""

from __future__ import annotations

from attrs import frozen

from brim.api import Condensation, CondenseTask, Drop, hookimpl


@frozen
class Settings:
    keep: int = 2


@frozen
class KeepLast:
    settings: Settings

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        old = task.conversation.exchanges[: -self.settings.keep]
        return Condensation((Drop(tuple(exchange.index for exchange in old)),)) if old else None

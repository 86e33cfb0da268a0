"""A Brim plugin to copy: the strategy `keep-recent`."""

from __future__ import annotations

from attrs import field, frozen, validators

from brim.api import Condensation, CondenseTask, Drop, hookimpl

__all__ = ["KeepRecent", "Settings"]


@frozen
class Settings:
    """The section `[plugin.keep-recent]`. `exchanges`: how many of the newest are never dropped."""

    exchanges: int = field(default=8, validator=validators.ge(1))


@frozen
class KeepRecent:
    """Drops the oldest exchanges, as few as the target demands.

    Brim makes one of these for each `Brim`, with the settings that the annotation names.
    """

    settings: Settings

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        """A `Drop` of the oldest exchanges; None when there is nothing that it may drop."""
        dropped: list[int] = []
        tokens = task.tokens
        for exchange in task.conversation.exchanges[: -self.settings.exchanges]:
            if tokens <= task.target:
                break
            if not exchange.keep:
                dropped.append(exchange.index)
                tokens -= exchange.tokens
        return Condensation((Drop(tuple(dropped)),)) if dropped else None

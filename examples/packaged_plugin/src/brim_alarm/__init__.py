"""The observer `alarm`."""

from __future__ import annotations

import logging

from attrs import field, frozen, validators

from brim.api import Operation, hookimpl

__all__ = ["Alarm", "Settings"]


@frozen
class Settings:
    """The section `[plugin.alarm]`. `tokens`: what no request should come in with."""

    tokens: int = field(default=100_000, validator=validators.ge(1))


@frozen
class Alarm:
    """Brim makes one of these for each `Brim`, with the settings that the annotation names."""

    settings: Settings

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        """Warn of a fit that began with too much. Facts are sizes and names, never texts."""
        tokens = operation.facts.get("tokens_before", 0)
        if operation.name == "fit" and isinstance(tokens, int) and tokens > self.settings.tokens:
            logging.getLogger(__name__).warning("a request came in with %d tokens", tokens)

"""The operation log: slow steps are told, fast ones only to those who ask."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from brim.api import Operation, SettingsError, hookimpl

if TYPE_CHECKING:
    from loguru import Logger

__all__ = ["OperationLog", "OperationLogSettings"]

LONGEST = 80
"""Characters of a fact that are shown; names of models come from requests."""


@frozen
class OperationLogSettings:
    """Operations from `info` seconds on are told at INFO, from `warning` on at WARNING. With
    `every`, faster ones are told at DEBUG, with `counting` those that count tokens, with
    `caches` those that looked something up. These three follow the kernel's `logging.verbose`,
    `logging.counting` and `logging.caches` where they are not set."""

    info: float = 1.0
    warning: float = 5.0
    every: bool = field(default=False, metadata={"follows": "logging.verbose"})
    counting: bool = field(default=False, metadata={"follows": "logging.counting"})
    caches: bool = field(default=False, metadata={"follows": "logging.caches"})

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.info <= self.warning:
            raise SettingsError("0 <= info <= warning must hold")


class OperationLog:
    """One line for each operation that is worth one: its name, its time and its figures."""

    name = "operation-log"

    def __init__(self, settings: OperationLogSettings) -> None:
        self._settings = settings

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        level = self._level(operation)
        if level:
            self._logger.log(level, "{}", _line(operation))

    def _level(self, operation: Operation) -> str:
        settings = self._settings
        if operation.seconds >= settings.info:
            return "WARNING" if operation.seconds >= settings.warning else "INFO"
        counted = settings.counting and operation.name == "count"
        looked_up = settings.caches and "hits" in operation.facts
        return "DEBUG" if settings.every or counted or looked_up else ""

    @cached_property
    def _logger(self) -> Logger:
        from loguru import logger

        return logger


def _line(operation: Operation) -> str:
    head = f"{operation.name} took {operation.seconds:.3f} s"
    failed = "" if operation.ok else f", failed ({_plain(operation.error)})"
    facts = ", ".join(f"{name} {_plain(value)}" for name, value in operation.facts.items())
    return f"{head}{failed}{': ' if facts else ''}{facts}"


def _plain(value: object) -> str:
    """On one line, without control characters, and not long."""
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return (text if text.isprintable() else ascii(text))[:LONGEST]

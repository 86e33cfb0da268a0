"""The laws of `monitor_operation`."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy, just

from brim.model.operations import Operation
from brim.testing.contracts.base import law, require
from brim.testing.contracts.common import CommonLaws
from brim.testing.contracts.memory import peak
from brim.testing.draw import Draw
from brim.testing.examples import drawn

__all__ = ["MonitorContract"]

MANY = 10_000
MOST = 50 * 1024 * 1024
"""Bytes that an observer may hold after `MANY` operations (the guides' bound for leaks)."""

NAMES = ("fit", "count", "read", "condense", "tool", "x.unheard of")
ERRORS = ("", "failed", "RuntimeError", "refused")


class MonitorContract(CommonLaws):
    """Laws of an observer."""

    hook: ClassVar[str] = "monitor_operation"

    def strategy(self) -> SearchStrategy[Operation]:
        return drawn(_operation, 60)

    def inputs(self, example: Operation) -> tuple[Operation]:
        return (example,)

    def check(self, value: Any, *inputs: Any) -> Any:
        return None

    @law("one")
    def test_holds_little(self, example: Operation) -> None:
        """After 10,000 operations it holds less than 50 MB more."""
        tools = self.tools
        function = tools.implementation.call
        used = peak(lambda: [function(lambda value: None, example) for _ in range(MANY)])
        require(used < MOST, f"{used:,} bytes after {MANY:,} operations")

    def one(self) -> SearchStrategy[Operation]:
        return just(Operation("fit", 0.01, facts={"tokens": 7}))


def _operation(draw: Draw) -> Operation:
    error = draw.choice(ERRORS)
    seconds = draw.choice((0.0, 0.001, 0.5, 1.0, 4.9, 5.0, 3600.0))
    facts: dict[str, str | int | float | bool] = {}
    values: tuple[str | int | float | bool, ...] = (0, 10**12, 0.5, True, "gpt-4o", "", "\x1b[31m")
    for name in ("tokens", "saved", "model", "ok", "share")[: draw.integer(0, 5)]:
        facts[name] = draw.choice(values)
    return Operation(draw.choice(NAMES), seconds, not error, error, facts)

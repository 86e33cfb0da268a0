"""Fitting one conversation of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from brim.cli.files import Entry
from brim.errors import BrimError, UnknownDialect
from brim.road.intake.pins import pin_of

if TYPE_CHECKING:
    from brim.road.brim import Brim

__all__ = ["Order", "Result", "fit_entry", "tenant_of"]


@frozen
class Order:
    """What was asked on the command line."""

    model: str | None
    budget: int | None
    dialect: str | None
    overrides: Mapping[str, object]
    pins: tuple[str, ...] = ()


@frozen
class Result:
    """What became of one conversation. `output` is JSON, None when it could not be fitted."""

    line: int
    output: bytes | None
    report: Mapping[str, object]
    error: str = ""

    @property
    def good(self) -> bool:
        return not self.error and not self.report.get("violations")


def tenant_of(line: int) -> str:
    """Whose the conversation in this line is, to ledger and archive: no other line's."""
    return f"line {line}"


def fit_entry(brim: Brim, order: Order, entry: Entry) -> Result:
    """Fit one conversation. Errors become a result; conversations do not know of each other.

    Raises `UnknownDialect`, which is no fault of the conversation.
    """
    if entry.error is not None:
        return Result(entry.line, None, {}, entry.error)
    try:
        fitted = brim.fit(
            entry.raw,
            model=order.model,
            budget=order.budget,
            dialect=order.dialect,
            tenant=tenant_of(entry.line),
            pin=[pin_of(line) for line in order.pins],
        )
    except UnknownDialect:
        raise
    except BrimError as error:
        return Result(entry.line, None, {}, str(error))
    output = fitted.request
    if not isinstance(output, bytes):
        raise TypeError(f"fitting bytes gave {type(output).__name__}")
    return Result(entry.line, output, fitted.report.as_dict())

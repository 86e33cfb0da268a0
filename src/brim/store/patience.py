"""How long a request waits for caches, all in all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from attrs import define

__all__ = ["PATIENCE", "left", "patience", "spend"]

PATIENCE = 0.04
"""Seconds that one request waits for all tiers together that are not in its own memory. A busy
machine adds its own time to that, before a thread begins and before the request goes on."""


@define
class _Allowance:
    seconds: float


_ALLOWANCE: ContextVar[_Allowance | None] = ContextVar("brim-cache-allowance", default=None)


@contextmanager
def patience(seconds: float | None = None) -> Iterator[None]:
    """Whatever is asked of caches inside, also from other threads that get its context, shares
    this time, `PATIENCE` unless told otherwise. Outside of any each call has as much for itself."""
    token = _ALLOWANCE.set(_Allowance(PATIENCE if seconds is None else seconds))
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def left() -> float:
    """Seconds that may still be waited."""
    allowance = _ALLOWANCE.get()
    return PATIENCE if allowance is None else allowance.seconds


def spend(seconds: float) -> None:
    allowance = _ALLOWANCE.get()
    if allowance is not None:
        allowance.seconds = max(0.0, allowance.seconds - seconds)

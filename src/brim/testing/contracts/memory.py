"""How much memory a value holds, and how much a call takes at its highest."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass

from attrs import has

__all__ = ["FLOOR", "peak", "weight"]

FLOOR = 1 << 20
"""Bytes that every input counts for at least: small ones are not what limits are for."""


def weight(*values: object) -> int:
    """Bytes of these values and of all that they hold, each object once."""
    seen: set[int] = set()
    waiting = list(values)
    total = 0
    while waiting:
        value = waiting.pop()
        if id(value) not in seen:
            seen.add(id(value))
            total += sys.getsizeof(value)
            waiting.extend(_inner(value))
    return max(total, FLOOR)


def peak(call: Callable[[], object]) -> int:
    """Bytes that the call holds at its highest, beyond those held before."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _inner(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, tuple | list | set | frozenset):
        yield from value
    elif has(type(value)):
        yield from (getattr(value, one.name) for one in type(value).__attrs_attrs__)  # type: ignore[attr-defined]
    elif is_dataclass(value):
        yield from (getattr(value, one.name) for one in fields(value))

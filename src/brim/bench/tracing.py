"""Python's own tracing of allocations, which somebody may be using already."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["snapshot", "traced", "tracing"]


@contextmanager
def tracing(*, wanted: bool = True) -> Iterator[None]:
    """Trace allocations, unless somebody does already: then that goes on."""
    if not wanted or tracemalloc.is_tracing():
        yield
        return
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def traced() -> int:
    """Bytes held, of what was traced; 0 where nothing is."""
    return tracemalloc.get_traced_memory()[0]


def snapshot() -> tracemalloc.Snapshot:
    """Who holds what, without the tracing's own."""
    own = tracemalloc.Filter(False, tracemalloc.__file__)
    return tracemalloc.take_snapshot().filter_traces([own])

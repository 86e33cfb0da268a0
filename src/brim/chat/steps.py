"""Timed steps of a chat loop, told to the observers of its `Brim`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from brim.road.brim import Brim
from brim.road.watch import Taken

__all__ = ["step"]


@contextmanager
def step(brim: Brim, name: str) -> Iterator[Taken]:
    """One step, told when it ends, and as an error when it raises or is cancelled. What is
    awaited inside counts."""
    taken, began = Taken(), perf_counter()
    try:
        yield taken
    except GeneratorExit:
        taken.error = "Abandoned"
        raise
    except BaseException as error:
        taken.error = type(error).__name__
        raise
    finally:
        seconds = perf_counter() - began
        with brim.lock:
            brim.engine.watch.tell(name, seconds, taken)

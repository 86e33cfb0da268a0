"""Fitting in several processes; results come in the order of the input."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

from brim.cli.files import Entry
from brim.cli.fitting import Order, Result, fit_entry

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.settings.schema import Settings

__all__ = ["fitted_in_processes"]

AHEAD = 4
"""Lines in flight for each process."""

_brim: Brim | None = None


def fitted_in_processes(
    settings: Settings, order: Order, entries: Iterator[Entry], jobs: int
) -> Iterator[Result]:
    """Fit each entry; every process builds its own `Brim` once."""
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _begin, (settings,)) as pool:
        waiting: deque[Future[Result]] = deque()
        for entry in islice(entries, jobs * AHEAD):
            waiting.append(pool.submit(_fit, order, entry))
        while waiting:
            yield waiting.popleft().result()
            for entry in islice(entries, 1):
                waiting.append(pool.submit(_fit, order, entry))


def _begin(settings: Settings) -> None:
    global _brim  # noqa: PLW0603  one for each process
    from brim.road.brim import Brim

    _brim = Brim(settings)


def _fit(order: Order, entry: Entry) -> Result:
    if _brim is None:
        raise RuntimeError("the process was not initialized")
    return fit_entry(_brim, order, entry)

"""A bar for what takes its time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(*, hidden: bool) -> Iterator[Callable[[int, str], None]]:
    """A bar on standard error, where somebody looks. What it gives takes the number of steps
    there will be, and then the name of each that is done."""
    if hidden or not sys.stderr.isatty():
        yield lambda total, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def tick(total: int, done: str) -> None:
            if total:
                bar.update(task, total=total)
            else:
                bar.update(task, advance=1, description=done)

        yield tick

"""Figures of a running `Brim` in a file of its own, for `brim stats` and `brim top`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from time import time
from typing import Protocol
from weakref import finalize, ref

from brim.errors import StoreError
from brim.road.engine import Engine
from brim.road.figures.stats import stats_of
from brim.settings.schema import Settings
from brim.store.running import Notice, born, place, put, run_folder

__all__ = ["Publisher", "publish"]

PERIOD = 1.0
"""Seconds between two writes, at least."""

LONGEST = 80
"""Characters of a name."""

_numbers = count(1)

Figures = Callable[[], Mapping[str, object]]


class Published(Protocol):
    """What has figures: a `Brim`."""

    settings: Settings
    engine: Engine
    publisher: Publisher | None


def publish(brim: Published, kind: str, name: str = "", more: Figures = dict) -> Callable[[], None]:
    """See `Brim.publish`. What was only a "library" so far is named anew."""
    before = brim.publisher
    known = before is not None and before.is_open and before.kind != "library"
    if known or brim.settings.monitor.publish == "off":
        return _nothing
    if before is not None:
        before.close()
    publisher = Publisher(partial(_figures, ref(brim), more), kind, _shown(name))
    finalize(brim, publisher.close)  # who is not closed is not shown for ever
    brim.publisher, brim.engine.watch.after = publisher, publisher.touch
    publisher.write()
    return publisher.close


def _nothing() -> None:
    """Who is not shown has nothing to take back."""


def _figures(brim: ref[Published], more: Figures) -> dict[str, object]:
    found = brim()
    return {} if found is None else {**stats_of(found.engine).as_dict(), **more()}


def _shown(name: str) -> str:
    return (name if name.isprintable() else ascii(name))[:LONGEST]


class Publisher:
    """Writes a second after an operation, on a thread of its own, and not again until the next
    one: whoever works waits for nothing. Where it cannot write it says so once, and tries again."""

    def __init__(self, figures: Figures, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        self._figures = figures
        self._started, self._number = time(), next(_numbers)
        self._lock = threading.Lock()
        self._due = 0
        self.is_open, self._told = True, False

    def touch(self) -> None:
        """There is something new."""
        pid = os.getpid()
        if self._due == pid or not self.is_open:  # a fork has no thread of its parent's
            return
        self._due = pid
        timer = threading.Timer(PERIOD, self.write)
        timer.daemon = True
        timer.start()

    def write(self) -> None:
        """Write now."""
        self._due = 0
        with self._lock:
            if not self.is_open:
                return
            try:
                put(self._path(), self._notice())
            except Exception as error:  # a folder that is not ours, a plugin that cannot count
                self._tell(error)

    def close(self) -> None:
        """Take the file away, if it can be. Closing twice is allowed."""
        with self._lock:
            if not self.is_open:
                return
            self.is_open = False
            try:
                self._path().unlink(missing_ok=True)
            except (OSError, StoreError) as error:
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            from loguru import logger

            logger.debug(f"figures for `brim top` could not be kept: {error}")

    def _path(self) -> Path:
        return run_folder() / f"{os.getpid()}-{self._number}.json"

    def _notice(self) -> Notice:
        pid = os.getpid()
        return Notice(
            pid=pid,
            kind=self.kind,
            name=self.name,
            started=self._started,
            written=time(),
            born=born(pid),
            place=place(),
            figures=dict(self._figures()),
        )

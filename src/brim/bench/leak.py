"""Whether memory grows that should not: chat loops, one after another, and what they leave."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from brim.bench.subject import MODEL
from brim.bench.tracing import snapshot, traced, tracing
from brim.chat.loop import ChatLoop
from brim.road.brim import Brim
from brim.road.figures.process import MIB, footprint

if TYPE_CHECKING:
    from tracemalloc import Snapshot

__all__ = ["STRIDE", "Grown", "Growth", "Look", "Loops", "limit_for", "watched"]

STRIDE = 100
"""Iterations between two looks, as in the guide's test of leaks."""

SHORT, LONG = 10.0, 10.0
"""MiB that 100 iterations and 10,000 may leave. The guides allow 10 and 50."""

SPAN = 10_000
LINES = 10


@frozen
class Look:
    """The process after so many iterations: MiB resident, blocks of memory that Python has in use,
    and MiB that tracemalloc knows of."""

    iterations: int
    resident: float
    blocks: int
    traced: float = 0.0


@frozen
class Grown:
    """A line of code that holds more than before."""

    line: str
    kibibytes: float
    blocks: int


@frozen
class Growth:
    """What was seen after the warm-up. `limit` is MiB for all of it."""

    looks: Sequence[Look]
    limit: float
    lines: Sequence[Grown] = ()

    @property
    def iterations(self) -> int:
        return self.looks[-1].iterations - self.looks[0].iterations

    @property
    def resident(self) -> float:
        """MiB more at the end."""
        return self.looks[-1].resident - self.looks[0].resident

    @property
    def traced(self) -> float:
        return self.looks[-1].traced - self.looks[0].traced

    @property
    def blocks(self) -> int:
        return self.looks[-1].blocks - self.looks[0].blocks

    @property
    def steepest(self) -> float:
        """The most MiB between two looks."""
        sizes = [look.resident for look in self.looks]
        return max((b - a for a, b in pairwise(sizes)), default=0.0)

    @property
    def leaks(self) -> bool:
        """Where it is traced too, memory that a process had free from before hides nothing."""
        return max(self.resident, self.traced) > self.limit or self.steepest > SHORT

    def as_dict(self) -> dict[str, object]:
        names = ("iterations", "resident", "traced", "blocks", "steepest", "limit", "leaks")
        return {name: getattr(self, name) for name in names} | {
            "looks": [asdict(look) for look in self.looks],
            "lines": [asdict(line) for line in self.lines],
        }


@frozen
class Loops:
    """Chat loops of one `Brim`, of so many `turns` each, or one without end where that is 0."""

    brim: Brim
    turns: int = 100
    budget: int = 1_000
    model: str = MODEL
    _loop: list[ChatLoop] = field(factory=list, init=False)

    async def iterate(self, number: int) -> None:
        """One iteration; a new loop takes the place of the last where it is due."""
        if not self._loop or (self.turns and number % self.turns == 0):
            self._loop[:] = [ChatLoop(self.brim, model=self.model, budget=self.budget)]
        await self._loop[0].arun_iteration(f"Test message {number}: is the build done?")


def limit_for(iterations: int, each: float = LONG) -> float:
    """MiB that so many iterations may leave, `each` for 10,000 or fewer."""
    return each * max(1.0, iterations / SPAN)


async def watched(
    loops: Loops,
    warm: int,
    iterations: int,
    *,
    each: float = LONG,
    trace: bool = False,
    memory: Callable[[], float] = lambda: footprint().memory,
) -> AsyncIterator[Look | Growth]:
    """A look after every 100 iterations of the warm-up and after it; last what has grown since the
    warm-up. With `trace` allocations are traced from the beginning, and lines named."""
    looks: list[Look] = []
    snapshots: list[Snapshot] = []
    with tracing(wanted=trace):
        for number in range(warm + iterations + 1):
            if number % STRIDE == 0 or number in (warm, warm + iterations):
                looks.append(_look(number, memory, trace))
                yield looks[-1]
            if trace and number in (warm, warm + iterations):
                snapshots.append(snapshot())
            if number < warm + iterations:
                await loops.iterate(number)
    lines = _more(*snapshots) if trace else []
    after = [look for look in looks if look.iterations >= warm]
    yield Growth(after, limit_for(iterations, each), lines)


def _look(number: int, memory: Callable[[], float], trace: bool) -> Look:
    gc.collect()
    held = traced() / MIB if trace else 0.0
    return Look(number, memory(), sys.getallocatedblocks(), held)


def _more(before: Snapshot, after: Snapshot) -> list[Grown]:
    found = []
    for one in after.compare_to(before, "lineno")[:LINES]:
        frame = one.traceback[0]
        place = "/".join(PurePath(frame.filename).parts[-3:])
        found.append(Grown(f"{place}:{frame.lineno}", one.size_diff / 1024, one.count_diff))
    return found

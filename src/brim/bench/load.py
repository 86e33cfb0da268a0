"""Many chat loops at a time: how fast they are served, and whether any of them fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from math import ceil
from statistics import fmean
from time import perf_counter, process_time

from attrs import asdict, define, field, frozen

from brim.bench.subject import MODEL
from brim.chat.loop import ChatLoop
from brim.errors import BrimError
from brim.road.brim import Brim
from brim.road.figures.process import footprint

__all__ = ["Load", "Served", "loaded", "quantile"]


@frozen
class Load:
    """So many users send so many requests in all, each the next when the last is answered."""

    users: int
    requests: int
    budget: int = 4_000
    model: str = MODEL

    def of(self, user: int) -> int:
        """The requests of one user: the same for all, and one more for the first where it does
        not come out even."""
        return self.requests // self.users + (user < self.requests % self.users)


@frozen
class Served:
    """What came of a load. `seconds` is wall time and `cpu` processor time for all of it, response
    times are in ms, `memory` is MiB resident at the end."""

    users: int
    requests: int
    failed: Mapping[str, int]
    seconds: float
    cpu: float
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float
    shortest: float
    memory: float

    @property
    def success_rate(self) -> float:
        return 1 - sum(self.failed.values()) / self.requests

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def per_cpu_second(self) -> float:
        return self.requests / self.cpu if self.cpu else 0.0

    def as_dict(self) -> dict[str, object]:
        names = ("success_rate", "per_second", "per_cpu_second")
        return {**asdict(self), **{name: getattr(self, name) for name in names}}


@define
class _Times:
    taken: list[float] = field(factory=list)
    failed: Counter[str] = field(factory=Counter)


async def loaded(brim: Brim, load: Load, tick: Callable[[], object] = lambda: None) -> Served:
    """Serve it, with one loop for each user. What a loop raises is counted by its kind."""
    times, began, cpu = _Times(), perf_counter(), process_time()
    users = (_user(brim, load, user, times, tick) for user in range(load.users))
    await asyncio.gather(*users)
    seconds, cpu = perf_counter() - began, process_time() - cpu
    taken = sorted(times.taken)
    return Served(
        load.users,
        load.requests,
        dict(times.failed),
        seconds,
        cpu,
        fmean(taken),
        quantile(taken, 0.5),
        quantile(taken, 0.95),
        quantile(taken, 0.99),
        taken[-1],
        taken[0],
        footprint().memory,
    )


async def _user(
    brim: Brim, load: Load, user: int, times: _Times, tick: Callable[[], object]
) -> None:
    loop = ChatLoop(brim, model=load.model, budget=load.budget, tenant=f"user {user}")
    for number in range(load.of(user)):
        began = perf_counter()
        try:
            await loop.arun_iteration(f"Test message {number} of user {user}.")
        except BrimError as error:
            times.failed[type(error).__name__] += 1
        times.taken.append(1e3 * (perf_counter() - began))
        tick()


def quantile(ordered: list[float], share: float) -> float:
    """The value that this share of all does not exceed (nearest rank)."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]

"""`Brim.stats()`: what the observer of operations counted, and what only the road knows."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from attrs import asdict, evolve

from brim.kernel.host import Host
from brim.model.stats import CacheStats, Stats
from brim.road.engine import Engine
from brim.road.figures.process import footprint
from brim.store.tier import Tier

__all__ = ["Measuring", "stats_of"]


@runtime_checkable
class Measuring(Protocol):
    """An observer that gives figures, as `operation-metrics` does."""

    def stats(self) -> Stats: ...


def stats_of(engine: Engine) -> Stats:
    """With the figures of the first observer that gives any; without one, of memory alone."""
    process, tiers = footprint(), engine.tiers
    return evolve(
        _counted(engine.host),
        memory_usage_mb=process.memory,
        peak_memory_mb=process.peak,
        memory_utilization=engine.memory_utilization,
        disk_reads=process.reads,
        disk_writes=process.writes,
        memo_hits=engine.memo.hits,
        memo_misses=engine.memo.misses,
        caches={tier.name: _of_tier(tier) for tier in tiers.tiers} if tiers else {},
    )


def _of_tier(tier: Tier) -> CacheStats:
    counters = tier.counters
    asked = counters.hits + counters.misses
    ratio = counters.hits / asked if asked else 0.0
    return CacheStats(**asdict(counters), hit_ratio=ratio, resting=tier.health.resting)


def _counted(host: Host) -> Stats:
    for name in host.calls.names("monitor_operation"):
        observer = host.plugin(name)
        found = observer.stats() if isinstance(observer, Measuring) else None
        if isinstance(found, Stats):
            return found
    return Stats()

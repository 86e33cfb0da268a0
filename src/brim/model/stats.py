"""How well a `Brim` has worked so far, under the names of the guides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import asdict, field, frozen

__all__ = ["Band", "CacheStats", "CondensationStats", "OperationStats", "Stats", "TrafficStats"]

Band = Literal["excellent", "good", "needs optimization"]


@frozen
class OperationStats:
    """All operations of one name. Times are seconds; percentiles are within 1 %."""

    count: int = 0
    errors: int = 0
    mean: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


@frozen
class CondensationStats:
    """Turns of strategies that had something to offer.

    `success_rate` is the share whose edits were taken, `avg_tokens_saved` the mean of those.
    """

    success_rate: float = 0.0
    avg_processing_time_ms: float = 0.0
    avg_tokens_saved: float = 0.0


@frozen
class TrafficStats:
    """What all fits together came to: tokens of the requests as they came and as they went out,
    and how many of them were `condensed`, `replayed` or `degraded`, with their number by level.

    `level` and `utilization` are those of the last one. `prefix_reuse` is the mean share of a
    request that the next one began with, of the `prefix_reuse_of` fits that could tell: not the
    first of a conversation, nor one that was only glanced at.
    """

    tokens_before: int = 0
    tokens_after: int = 0
    condensed: int = 0
    replayed: int = 0
    degraded: int = 0
    levels: Mapping[str, int] = field(factory=dict)
    level: str = ""
    utilization: float = 0.0
    prefix_reuse: float = 0.0
    prefix_reuse_of: int = 0


@frozen
class CacheStats:
    """One cache tier since the start. `hits` and `misses` count keys it was asked for, `hit_ratio`
    is the share of hits, 0 without any; `refused` counts values whose seal did not hold, `writes`
    values written, `errors` calls that failed or came too late, `skipped` calls that were not made
    because the tier rests, as `resting` tells, or the request had waited enough."""

    hits: int = 0
    misses: int = 0
    hit_ratio: float = 0.0
    refused: int = 0
    writes: int = 0
    errors: int = 0
    skipped: int = 0
    resting: bool = False


@frozen
class Stats:
    """Figures since the start. Rates and ratios without any data are 0 and have no band.

    `cache_hit_ratio` is the share of look-ups (messages recognized, texts counted before)
    that were answered from memory. A request is a fit, or one that could not be read;
    response times are seconds of fits. `memory_usage_mb` is the process's resident memory in
    2^20 bytes, with `peak_memory_mb` its highest, both 0 where the system does not tell;
    `memory_utilization` is the share in use of what Brim's own bounded memories may hold.
    Disk figures are blocks that the process read and wrote. `tools_per_minute` counts
    operations named "tool". `caches` has the cache tiers by name, nearest first, and `bands` judges
    four indicators.
    """

    cache_hit_ratio: float = 0.0
    condensation_stats: CondensationStats = field(factory=CondensationStats)
    traffic: TrafficStats = field(factory=TrafficStats)
    memory_usage_mb: float = 0.0
    peak_memory_mb: float = 0.0
    memory_utilization: float = 0.0
    error_rate: float = 0.0
    errors_per_1000: float = 0.0
    last_operation_time: float = 0.0
    avg_response_time: float = 0.0
    p95_response_time: float = 0.0
    p99_response_time: float = 0.0
    total_requests: int = 0
    runtime_seconds: float = 0.0
    requests_per_second: float = 0.0
    messages_per_minute: float = 0.0
    tools_per_minute: float = 0.0
    counted_tokens_per_second: float = 0.0
    disk_reads: int = 0
    disk_writes: int = 0
    memo_hits: int = 0
    memo_misses: int = 0
    operations: Mapping[str, OperationStats] = field(factory=dict)
    caches: Mapping[str, CacheStats] = field(factory=dict)
    bands: Mapping[str, Band] = field(factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return asdict(self)

"""Operation metrics: counts, times and ratios of all operations, for `Brim.stats()`."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from time import monotonic

from attrs import Factory, define, evolve, frozen

from brim.api import (
    Band,
    CondensationStats,
    Operation,
    OperationStats,
    SettingsError,
    Stats,
    TrafficStats,
    hookimpl,
)
from brim.defaults.quantiles import Quantiles

__all__ = ["OperationMetrics", "OperationMetricsSettings"]

SHARES = (0.5, 0.95, 0.99)
BATCH = 64
"""Operations that wait to be added up: many one after the other take half the time."""

Limits = tuple[float, float]


@frozen
class OperationMetricsSettings:
    """Where an indicator is excellent, and where it is still good: ratios above these
    shares, the mean time of a condensation (ms) and the share of errors below them."""

    cache_hit: Limits = (0.95, 0.80)
    condensation_success: Limits = (0.95, 0.90)
    processing_ms: Limits = (50.0, 100.0)
    error_rate: Limits = (0.01, 0.05)

    def __attrs_post_init__(self) -> None:
        rising = (self.processing_ms, self.error_rate)
        falling = (self.cache_hit, self.condensation_success)
        if any(a > b for a, b in rising) or any(a < b for a, b in falling):
            raise SettingsError("the first limit is for excellent, the second, laxer, for good")


@define
class Series:
    """All operations of one name; `sums` adds up their numeric facts, truth counting as 1."""

    count: int = 0
    errors: int = 0
    seconds: float = 0.0
    quantiles: Quantiles = Factory(Quantiles)
    sums: Counter[str] = Factory(Counter)

    def add(self, operation: Operation) -> None:
        self.count += 1
        self.errors += not operation.ok
        self.seconds += operation.seconds
        self.quantiles.add(operation.seconds)
        for name, value in operation.facts.items():
            if isinstance(value, int):
                self.sums[name] += value

    def stats(self) -> OperationStats:
        mean = _ratio(self.seconds, self.count)
        return OperationStats(self.count, self.errors, mean, *self.quantiles.at(SHARES))


@define
class Fits:
    """What no sum tells of fits."""

    levels: Counter[str] = Factory(Counter)
    level: str = ""
    utilization: float = 0.0
    reuse: float = 0.0
    reused: int = 0

    def add(self, facts: Mapping[str, str | int | float | bool]) -> None:
        self.level = str(facts.get("level", ""))
        self.levels[self.level] += 1
        self.utilization = float(facts.get("utilization", 0.0))
        if "prefix_reuse" in facts:
            self.reuse += float(facts["prefix_reuse"])
            self.reused += 1

    def stats(self, sums: Mapping[str, int]) -> TrafficStats:
        return TrafficStats(
            sums["tokens_before"],
            sums["tokens_after"],
            sums["condensed"],
            sums["replayed"],
            sums["degraded"],
            dict(self.levels),
            self.level,
            self.utilization,
            _ratio(self.reuse, self.reused),
            self.reused,
        )


class OperationMetrics:
    """Safe for threads. `clock` gives seconds that only grow."""

    name = "operation-metrics"

    def __init__(
        self, settings: OperationMetricsSettings, clock: Callable[[], float] = monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._start = clock()
        self._lock = Lock()
        self._waiting: deque[Operation] = deque()
        self._series: defaultdict[str, Series] = defaultdict(Series)
        self._fits = Fits()
        self._last = 0.0

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self._waiting.append(operation)
        if len(self._waiting) >= BATCH:
            with self._lock:
                self._add_up()

    def _add_up(self) -> None:
        """Take in what waits; the lock is held."""
        waiting = self._waiting
        while waiting:
            operation = waiting.popleft()
            self._series[operation.name].add(operation)
            self._last = operation.seconds
            if operation.name == "fit" and operation.ok:
                self._fits.add(operation.facts)

    def stats(self) -> Stats:
        """The figures so far, without those of the process."""
        with self._lock:
            self._add_up()
            runtime = self._clock() - self._start
            requests = self._of("fit").count + self._of("read").errors
            found = Stats(
                cache_hit_ratio=_ratio(self._sum("hits"), self._looked_up()),
                condensation_stats=_condensations(self._of("condense")),
                traffic=self._fits.stats(self._of("fit").sums),
                last_operation_time=self._last,
                total_requests=requests,
                runtime_seconds=runtime,
                requests_per_second=_ratio(requests, runtime),
                messages_per_minute=60 * _ratio(self._of("fit").sums["messages"], runtime),
                tools_per_minute=60 * _ratio(self._of("tool").count, runtime),
                counted_tokens_per_second=_speed(self._of("count")),
                operations={name: series.stats() for name, series in self._series.items()},
            )
            found = self._answered(found)
            return evolve(found, bands=dict(self._bands(found)))

    def _answered(self, found: Stats) -> Stats:
        """With the figures of whole requests."""
        fits = found.operations.get("fit", OperationStats())
        rate = _ratio(fits.errors + self._of("read").errors, found.total_requests)
        return evolve(
            found,
            error_rate=rate,
            errors_per_1000=1_000 * rate,
            avg_response_time=fits.mean,
            p95_response_time=fits.p95,
            p99_response_time=fits.p99,
        )

    def _bands(self, found: Stats) -> Iterator[tuple[str, Band]]:
        """How good the indicators are of which there is any data."""
        settings, condensed = self._settings, found.condensation_stats
        if self._looked_up():
            yield "cache_hit_ratio", _band(-found.cache_hit_ratio, settings.cache_hit, -1)
        if self._of("condense").sums["tried"]:
            limits = settings.condensation_success
            yield "success_rate", _band(-condensed.success_rate, limits, -1)
            time = condensed.avg_processing_time_ms
            yield "avg_processing_time_ms", _band(time, settings.processing_ms)
        if found.total_requests:
            yield "error_rate", _band(found.error_rate, settings.error_rate)

    def _of(self, name: str) -> Series:
        return self._series.get(name) or Series()

    def _sum(self, fact: str) -> int:
        return sum(series.sums[fact] for series in self._series.values())

    def _looked_up(self) -> int:
        return self._sum("hits") + self._sum("misses")


def _condensations(turns: Series) -> CondensationStats:
    sums = turns.sums
    return CondensationStats(
        success_rate=_ratio(sums["applied"], sums["tried"]),
        avg_processing_time_ms=1e3 * _ratio(turns.seconds, turns.count),
        avg_tokens_saved=_ratio(sums["saved"], sums["applied"]),
    )


def _speed(counts: Series) -> float:
    return _ratio(counts.sums["tokens"], counts.seconds)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _band(value: float, limits: Limits, sign: int = 1) -> Band:
    """Lower is better; with `sign` -1 value and limits are turned round."""
    excellent, good = (sign * limit for limit in limits)
    if value < excellent:
        return "excellent"
    return "good" if value < good else "needs optimization"

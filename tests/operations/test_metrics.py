"""Operation metrics: percentiles, rates, ratios and bands, on operations with known figures."""

from __future__ import annotations

import random
from math import ceil

import pytest

from brim.defaults.operation_metrics import OperationMetrics, OperationMetricsSettings
from brim.defaults.quantiles import BATCH, Quantiles
from brim.errors import SettingsError
from brim.model.operations import Operation

SHARES = (0.5, 0.95, 0.99)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def metrics(*operations: Operation, seconds: float = 60.0, **settings: object) -> OperationMetrics:
    clock = Clock()
    observer = OperationMetrics(OperationMetricsSettings(**settings), clock)
    for operation in operations:
        observer.monitor_operation(operation)
    clock.now += seconds
    return observer


def exact(values: list[float], share: float) -> float:
    """The value of nearest rank from above."""
    return sorted(values)[ceil(share * (len(values) - 1))]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, BATCH, BATCH + 1, 20_000])
def test_percentiles_are_within_one_percent(seed, size):
    random_ = random.Random(f"{seed} {size}")
    values = [random_.lognormvariate(-5 + seed, 1 + seed / 2) for _ in range(size)]
    found = Quantiles()
    for value in values:
        found.add(value)
    for share, estimate in zip(SHARES, found.at(SHARES), strict=True):
        assert estimate == pytest.approx(exact(values, share), rel=0.0101)


def test_few_values_do_not_hide_the_slowest():
    found = Quantiles()
    for value in (0.001, 0.001, 9.0):
        found.add(value)
    assert found.at([0.95])[0] == pytest.approx(9.0, rel=0.0101)


def test_no_values_are_zero():
    assert Quantiles().at(SHARES) == [0.0, 0.0, 0.0]


def test_asking_does_not_change_the_answer():
    found = Quantiles()
    for value in range(1, 1_000):
        found.add(float(value))
        found.at(SHARES)
    assert found.at([0.5])[0] == pytest.approx(500.0, rel=0.0101)


def test_response_times():
    fits = [Operation("fit", n / 100) for n in range(1, 101)]
    found = metrics(*fits, Operation("count", 50.0)).stats()
    assert found.avg_response_time == pytest.approx(0.505)
    assert found.p95_response_time == pytest.approx(0.96, rel=0.0101)
    assert found.p99_response_time == pytest.approx(1.0, rel=0.0101)
    assert found.last_operation_time == 50.0
    assert found.operations["fit"].count == 100


def test_throughput():
    operations = [
        *[Operation("fit", 0.1, facts={"messages": 10}) for _ in range(19)],
        Operation("fit", 0.1, ok=False, error="BudgetInfeasible"),
        Operation("read", 0.1, ok=False, error="MalformedRequest"),
        *[Operation("tool", 0.2) for _ in range(4)],
        Operation("count", 0.5, facts={"texts": 7, "tokens": 10_000}),
    ]
    found = metrics(*operations, seconds=120.0).stats()
    assert found.total_requests == 21
    assert found.error_rate == pytest.approx(2 / 21)
    assert found.errors_per_1000 == pytest.approx(2_000 / 21)
    assert found.messages_per_minute == pytest.approx(95.0)
    assert found.tools_per_minute == pytest.approx(2.0)
    assert found.requests_per_second == pytest.approx(21 / 120)
    assert found.counted_tokens_per_second == pytest.approx(20_000)
    assert found.runtime_seconds == 120.0


def turn(seconds: float, *, tried: bool = True, saved: int = 0) -> Operation:
    facts = {"strategy": "x", "tried": tried, "applied": saved > 0, "saved": saved}
    return Operation("condense", seconds, facts=facts)


def test_condensations():
    found = metrics(
        turn(0.02, saved=300), turn(0.04, saved=100), turn(0.06), turn(0.0, tried=False)
    )
    condensed = found.stats().condensation_stats
    assert condensed.success_rate == pytest.approx(2 / 3)
    assert condensed.avg_tokens_saved == pytest.approx(200)
    assert condensed.avg_processing_time_ms == pytest.approx(30)


def looked_up(hits: int, misses: int) -> Operation:
    return Operation("read", 0.01, facts={"hits": hits, "misses": misses})


def test_cache_hits_of_all_operations_count():
    found = metrics(looked_up(9, 1), Operation("complete", 0.1, facts={"hits": 1, "misses": 9}))
    assert found.stats().cache_hit_ratio == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("hits", "band"), [(96, "excellent"), (95, "good"), (81, "good"), (80, "needs optimization")]
)
def test_bands(hits, band):
    assert metrics(looked_up(hits, 100 - hits)).stats().bands == {"cache_hit_ratio": band}


@pytest.mark.parametrize(
    ("ms", "band"),
    [(49, "excellent"), (50, "good"), (99, "good"), (101, "needs optimization")],
)
def test_bands_of_condensing(ms, band):
    bands = metrics(turn(ms / 1e3, saved=1)).stats().bands
    assert bands == {"success_rate": "excellent", "avg_processing_time_ms": band}


@pytest.mark.parametrize(
    ("failed", "band"), [(0, "excellent"), (1, "good"), (4, "good"), (5, "needs optimization")]
)
def test_bands_of_errors(failed, band):
    fits = [Operation("fit", 0.1, ok=n >= failed) for n in range(100)]
    assert metrics(*fits).stats().bands == {"error_rate": band}


def test_limits_of_bands_are_settings():
    observer = metrics(looked_up(60, 40), cache_hit=(0.5, 0.1))
    assert observer.stats().bands == {"cache_hit_ratio": "excellent"}
    with pytest.raises(SettingsError, match="laxer"):
        OperationMetricsSettings(error_rate=(0.5, 0.1))


def test_without_data_there_is_no_band():
    found = metrics().stats()
    assert found.bands == {}
    assert found.cache_hit_ratio == found.error_rate == found.p99_response_time == 0.0


def test_threads_lose_nothing():
    from concurrent.futures import ThreadPoolExecutor

    observer = metrics()
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(observer.monitor_operation, [looked_up(1, 1)] * 4_000):
            pass
    assert observer.stats().operations["read"].count == 4_000
    assert observer.stats().cache_hit_ratio == 0.5

"""`Brim.stats()` and the operations behind it, on real fits."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from operations_chat import SECRET, chat

from brim.api import Stats, hookimpl
from brim.errors import BudgetInfeasible, MalformedRequest
from brim.model.operations import Operation
from brim.road.figures.process import footprint

GUIDES = {
    "cache_hit_ratio",
    "condensation_stats",
    "memory_usage_mb",
    "error_rate",
    "memory_utilization",
    "last_operation_time",
    "avg_response_time",
    "p95_response_time",
    "p99_response_time",
    "requests_per_second",
    "total_requests",
    "runtime_seconds",
}


def test_the_names_are_those_of_the_guides(app):
    whole = app()
    whole.fit(chat(40), budget=2_000)
    found = whole.stats().as_dict()
    assert found.keys() >= GUIDES
    assert found["condensation_stats"].keys() == {
        "success_rate",
        "avg_processing_time_ms",
        "avg_tokens_saved",
    }
    assert json.loads(json.dumps(found)) == found
    assert f"{found['cache_hit_ratio']:.1%}" == "0.0%"


def test_figures_of_real_fits(app):
    whole = app()
    messages = chat(40)
    first = whole.fit(messages, budget=2_000)
    second = whole.fit(messages, budget=2_000)
    found = whole.stats()
    assert found.total_requests == 2
    assert found.condensation_stats.success_rate == 1.0
    assert found.condensation_stats.avg_tokens_saved == first.report.saved
    assert second.report.replayed
    assert 0.3 < found.cache_hit_ratio < 0.7
    assert 0 < found.p95_response_time <= found.p99_response_time
    assert found.memory_usage_mb > 1
    assert found.peak_memory_mb >= found.memory_usage_mb
    assert 0 < found.memory_utilization < 0.1
    assert found.memo_misses == whole.engine.memo.misses > 0
    assert found.bands["error_rate"] == "excellent"


def test_errors_are_counted(app):
    whole = app()
    whole.fit(chat(1))
    with pytest.raises(BudgetInfeasible):
        whole.fit(chat(1), budget=3)
    with pytest.raises(MalformedRequest):
        whole.fit([7])
    found = whole.stats()
    assert found.total_requests == 3
    assert found.error_rate == pytest.approx(2 / 3)
    assert found.bands["error_rate"] == "needs optimization"


def test_operations_of_one_fit(app, watcher):
    app(None, watcher).fit(chat(40), budget=2_000)
    assert [operation.name for operation in watcher.seen][-1] == "fit"
    (fit,), (read,), (turn,) = map(watcher.named, ("fit", "read", "condense"))
    assert fit.ok
    assert fit.facts["condensed"] is True
    assert fit.facts["saved"] == fit.facts["tokens_before"] - fit.facts["tokens_after"]
    assert read.facts["messages"] == fit.facts["messages"] == 82
    assert turn.facts["strategy"] == "smart-truncation"
    assert turn.facts["applied"] is True
    assert turn.facts["saved"] == fit.facts["saved"]
    assert turn.seconds <= fit.seconds
    assert sum(one.facts["tokens"] for one in watcher.named("count")) > 0


def test_operations_of_failures(app, watcher):
    whole = app(None, watcher)
    with pytest.raises(BudgetInfeasible):
        whole.fit(chat(2), budget=5)
    with pytest.raises(MalformedRequest):
        whole.fit([{"no": "role"}])
    failed = {(one.name, one.error) for one in watcher.seen if not one.ok}
    assert failed == {("fit", "BudgetInfeasible"), ("read", "MalformedRequest")}


def test_a_strategy_that_fails_is_a_failed_operation(app, watcher):
    def condense(task):
        raise ZeroDivisionError(SECRET)

    bad = SimpleNamespace(name="bad", condense=hookimpl(condense))
    app({"strategies": ["bad", "smart-truncation"]}, bad, watcher).fit(chat(40), budget=2_000)
    found = {one.facts["strategy"]: one.error for one in watcher.named("condense")}
    assert found == {"bad": "failed", "smart-truncation": ""}
    assert SECRET not in repr(watcher.seen)


def test_no_text_of_a_message_is_in_operations_or_stats(app, watcher):
    whole = app(None, watcher)
    whole.fit(chat(60), budget=2_000)
    with pytest.raises(BudgetInfeasible):
        whole.fit(chat(2), budget=5)
    assert SECRET not in repr(watcher.seen)
    assert SECRET not in repr(whole.stats())


class Raising:
    name = "raising"

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        raise RuntimeError(SECRET)


def test_an_observer_that_raises_never_breaks_a_fit(app, told):
    whole, plain = app(None, Raising()), app()
    for _ in range(5):
        fitted = whole.fit(chat(40), budget=2_000)
    assert fitted.messages == plain.fit(chat(40), budget=2_000).messages
    assert whole.stats().total_requests == 5
    warnings = [message for level, message in told if "raising" in message]
    assert len(warnings) == 1
    assert SECRET not in warnings[0]


def test_without_observers_there_are_no_operations(app):
    whole = app({"plugins": {"disabled": ["operation-log", "operation-metrics"]}})
    whole.fit(chat(40), budget=2_000)
    found = whole.stats()
    assert found.total_requests == 0
    assert found.operations == {}
    assert found.memory_usage_mb > 1
    assert found.memo_misses > 0


def test_memory_is_cleaned_up_above_the_threshold(app):
    messages = chat(40)
    kept = app()
    kept.fit(messages, budget=2_000)
    kept.fit(messages, budget=2_000)
    assert kept.engine.recall.hits == len(messages) - 1
    tidy = app({"caching": {"memory_cleanup": 0.0}})
    tidy.fit(messages, budget=2_000)
    again = tidy.fit(messages, budget=2_000)
    assert tidy.engine.recall.hits == 0
    assert again.report.replayed


def test_the_footprint_is_of_this_process():
    before = footprint()
    held = bytearray(64 * 1024 * 1024)
    held[::4096] = b"x" * len(held[::4096])
    after = footprint()
    assert 50 < after.memory - before.memory < 100
    assert after.peak >= after.memory


class Own:
    name = "own"

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        pass

    def stats(self) -> Stats:
        return Stats(total_requests=77)


class Unrelated(Own):
    name = "unrelated"

    def stats(self) -> str:
        return "something else"


def test_an_observer_of_your_own_gives_the_figures(app):
    assert app(None, Own()).stats().total_requests == 77
    assert app(None, Unrelated()).stats().total_requests == 0

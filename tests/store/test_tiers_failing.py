"""A tier that is down, frozen or slow costs a request a bounded time, and never more."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
from tier_parts import AddingBox, Box, Clock, tiers

from brim.errors import StoreError
from brim.store.health import FAILURES, LATE, REST, Health
from brim.store.patience import PATIENCE, left, patience
from brim.store.tier import Tier, reach_of
from brim.store.workers import Workers

FAILS = [StoreError("redis://cache", "down"), ValueError("sk-planted")]


@pytest.mark.parametrize("error", FAILS)
@pytest.mark.parametrize("reach", ["process", "user", "shared"])
def test_errors_are_misses_and_after_three_it_rests(reach: str, error: Exception) -> None:
    lines: list[str] = []
    bad, good = AddingBox(reach=reach, failing=error), Box()
    both = tiers(bad, good, lines=lines)
    both.tiers[0].health.clock = Clock()  # no rest ever ends
    space = both.space("space")
    space.set(b"key", b"value", 60)
    assert space.get(b"key") == b"value"
    assert space.add(b"other", b"new", 60) == b"new"
    for _ in range(20):
        assert space.get(b"key") == b"value"
    assert len(bad.calls) == FAILURES
    (line,) = lines
    assert "'box-1' fails" in line
    assert "planted" not in line
    counters = both.tiers[0].counters
    assert counters.errors == FAILURES
    assert counters.skipped > 20
    assert both.tiers[1].counters.hits == 21


def test_each_change_of_state_is_one_line_and_it_comes_back() -> None:
    lines: list[str] = []
    clock, box = Clock(), Box(reach="shared", failing=OSError())
    tier = Tier("box", box, lines.append, clock)
    for _ in range(50):
        tier.ask("get_many", ["key"])
        clock.now += 0.1
    assert len(lines) == 1
    assert "rests" in lines[0]
    box.failing = None
    clock.now += 60
    assert tier.ask("get_many", ["key"]) == {}
    assert tier.ask("get_many", ["key"]) == {}
    assert len(lines) == 2
    assert "answers again" in lines[1]
    assert not tier.health.resting


def test_rests_grow_longer_and_end() -> None:
    clock = Clock()
    health = Health("box", lambda line: None, clock)
    health.failed("fails", at_once=True)
    rests = []
    for _ in range(10):
        began = clock.now
        while not health.allows():
            clock.now += 0.25
        rests.append(clock.now - began)
        health.failed("fails")
    assert rests == [REST, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_late_answer_counts_as_a_failure_though_it_is_used() -> None:
    health = Health("box", lambda line: None, Clock())
    for _ in range(FAILURES - 1):
        health.answered(2 * LATE)
    assert not health.resting
    health.answered(2 * LATE)
    assert health.resting


def test_one_that_hangs_is_waited_for_once() -> None:
    """No clock is looked at: a second call that waited would come in vain, and be counted."""
    lines: list[str] = []
    box = Box(reach="shared")
    box.gate.clear()
    tier = Tier("box", box, lines.append)
    assert tier.ask("get_many", ["key"]) is None
    assert tier.health.resting
    for _ in range(100):
        assert tier.ask("get_many", ["key"]) is None
    assert box.calls == ["get 1"]
    assert (tier.counters.errors, tier.counters.skipped) == (1, 100)
    assert "has not answered" in lines[0]
    box.gate.set()


def test_while_one_call_hangs_no_other_is_tried_however_long_it_rests() -> None:
    box = Box(reach="shared")
    box.gate.clear()
    clock = Clock()
    tier = Tier("box", box, lambda line: None)
    tier.ask("get_many", ["key"])
    tier.health.clock = clock
    clock.now += 1e6
    assert tier.ask("get_many", ["key"]) is None
    assert box.calls == ["get 1"]
    box.gate.set()
    for _ in range(1_000):
        if tier.ask("get_many", ["key"]) is not None:
            break
        threading.Event().wait(0.01)
    assert box.calls == ["get 1", "get 1"]
    assert not tier.health.resting


def test_only_one_probe_at_a_time() -> None:
    clock = Clock()
    health = Health("box", lambda line: None, clock)
    health.failed("fails", at_once=True)
    clock.now += 60
    assert [health.allows() for _ in range(5)] == [True, False, False, False, False]
    health.answered(0.001)
    assert all(health.allows() for _ in range(5))


def test_a_request_waits_for_all_its_calls_together() -> None:
    slow = [Box(reach="shared") for _ in range(5)]
    for box in slow:
        box.gate.clear()
    made = tiers(*slow)
    with patience():
        made.space("space").get(b"key")
        made.space("space").set(b"key", b"value", 60)
        assert left() == 0
    assert left() == PATIENCE
    assert slow[0].calls == ["get 1"]
    assert not any(box.calls for box in slow[1:])
    assert [tier.counters.errors for tier in made.tiers] == [1, 0, 0, 0, 0]
    for box in slow:
        box.gate.set()


def test_memory_is_asked_even_by_those_who_have_no_patience_left() -> None:
    near, far = Box(), Box(reach="shared")
    space = tiers(near, far).space("space")
    with patience(0):
        space.set(b"key", b"value", 60)
        assert space.get(b"key") == b"value"
    assert not far.calls


def test_a_task_that_is_cancelled_leaves_the_tier_usable() -> None:
    box = Box(reach="shared")
    tier = Tier("box", box, lambda line: None)

    async def talk() -> object:
        box.gate.clear()
        task = asyncio.create_task(tier.aask("get_many", ["key"]))
        while not box.calls:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        box.gate.set()
        return await tier.aask("get_many", ["key"])

    assert asyncio.run(talk()) == {}
    assert not tier.health.resting


def test_an_event_loop_is_not_held_up() -> None:
    box = Box(reach="shared")
    tier = Tier("box", box, lambda line: None)

    async def talk() -> object:
        box.gate.clear()
        task = asyncio.create_task(tier.aask("get_many", ["key"]))
        await asyncio.sleep(0)
        box.gate.set()  # never reached while the loop waits
        return await task

    assert asyncio.run(talk()) == {}


@pytest.mark.parametrize("answer", [None, [b"x"], "text", 3])
def test_an_answer_that_is_none_is_an_error(answer: object) -> None:
    class Wrong(Box):
        def get_many(self, keys: object) -> object:  # type: ignore[override]
            return answer

    tier = Tier("box", Wrong(), lambda line: None)
    assert tier.ask("get_many", ["key"]) is None
    assert tier.counters.errors == 1


def test_a_cache_that_says_nothing_might_be_shared() -> None:
    assert [reach_of(Box(reach=r)) for r in ("process", "user", "shared", "moon")] == [
        "process",
        "user",
        "shared",
        "shared",
    ]
    assert reach_of(object()) == "shared"  # type: ignore[arg-type]


def test_workers_are_few_and_wait_for_work() -> None:
    workers = Workers(most=3)
    gate = threading.Event()
    futures = [workers.submit(lambda: gate.wait(20)) for _ in range(10)]
    assert workers._threads == 3
    gate.set()
    assert all(future.result(20) for future in futures)
    assert workers.submit(lambda: 7).result(20) == 7
    assert workers._threads == 3
    workers.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_workers_survive_a_fork() -> None:
    workers = Workers()
    assert workers.submit(lambda: 7).result(20) == 7
    child = os.fork()
    if not child:
        try:
            os._exit(workers.submit(lambda: 8).result(20))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 8

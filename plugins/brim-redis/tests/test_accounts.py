"""Two machines, one Redis: what cache-economics keeps of a conversation goes on from the one to the
other, for one read and one write a request, and without Redis each goes on by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from brim import Brim, Fitted
from brim.testing.fakes import FakeClock
from conftest import Server

KEY = "0123456789abcdef"
PRICES = {"input": 2.5, "output": 10.0, "cached_input": 1.25, "cache_ttl": 300}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def machine(
    server: Server, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Brim]]:
    monkeypatch.setenv("BRIM_CACHE_KEY", KEY)
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("brim.store.patience.PATIENCE", 60.0)  # this is not about time
    monkeypatch.setattr("brim.store.health.LATE", 60.0)
    with ExitStack() as machines:

        def made(*caches: str) -> Brim:
            settings = {
                "models": {"m": {"window": 6_000, "max_output": 500, "prices": PRICES}},
                "model": "m",
                "policy": "cache-economics",
                "strategies": ["key-point-extraction"],
                "counting": {"accurate": False},
                "archive": {"where": "memory"},
                "caches": caches,
                "plugin": {"redis-cache": {"url": server.url, "timeout": 1.0}},
            }
            app = machines.enter_context(Brim(settings))
            app.engine.learned.accounts.clock = clock
            if app.engine.tiers:
                app.engine.tiers.clock = lambda: 1_800_000_000.0 + clock.now
            return app

        yield made


def turn(app: Brim, clock: FakeClock, number: int) -> Fitted:
    clock.now += 400 if number % 17 == 16 else 5
    roles = ("user", "assistant")
    messages = [
        {"role": roles[i % 2], "content": f"message {i}: " + f"the word{i} stands here. " * 6}
        for i in range(2 * number + 1)
    ]
    return app.fit(messages)


def said(one: Fitted) -> tuple[str, str]:
    return one.report.decision.reason, json.dumps(one.messages)


def commands(server: Server, name: str) -> int:
    from redis import Redis

    with Redis(port=server.port) as client:
        return int(client.info("commandstats").get(f"cmdstat_{name}", {}).get("calls", 0))


@pytest.mark.parametrize("caches", [("redis-cache",), ("memory-cache", "redis-cache")])
def test_the_account_goes_on_elsewhere(
    machine: Callable[..., Brim], clock: FakeClock, caches: tuple[str, ...]
) -> None:
    by_itself = machine()
    expected = [said(turn(by_itself, clock, number)) for number in range(70)]
    clock.now = 0.0
    machines = [machine(*caches) for _ in range(3)]
    assert [said(turn(machines[n % 3], clock, n)) for n in range(70)] == expected
    early = [reason for reason, _ in expected if "have cost more" in reason or "expired" in reason]
    assert early, "some were condensed for what the account says"


def test_one_read_for_a_request(
    machine: Callable[..., Brim], server: Server, clock: FakeClock
) -> None:
    machines = [machine("redis-cache") for _ in range(2)]
    for number in range(50):
        before = commands(server, "mget")
        turn(machines[number % 2], clock, number)
        assert commands(server, "mget") - before == 1


def test_without_redis_nothing_fails(
    machine: Callable[..., Brim], server: Server, clock: FakeClock
) -> None:
    by_itself = machine()
    expected = [said(turn(by_itself, clock, number)) for number in range(40)]
    clock.now = 0.0
    app = machine("redis-cache")
    found = [said(turn(app, clock, number)) for number in range(20)]
    server.stop()
    found += [said(turn(app, clock, number)) for number in range(20, 40)]
    assert found == expected

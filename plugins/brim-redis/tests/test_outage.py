"""A server that stops, freezes and comes back costs no request anything but a miss.

How much time it costs is measured by `bench/outage.py`; what is counted here is how often it was
waited for at all.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from brim.store.health import FAILURES
from brim.store.patience import PATIENCE, patience
from brim.store.seal import Seal
from brim.store.tier import Tier
from brim.store.tiers import Tiers
from brim_redis import RedisCache, RedisCacheSettings
from conftest import Server


def tiers_on(server: Server, lines: list[str]) -> Tiers:
    cache = RedisCache(RedisCacheSettings(server.url)).provide_cache("redis-cache")
    assert cache is not None
    return Tiers([Tier("redis-cache", cache, lines.append)], Seal(b"k" * 32))


def request(tiers: Tiers, number: int) -> bytes | None:
    """What one request does: a look-up, and a write where there was nothing."""
    space, key = tiers.space("records"), str(number % 7).encode()
    with patience():
        found = space.get(key)
        if found is None:
            assert space.add(key, b"value", 60) == b"value"
        return found


def answers_again(tiers: Tiers) -> bool:
    for _ in range(600):
        if request(tiers, 0) == b"value":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("outage", ["frozen", "stopped"])
def test_requests_go_on_while_it_is_away_and_use_it_again(server: Server, outage: str) -> None:
    lines: list[str] = []
    tiers = tiers_on(server, lines)
    for number in range(20):
        request(tiers, number)
    assert request(tiers, 0) == b"value"
    assert not lines

    getattr(server, {"frozen": "freeze", "stopped": "stop"}[outage])()
    assert [request(tiers, number) for number in range(200)] == [None] * 200
    (tier,) = tiers.tiers
    assert tier.counters.errors <= FAILURES + 5  # with a few probes
    assert len(lines) == 1
    assert "rests" in lines[0]

    getattr(server, {"frozen": "thaw", "stopped": "start"}[outage])()
    assert answers_again(tiers)
    assert len(lines) == 2
    assert "answers again" in lines[1]


def test_many_at_once_wait_for_one_frozen_server_once(server: Server) -> None:
    lines: list[str] = []
    tiers = tiers_on(server, lines)
    assert answers_again(tiers)
    server.freeze()
    before, told = tiers.tiers[0].counters, len(lines)

    async def one(number: int) -> bytes | None:
        with patience():
            return await tiers.space("records").aget(str(number).encode())

    async def crowd() -> list[bytes | None]:
        return await asyncio.gather(*map(one, range(300)))

    for _ in range(3):
        assert asyncio.run(crowd()) == [None] * 300
    assert len(lines) == told + 1
    counters = tiers.tiers[0].counters
    errors = counters.errors - before.errors
    assert errors <= 305  # the first crowd, and a probe after each rest, which doubles
    assert counters.skipped - before.skipped + errors == 900


@pytest.fixture(params=["frozen", "unreachable"])
def silent(request: pytest.FixtureRequest, server: Server) -> Iterator[str]:
    """The address of a server to which nobody has connected yet, and that says nothing: it takes
    the connection, or not even that."""
    if request.param == "frozen":
        server.freeze()
        yield server.url
        return
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # more than wait to be taken, so that the next is not answered
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def test_the_first_request_waits_once_for_all_that_it_asks(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the connection, too: a look-up that was waited for leaves nothing to wait for a write,
    and no call may be waited for longer than the request."""
    lines, allowed = list[str](), list[float]()
    monkeypatch.setattr("brim.store.health.REST", 60.0)  # no probe, however slow this machine is
    cache = RedisCache(RedisCacheSettings(silent, timeout=5.0)).provide_cache("redis-cache")
    assert cache is not None
    tier, waited = Tier("redis-cache", cache, lines.append), Tier._waited
    tiers = Tiers([tier], Seal(b"k" * 32))

    def noted(tier: Tier, call: Callable[[], object], seconds: float) -> object:
        allowed.append(seconds)
        return waited(tier, call, seconds)

    monkeypatch.setattr(Tier, "_waited", noted)
    for number in range(20):
        assert request(tiers, number) is None
    assert allowed == [PATIENCE]
    assert (tier.counters.errors, tier.counters.skipped) == (1, 39)
    assert len(lines) == 1


@pytest.mark.parametrize("outage", ["frozen", "stopped"])
def test_no_request_fails_under_load(server: Server, outage: str) -> None:
    """Eight threads: each that is under way when the server goes waits once, and then nobody but a
    probe after each rest."""
    lines: list[str] = []
    tiers = tiers_on(server, lines)
    assert answers_again(tiers)
    gone, back = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def client(first: int) -> None:
        try:
            number = first
            while not back.is_set():
                request(tiers, number)
                number += 1
                time.sleep(0.002)
        except BaseException as error:
            failed.append(error)

    clients = [threading.Thread(target=client, args=(1_000 * i,)) for i in range(8)]
    before = tiers.tiers[0].counters  # a busy machine may make the tier rest at once
    for one in clients:
        one.start()
    getattr(server, {"frozen": "freeze", "stopped": "stop"}[outage])()
    while tiers.tiers[0].counters.skipped < before.skipped + 400:
        assert gone.wait(0.01) is False
    errors = tiers.tiers[0].counters.errors - before.errors
    getattr(server, {"frozen": "thaw", "stopped": "start"}[outage])()
    back.set()
    for one in clients:
        one.join(20)
    assert failed == []
    assert 1 <= errors <= len(clients) * FAILURES + 8  # with a probe after each rest
    assert answers_again(tiers)

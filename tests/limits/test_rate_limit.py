"""Rate limits: what is admitted, what is refused, and when it may come again."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import pytest

from brim import Brim
from brim.api import Request, RequestRefused, SettingsError
from brim.chat import ChatLoop
from brim.defaults.rate_buckets import Buckets
from brim.defaults.rate_charges import Charge
from brim.defaults.rate_limit import RateLimit, RateLimits, RateLimitSettings
from brim.testing.fakes import ScriptedModel

WINDOWS = ["fixed-window", "moving-window", "sliding-window"]
ALGORITHMS = ["token-bucket", *WINDOWS]
START = 1_200_000_000.0  # a full minute, where fixed windows of any clock begin


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of buckets and of windows, which ask the system's."""
    found = Clock()
    monkeypatch.setattr(time, "time", found)
    monkeypatch.setattr("brim.defaults.rate_windows.time", found)
    return found


def guard(clock: Clock, algorithm: str = "token-bucket", **settings: object) -> RateLimit:
    made = RateLimitSettings(algorithm=algorithm, **settings)  # type: ignore[arg-type]
    return RateLimit(made, clock)


def ask(tokens: int = 1, tenant: str = "a", model: str = "m") -> Request:
    return Request(tenant, model, tokens)


def refused(guard: RateLimit, request: Request) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        guard.admit(request)
    return caught.value


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_so_many_requests_a_minute(algorithm: str, clock: Clock) -> None:
    limit = guard(clock, algorithm, requests=5)
    assert [limit.admit(ask()) for _ in range(5)] == [True] * 5
    error = refused(limit, ask())
    assert (error.unit, error.limit, error.remaining) == ("requests", 5, 0)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 61
    clock.now += 120
    assert limit.admit(ask())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_so_many_tokens_a_minute(algorithm: str, clock: Clock) -> None:
    limit = guard(clock, algorithm, tokens=1_000)
    assert limit.admit(ask(700))
    error = refused(limit, ask(301))
    assert (error.unit, error.limit, error.remaining) == ("tokens", 1_000, 300)
    assert limit.admit(ask(300))


@pytest.mark.parametrize("algorithm", ["token-bucket", "fixed-window", "sliding-window"])
@pytest.mark.parametrize("pause", [0, 7, 59, 61, 95])
@pytest.mark.parametrize("cost", [1, 400, 1_000])
def test_the_wait_that_is_told_is_enough_and_not_much_more(
    algorithm: str, pause: float, cost: int, clock: Clock
) -> None:
    limit = guard(clock, algorithm, tokens=1_000)
    limit.admit(ask(650))
    clock.now += pause
    with suppress(RequestRefused):
        while limit.admit(ask(90)):
            continue
    wait = wait_for(limit, ask(cost))
    if not wait:
        return
    start = clock.now
    if wait > 0.1:
        clock.now = start + wait - 0.1
        refused(limit, ask(cost))
    clock.now = start + wait + 0.002
    assert limit.admit(ask(cost))


def wait_for(limit: RateLimit, request: Request) -> float:
    """Seconds that are told, 0 where it is admitted."""
    try:
        limit.admit(request)
    except RequestRefused as error:
        return error.retry_after or math.inf
    return 0


def test_a_moving_window_tells_when_something_leaves_it(clock: Clock) -> None:
    limit = guard(clock, "moving-window", requests=2)
    limit.admit(ask())
    clock.now += 20
    limit.admit(ask())
    clock.now += 10
    wait = refused(limit, ask()).retry_after
    assert wait == pytest.approx(30, abs=0.01)
    clock.now += wait
    assert limit.admit(ask())
    assert refused(limit, ask()).retry_after == pytest.approx(20, abs=0.01)


def test_a_bucket_fills_without_steps(clock: Clock) -> None:
    limit = guard(clock, requests=60)
    for _ in range(60):
        limit.admit(ask())
    clock.now += 0.75
    assert refused(limit, ask()).retry_after == pytest.approx(0.25)
    clock.now += 0.25
    assert limit.admit(ask())
    refused(limit, ask())
    clock.now += 600
    for _ in range(60):  # never more than a minute's worth
        limit.admit(ask())
    refused(limit, ask())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_larger_than_the_limit_never_passes(algorithm: str, clock: Clock) -> None:
    limit = guard(clock, algorithm, tokens=100)
    error = refused(limit, ask(101))
    assert error.retry_after is None
    assert "make it smaller" in str(error)
    assert limit.admit(ask(100))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_keys_do_not_see_each_other(algorithm: str, clock: Clock) -> None:
    limit = guard(clock, algorithm, requests=1)
    assert limit.admit(ask(tenant="a"))
    assert limit.admit(ask(tenant="b"))
    refused(limit, ask(tenant="a", model="other"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_model_has_limits_of_its_own(algorithm: str, clock: Clock) -> None:
    models = {"big": RateLimits(requests=1, tokens=50)}
    limit = guard(clock, algorithm, requests=3, models=models)
    assert limit.admit(ask(50, model="big"))
    error = refused(limit, ask(1, model="big"))
    assert "for this model" in str(error)
    assert limit.admit(ask(1, tenant="b", model="big"))
    assert limit.admit(ask(900, model="small"))
    assert limit.admit(ask(model="small"))
    assert refused(limit, ask(model="small")).limit == 3


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_refused_takes_nothing(algorithm: str, clock: Clock) -> None:
    limit = guard(clock, algorithm, requests=3, tokens=100)
    assert limit.admit(ask(60))
    for _ in range(20):
        assert refused(limit, ask(60)).unit == "tokens"
    assert limit.admit(ask(20))
    assert limit.admit(ask(20))
    assert refused(limit, ask(0)).unit == "requests"


def test_without_limits_all_is_admitted(clock: Clock) -> None:
    limit = guard(clock)
    assert all(limit.admit(ask(10**9)) for _ in range(1_000))


def test_nothing_is_kept_of_keys_that_are_gone(clock: Clock) -> None:
    buckets = Buckets(clock)
    for number in range(5_000):
        clock.now += 0.1
        assert buckets.take([Charge((str(number),), "requests", 10, 1)]) is None
    assert len(buckets) <= 602


def test_threads_share_one_limit(clock: Clock) -> None:
    limit, admitted = guard(clock, requests=500), []

    def work() -> None:
        for _ in range(200):
            try:
                admitted.append(limit.admit(ask()))
            except RequestRefused:
                continue

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(admitted) == 500


BAD: dict[str, dict[str, object]] = {
    "requests": {"requests": -1},
    "tokens": {"models": {"m": {"tokens": -1}}},
    "algorithm": {"algorithm": "leaky"},
    "storage begins": {"storage": "etcd://h:u/?p=hidden"},
    "kept in memory": {"storage": "redis://:hidden@h"},
    "no address": {"storage": "redis://:hidden@h:port", "algorithm": "fixed-window"},
    "unknown setting": {"request": 1},
}


@pytest.mark.parametrize("said", BAD)
def test_bad_settings_are_told_at_the_start(said: str, make: Callable[..., Brim]) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        make(plugin={"rate-limit": BAD[said]})
    assert "hidden" not in str(caught.value)


def test_acts_only_where_settings_name_it(make: Callable[..., Brim]) -> None:
    assert "admit" not in _hooks_of(make())
    assert "admit" in _hooks_of(make(plugin={"rate-limit": {"requests": 1}}))


def _hooks_of(brim: Brim) -> list[str]:
    acting = "rate-limit" in brim.host.calls.names("admit")
    status = next(one for one in brim.plugins() if one.name == "rate-limit")
    assert status.active is acting
    return ["admit"] if acting else []


def test_a_loop_is_refused_and_keeps_nothing_of_it(make: Callable[..., Brim]) -> None:
    limits = {"models": {"gpt-4o": {"requests": 2}}}
    brim = make(ScriptedModel(["one", "two", "three"]), plugin={"rate-limit": limits})
    loop = ChatLoop(brim, model="gpt-4o", tenant="t")
    assert [loop.run_iteration("hi").text for _ in range(2)] == ["one", "two"]
    with pytest.raises(RequestRefused, match="2 requests a minute for this model") as caught:
        loop.run_iteration("hi")
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 30
    assert len(loop.messages) == 4
    assert ChatLoop(brim, model="gpt-4o", tenant="u").run_iteration("hi").text == "three"

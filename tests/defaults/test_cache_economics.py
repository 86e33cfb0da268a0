"""The cache-economics policy: when it pays, and that it never costs."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from brim import Brim
from brim.api import (
    LastRequest,
    Level,
    ModelProfile,
    Prices,
    SettingsError,
    Shape,
    TrimDecision,
    TrimTask,
    Usage,
)
from brim.defaults.cache_account import Account, Rates
from brim.defaults.cache_economics import CacheEconomics, CacheEconomicsSettings
from brim.testing.workbench import alone

BUDGET, HEAD = 100_000, 10_000
TARGET, FLOOR = 46_000, 50_500
CHEAP = Prices(3.0, 15.0, 0.3, 3.75, 300, 6.0, 3_600)
HALF = Prices(2.5, 10.0, 1.25, 2.5, 300)
NONE = Prices(3.0, 15.0)


def task(
    tokens: int,
    last: LastRequest | None = None,
    account: tuple[float, ...] = (),
    prices: Prices | None = CHEAP,
    margin: float = 0.0,
) -> TrimTask:
    upper = tokens + int(margin * tokens)
    usage = Usage(tokens, upper, HEAD, BUDGET, BUDGET)
    profile = ModelProfile("m", prices=prices)
    return TrimTask(usage, Shape(0, 0, ()), profile, (), last, account)


def decide(given: TrimTask, **chosen: Any) -> TrimDecision:
    return CacheEconomics(CacheEconomicsSettings(**chosen)).should_trim(given)


@pytest.mark.parametrize("prices", [CHEAP, HALF, NONE, None])
def test_at_the_limit_it_must(prices: Prices | None) -> None:
    within = decide(task(BUDGET, prices=prices))
    over = decide(task(BUDGET + 1, prices=prices))
    assert (within.trim, over.trim) == (False, True)
    assert (over.target, over.trigger, over.level) == (TARGET, BUDGET, Level.OVERFLOW)
    assert over.strategies == (), "those of the settings, which may be paid for"


def test_the_limit_leaves_room_for_the_margin() -> None:
    assert decide(task(93_000, margin=0.07)).trigger == pytest.approx(BUDGET / 1.07, abs=3)


@pytest.mark.parametrize(("tokens", "idle", "trim"), [
    (FLOOR + 1, 300.0, True),
    (FLOOR + 1, 299.0, False),
    (FLOOR + 1, None, False),
    (FLOOR, 300.0, False),
])  # fmt: skip
@pytest.mark.parametrize("prices", [CHEAP, None])
def test_a_cold_cache_is_used(
    prices: Prices | None, tokens: int, idle: float | None, trim: bool
) -> None:
    first = decide(task(50_000, prices=prices))
    decision = decide(task(tokens, LastRequest(50_000, idle), first.account, prices))
    assert decision.trim is trim
    if trim:
        assert decision.trigger == FLOOR
        assert "key-point-extraction" in decision.strategies
        assert not {"conversation-summary", "progressive-summarization"} & {*decision.strategies}


def test_the_first_request_is_never_cut_early() -> None:
    assert not decide(task(99_000)).trim
    assert not decide(task(99_000, prices=NONE)).trim


def test_without_a_cache_every_large_request_is_cut() -> None:
    first = decide(task(50_000, prices=NONE))
    assert decide(task(FLOOR + 1, LastRequest(50_000, 1.0), first.account, NONE)).trim


def grown(prices: Prices, start: int, requests: int, **chosen: Any) -> list[TrimDecision]:
    """A conversation that grows by 200 tokens each second, as sent."""
    policy = CacheEconomics(CacheEconomicsSettings(**chosen))
    decisions, last, account, size = [], None, (), start
    for _ in range(requests):
        decisions.append(policy.should_trim(task(size, last, account, prices)))
        account = decisions[-1].account
        if decisions[-1].trim:
            size = decisions[-1].target
        last = LastRequest(size, 1.0)
        size += 200
    return decisions


def test_a_warm_cache_is_broken_when_that_has_paid() -> None:
    cuts = [one.trim for one in grown(HALF, 20_000, 400)]
    assert cuts.index(True) < 399
    early = grown(HALF, 20_000, 400)[cuts.index(True)]
    assert early.trigger == FLOOR, "not at the limit"
    later = [one.trim for one in grown(HALF, 20_000, 400, accrual=20.0)]
    assert later.index(True) > cuts.index(True)


def test_reported_misses_are_believed() -> None:
    """A cache that never hits is no cache: then every large request is cut."""
    policy = CacheEconomics(CacheEconomicsSettings())
    last, account, cuts = None, (), []
    for size in range(40_000, 80_000, 1_000):
        decision = policy.should_trim(task(size, last, account))
        account = decision.account
        cuts.append(decision.trim)
        last = LastRequest(size, 1.0, 0)
    assert any(cuts)
    assert Account.of(account).hits < 0.01
    warm = grown(CHEAP, 40_000, 200)
    assert not any(one.trim for one in warm)


def test_the_reasons_are_in_money() -> None:
    first = decide(task(60_000))
    second = decide(task(61_000, LastRequest(60_000, 1.0), first.account))
    paid = 60_000 * 3.75e-6 + 60_000 * 0.3e-6 + 1_000 * 3.75e-6
    assert f"input has cost ${paid:,.4f}, condensed at the limit only ${paid:,.4f}" in second.reason
    cost = (10_000 * 0.3e-6 + 36_000 * 3.75e-6) - (60_000 * 0.3e-6 + 1_000 * 3.75e-6)
    assert f"condensing now costs ${cost:,.4f}" in second.reason
    assert "are not known" in decide(task(60_000, prices=None)).reason


def test_a_longer_life_is_advised_where_it_would_be_cheaper() -> None:
    policy = CacheEconomics(CacheEconomicsSettings())

    def told(pause: float) -> str:
        last, account, reason = None, (), ""
        for size in range(20_000, 40_000, 1_000):
            decision = policy.should_trim(task(size, last, account))
            account, reason = decision.account, decision.reason
            last = LastRequest(size, pause)
        return reason

    assert "with the longer life of the cache it would have cost" in told(400.0)
    assert "longer life" not in told(1.0)
    assert "longer life" not in told(4_000.0)


def test_numbers_that_are_not_its_own_are_not_used() -> None:
    assert Account.of((1.0, 2.0)) == Account()
    assert decide(task(60_000, LastRequest(50_000, 1.0), (1.0,))).account


@pytest.mark.parametrize("bad", [
    {"caution": 0.9}, {"limit": 0}, {"limit": 1.1}, {"target": 0.5}, {"floor": 1.1},
    {"accrual": -1}, {"overspend": float("nan")}, {"cache_ttl": -1}, {"advise": -0.1},
])  # fmt: skip
def test_settings_that_make_no_sense(bad: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        CacheEconomicsSettings(**bad)


def test_every_number_is_a_setting() -> None:
    decision = decide(task(60_000), limit=0.5, target=0.2, floor=0.4, caution=0.3)
    assert (decision.trim, decision.trigger, decision.target) == (True, 55_000, 19_000)
    assert decision.level is Level.CAUTION
    cold = LastRequest(50_000, 20.0)
    assert decide(task(60_000, cold, prices=None), cache_ttl=10.0).trim
    early = decide(task(60_000, cold, prices=None), cache_ttl=10.0, early=("tool-masking",))
    assert early.strategies == ("tool-masking",)


Steps = list[tuple[int, float]]
PRICES = st.sampled_from([CHEAP, HALF, NONE, evolve(CHEAP, cached_input=0.03)])
STEPS = st.lists(
    st.tuples(st.integers(1, 9_000), st.sampled_from([1.0, 1.0, 1.0, 1.0, 299.0, 301.0, 4_000.0])),
    min_size=1,
    max_size=120,
)


def bills(steps: Steps, prices: Prices, policy: CacheEconomics | None) -> Iterator[float]:
    """What the input has cost after each request; without a policy it is condensed at the limit
    only."""
    rates = Rates.of(prices)
    assert rates is not None
    last, account, size, paid = None, (), HEAD, 0.0
    for growth, pause in steps:
        size += growth
        if last is not None:
            last = evolve(last, idle=pause)
        known = min(last.tokens, size) if last and rates.warm(last) else 0
        if policy is not None:
            decision = policy.should_trim(task(size, last, account, prices))
            account, cut = decision.account, decision.trim
        else:
            cut = size > BUDGET
        if cut:
            size, known = TARGET, min(known, HEAD)
        paid += rates.price(size, known)
        last = LastRequest(size, 0.0, known)
        yield paid


def worst(steps: Steps, prices: Prices, **chosen: Any) -> float:
    """The most that it was dearer, at any time, than waiting for the limit."""
    policy = CacheEconomics(CacheEconomicsSettings(**chosen))
    pairs = zip(bills(steps, prices, policy), bills(steps, prices, None), strict=True)
    return max(ours / never - 1 for ours, never in pairs)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(steps=STEPS, prices=PRICES)
def test_it_is_never_dearer_than_waiting_for_the_limit(steps: Steps, prices: Prices) -> None:
    assert worst(steps, prices) <= 0.005 + 1e-9


@pytest.mark.parametrize("prices", [CHEAP, HALF, NONE])
@pytest.mark.parametrize("growth", [300, 1_500, 6_000])
def test_nor_is_it_in_long_conversations(prices: Prices, growth: int) -> None:
    """Whenever they end: with pauses now and then, and requests of all sizes."""
    for seed in range(5):
        draw = Random(f"{seed} {growth}")
        pauses = [1.0] * 98 + [400.0, 4_000.0]
        steps = [(int(draw.expovariate(1 / growth)), draw.choice(pauses)) for _ in range(300)]
        assert worst(steps, prices) <= 0.005 + 1e-9


def test_what_may_be_lost_is_a_setting() -> None:
    steps = [(1_000, 1.0)] * 100
    dearest = worst(steps, HALF, overspend=1.0)
    assert dearest > 0.012, "without the guard this conversation ends in the wrong moment"
    assert worst(steps, HALF, overspend=0.01) <= 0.01


def test_without_prices_a_cold_cache_is_used_on_the_road() -> None:
    clock = [0.0]
    model = {"window": 4_000, "max_output": 500}
    given = {"models": {"m": model}, "policy": "cache-economics", "counting": {"accurate": False}}
    with Brim(alone(**given, model="m", strategies=["smart-truncation"])) as app:
        app.engine.learned.accounts.clock = lambda: clock[0]
        chat = [{"role": "user", "content": f"message {i} " + "word " * 40} for i in range(80)]
        late = []
        for length in range(10, 80):
            clock[0] += 300 if length % 20 == 0 else 299
            if "expired" in app.fit(chat[:length]).report.decision.reason:
                late.append(length)
    assert late == [20, 40, 60]

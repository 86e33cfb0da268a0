"""A policy's account of a conversation goes on in whatever process its next request comes to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from tier_parts import AddingBox, Clock, patient

from brim import Brim, Fitted
from brim.api import Level, TrimDecision, TrimTask, hookimpl
from brim.errors import HookError
from brim.road.learning.accounts import Accounts, Page
from brim.road.learning.shared_accounts import _unpacked
from brim.testing.fakes import FakeCache
from brim.testing.workbench import alone

PRICES = {"input": 2.5, "output": 10.0, "cached_input": 1.25, "cache_ttl": 300}
MODEL = {"window": 6_000, "max_output": 500, "prices": PRICES}
STRATEGIES = {"strategies": ["key-point-extraction"], "counting": {"accurate": False}}
TALK = 120
"""Requests; the window is filled several times over."""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_CACHE_KEY", "0123456789abcdef")
    patient(monkeypatch)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Iterator[Callable[..., Brim]]:
    """Processes of their own, all of them with this clock."""
    with ExitStack() as made:

        def one(*plugins: object, **settings: Any) -> Brim:
            given = {"models": {"m": MODEL}, "model": "m", "policy": "cache-economics"}
            app = made.enter_context(Brim(alone(**STRATEGIES, **given | settings), plugins=plugins))
            app.engine.learned.accounts.clock = clock
            if app.engine.tiers:
                app.engine.tiers.clock = lambda: 1_800_000_000.0 + clock.now
            return app

        yield one


@pytest.fixture
def on_disk(make: Callable[..., Brim], tmp_path: Path) -> Callable[[], Brim]:
    where = {"disk-cache": {"path": str(tmp_path / "own" / "cache.sqlite")}}
    return lambda: make(caches=["disk-cache"], plugin=where)


def chat(length: int) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [
        {"role": roles[i % 2], "content": f"message {i}: " + f"the word{i} stands here. " * 6}
        for i in range(length)
    ]


def turn(app: Brim, clock: Clock, number: int, **options: Any) -> Fitted:
    """One request of a growing conversation, some of them late; its answer says what was cached,
    and a count so odd that nothing else is learned from it."""
    clock.now += 400 if number % 17 == 16 else 5
    fitted = app.fit(chat(2 * number + 1), **options)
    tokens = fitted.report.tokens
    cached = {"cached_tokens": tokens * 9 // 10}
    if number % 3 == 0:
        app.observe(fitted, {"prompt_tokens": 1, "prompt_tokens_details": cached})
    return fitted


def talk(clock: Clock, *apps: Brim, requests: int = TALK, **options: Any) -> list[tuple[str, str]]:
    """The conversation, its requests spread over processes: what each of them was told and gave."""
    turns = [turn(app, clock, n, **options) for n, app in zip(range(requests), cycle(apps))]
    return [(one.report.decision.reason, json.dumps(one.messages)) for one in turns]


def test_processes_that_take_turns_keep_one_account(
    make: Callable[..., Brim], on_disk: Callable[[], Brim], clock: Clock
) -> None:
    alone_, together = talk(clock, make()), talk(clock, on_disk(), on_disk(), on_disk())
    assert together == alone_
    early = [reason for reason, _ in alone_ if "have cost more" in reason or "expired" in reason]
    assert early, "some were condensed before they had to be, for what the account says"


def test_a_process_begins_with_what_the_one_before_it_kept(
    make: Callable[..., Brim], on_disk: Callable[[], Brim], clock: Clock
) -> None:
    whole = talk(clock, make(), requests=60)
    first = on_disk()
    before = [turn(first, clock, number) for number in range(40)]
    first.close()
    second = on_disk()
    after = [turn(second, clock, number) for number in range(40, 60)]
    assert [one.report.decision.reason for one in before + after] == [said for said, _ in whole]


def test_tenants_and_models_keep_accounts_of_their_own(
    on_disk: Callable[[], Brim], clock: Clock
) -> None:
    first, second = on_disk(), on_disk()
    new = turn(first, clock, 8, tenant="alice").report.decision
    for number in range(9, 12):
        turn(first, clock, number, tenant="alice")
    assert turn(second, clock, 12, tenant="bob").report.decision.account[0] == 0.0
    assert turn(second, clock, 12, tenant="alice").report.decision.account[0] > 0.0
    assert new.account[0] == 0.0


@pytest.fixture
def box() -> AddingBox:
    return AddingBox(reach="shared")


@pytest.fixture
def on_box(make: Callable[..., Brim], box: AddingBox) -> Callable[[], Brim]:
    class Shared:
        name = "shared-box"

        @hookimpl
        def provide_cache(self, name: str) -> AddingBox | None:
            return box if name == self.name else None

    return lambda: make(Shared(), caches=["shared-box"])


def test_one_batch_is_read_and_one_page_written(
    on_box: Callable[[], Brim], box: AddingBox, clock: Clock
) -> None:
    app = on_box()
    app.fit(chat(11))
    assert box.calls == ["get 11", "set 1"]
    box.calls.clear()
    app.fit(chat(13))
    assert box.calls == ["get 2", "set 1"], "only what came since is asked for"
    box.calls.clear()
    app.fit(chat(13))
    assert box.calls == ["set 1"], "it is the same request"
    box.calls.clear()
    big = app.fit(chat(101)).report
    assert big.before.tokens > big.decision.target
    assert box.calls[0] == "get 189", "101 places for records, 88 for accounts, in one batch"
    assert [call for call in box.calls if call.startswith("get")] == ["get 189"]


def test_a_policy_without_an_account_asks_and_writes_nothing(
    make: Callable[..., Brim], clock: Clock
) -> None:
    tier = FakeCache("box")
    app = make(tier, caches=["box"], policy="token-budget")
    app.fit(chat(11))
    assert tier.calls == []


def test_the_same_request_is_the_same_elsewhere(on_box: Callable[[], Brim], clock: Clock) -> None:
    """However late: with no account it would be taken for one that comes to a cold cache."""
    first, second = on_box(), on_box()
    for number in range(26):
        sent = turn(first, clock, number)
    assert not sent.report.changed
    assert second.fit(chat(51)).report.decision == sent.report.decision
    clock.now += 10_000
    assert not second.fit(chat(51)).report.changed
    clock.now += 10_000
    assert "expired" in turn(second, clock, 26).report.decision.reason


def test_the_last_one_to_write_wins_and_says_the_same(
    on_box: Callable[[], Brim], box: AddingBox, clock: Clock
) -> None:
    first, second = on_box(), on_box()
    turn(first, clock, 5)
    hidden, box.entries = box.entries, {}
    one = first.fit(chat(13)).report.decision.account
    box.entries = hidden  # the page of the first is not there yet when the second one looks
    other = second.fit(chat(13)).report.decision.account
    assert one == other
    assert turn(on_box(), clock, 7).report.decision.account[0] > one[0]


@pytest.mark.parametrize("error", [OSError("down"), HookError("x", hook="y"), ValueError()])
def test_a_tier_that_fails_costs_nothing_but_its_help(
    make: Callable[..., Brim], clock: Clock, error: Exception
) -> None:
    app = make(FakeCache(failing=error), caches=["fake-cache"])
    app.engine.tiers.tiers[0].health.clock = float
    assert talk(clock, app, requests=80) == talk(clock, make(), requests=80)
    assert app.stats().caches["fake-cache"].errors == 3


def test_with_another_key_nothing_is_believed(
    on_box: Callable[[], Brim], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(clock, on_box(), requests=10)
    monkeypatch.setenv("BRIM_CACHE_KEY", "another key of 32")
    assert turn(on_box(), clock, 10).report.decision.account[0] == 0.0


def test_a_policys_numbers_come_back_as_they_were_given(
    make: Callable[..., Brim], box: AddingBox, clock: Clock
) -> None:
    """Whoever made the policy."""
    seen: list[tuple[float, ...]] = []
    numbers = (0.1 + 0.2, -0.0, 1e-300, 5e300)

    class Mine:
        name = "mine"

        @hookimpl
        def should_trim(self, task: TrimTask) -> Any:
            seen.append(task.account)
            usage = task.usage
            return TrimDecision(False, Level.OK, usage.budget, usage.budget, account=numbers)

        @hookimpl
        def provide_cache(self, name: str) -> AddingBox | None:
            return box if name == self.name else None

    for number in range(2):
        make(Mine(), policy="mine", caches=["mine"]).fit(chat(3 + 2 * number))
    assert seen[-1] == numbers
    assert str(seen[-1][1]) == "-0.0"


def test_pages_that_cannot_be_read_are_none() -> None:
    for bad in (None, b"", b"\xc1", b"\x92\x01\x91\x01", b"\x92\x02\x84"):
        assert _unpacked(bad) is None


def test_places_that_are_unknown() -> None:
    accounts = Accounts(float)
    chain = [bytes([i]) * 16 for i in range(10)]
    page = Page(1, 0.0, (1.0,))
    assert accounts.unknown("m", chain[:1]) == []
    assert accounts.unknown("m", chain) == chain[1:]
    accounts.adopt("m", chain[6], page)
    assert accounts.unknown("m", chain) == chain[7:]
    assert accounts.unknown("n", chain) == chain[1:]
    accounts.adopt("m", chain[9], evolve(page, tokens=2))
    assert accounts.unknown("m", chain) == ()
    long = [i.to_bytes(16, "big") for i in range(2_000)]
    assert accounts.unknown("m", long) == long[-513:]

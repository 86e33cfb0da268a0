"""Condensing before it is due: begun when the window fills up, used when it is full."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from brim import Brim
from brim.api import Ask, hookimpl
from brim.model.operations import Completion
from brim.road.background import WAITING, Background
from brim.testing.fakes import ScriptedModel

BUDGET = 2_000
SETTINGS: dict[str, Any] = {
    "strategies": ["conversation-summary"],
    "complete": ["scripted-model"],
    "archive": {"where": "memory"},
    "plugins": {"discover": False},
    "plugin": {"token-budget": {"trigger": 0.8}},
}


def said(turns: int) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[n % 2], "content": f"part {n}: " + "so it is, " * 12}
        for n in range(turns)
    ]


def made(model: Any, **condensation: Any) -> Brim:
    chosen = {"quality": 0.0, "background": True, "max_messages": 1_000, **condensation}
    return Brim({**SETTINGS, "condensation": chosen}, [model])


def fit(brim: Brim, turns: int, **options: Any) -> Any:
    return brim.fit(said(turns), model="gpt-4o", budget=BUDGET, **options)


@cache
def full(share: float) -> int:
    """The least number of messages that take this share of the budget, ending with the user."""
    with Brim({"plugins": {"discover": False}}) as brim:
        counts = (brim.count(said(n), model="gpt-4o").total for n in range(1, 400, 2))
        return 1 + 2 * next(i for i, total in enumerate(counts) if total >= share * BUDGET)


def done(brim: Brim) -> None:
    assert brim.background.wait(20)


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(("Goal: to know why",))


def test_it_is_begun_at_caution_and_used_when_it_is_due(model: ScriptedModel) -> None:
    with made(model) as brim:
        low, caution, over = full(0.5), full(0.71), full(1.01)
        assert not fit(brim, low).report.changed
        done(brim)
        assert model.asks == []
        assert not fit(brim, caution).report.changed
        done(brim)
        assert len(model.asks) == 1
        fitted = fit(brim, over)
        assert len(model.asks) == 1
    report = fitted.report
    assert report.strategies == ("conversation-summary",)
    assert report.condensed
    assert report.after.upper <= BUDGET
    assert dict(report.steps[0].facts) == {"prepared at message": caution}
    assert f"prepared at message {caution}" in str(fitted.explain())
    assert "Goal: to know why" in fitted.messages[0]["content"]
    assert fitted.messages[1:] == said(over)[-len(fitted.messages) + 1 :]


def test_until_it_is_due_everything_goes_out_as_without_it(model: ScriptedModel) -> None:
    """Guarantees 3 and 4: what is ready changes nothing before the policy says so."""
    with made(model) as brim:
        caution, over = full(0.71), full(1.01)
        for turns in (*range(caution, over, 2), caution):
            messages = said(turns)
            fitted = brim.fit(messages, model="gpt-4o", budget=BUDGET)
            assert not fitted.report.changed
            assert all(a is b for a, b in zip(fitted.messages, messages, strict=True))
            done(brim)
        assert len(model.asks) == 1
        sent = json.dumps(fit(brim, over).messages)
        assert json.dumps(fit(brim, over).messages) == sent
        later = fit(brim, over + 2)
    assert later.report.replayed
    assert json.dumps(later.messages)[: len(sent) - 1] == sent[:-1]


def test_what_is_used_is_a_condensation_like_any_other(model: ScriptedModel) -> None:
    """Originals come back, undoing pins, and the next condensation builds on it."""
    with made(model) as brim:
        fit(brim, full(0.71))
        done(brim)
        over = full(1.01)
        fitted = fit(brim, over)
        (change,) = fitted.diff().changed
        original = brim.expand(change.handle)
        assert list(original.messages) == [said(over)[i] for i in original.places]
        twice = fit(brim, 2 * over - 1)
        assert twice.report.after.upper <= BUDGET
        assert len(twice.report.history) == 1
        brim.undo(change.handle)
        assert said(over)[0] in brim.fit(said(over), model="gpt-4o", budget=BUDGET + 200).messages


def test_it_is_begun_once_for_each_condensation(model: ScriptedModel) -> None:
    with made(model) as brim:
        caution, over = full(0.71), full(1.01)
        for turns in range(caution, 3 * over, 2):
            fit(brim, turns)
            done(brim)
        condensations = len(fit(brim, 3 * over).report.history)
    assert condensations >= 2
    assert condensations <= len(model.asks) <= condensations + 1


def test_sessions_use_it(model: ScriptedModel) -> None:
    with made(model) as brim:
        session = brim.session(model="gpt-4o", budget=BUDGET)
        asked_at_fit = []
        for turn, message in enumerate(said(101)):
            session.append(message)
            if turn % 2 == 0:
                before = len(model.asks)
                fitted = session.fit()
                if fitted.report.condensed:
                    asked_at_fit.append(len(model.asks) - before)
                    assert "prepared at message" in fitted.report.steps[0].facts
                done(brim)
                assert fitted.report.after.upper <= BUDGET
    assert len(asked_at_fit) >= 2
    assert set(asked_at_fit) == {0}


@pytest.mark.parametrize(
    "answer", [ConnectionError("secret"), Completion("Goal: to", "length"), Completion("")]
)
def test_one_that_comes_to_nothing_costs_nothing(answer: Any) -> None:
    failing = isinstance(answer, Exception)
    model = ScriptedModel(("Goal: to know why",) if failing else (answer, "Goal: to know why"))
    model.failures = {1: answer} if failing else {}
    with made(model) as brim:
        caution, over = full(0.71), full(1.01)
        for turns in range(caution, over, 2):
            assert not fit(brim, turns).report.changed
            done(brim)
        assert len(model.asks) == 1
        fitted = fit(brim, over)
    assert len(model.asks) == 2
    assert fitted.report.strategies == ("conversation-summary",)
    assert not fitted.report.steps[0].facts


def test_what_needs_no_model_is_not_made_ready(model: ScriptedModel) -> None:
    chosen = {"quality": 0.0, "background": True}
    settings = {**SETTINGS, "strategies": ["smart-truncation"], "condensation": chosen}
    with Brim(settings, [model]) as brim:
        fit(brim, full(0.71))
        done(brim)
        assert brim.engine.ahead is not None
        assert brim.engine.ahead.records.held == 0


@pytest.mark.parametrize("chosen", [{"background": False}, {"ai": False}])
def test_it_is_off_unless_it_is_asked_for(model: ScriptedModel, chosen: Any) -> None:
    with made(model, **chosen) as brim:
        assert brim.engine.ahead is None
        fit(brim, full(0.71))
        done(brim)
    assert model.asks == []
    with Brim({"complete": ["scripted-model"]}, [model]) as brim:
        assert brim.engine.ahead is None


class Slow:
    """A model that answers when it is let."""

    name = "scripted-model"

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()
        self.calls = 0

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        import asyncio

        self.calls += 1
        self.asked.set()
        while not self.let.is_set():
            await asyncio.sleep(0.005)
        return Completion("Goal: to know why")


def test_a_request_does_not_wait_for_it() -> None:
    model = Slow()
    with made(model) as brim:
        caution = full(0.71)
        fit(brim, caution)
        assert model.asked.wait(20)
        assert not fit(brim, caution + 2).report.changed
        model.let.set()
        done(brim)
        assert fit(brim, full(1.01)).report.condensed
    assert model.calls == 1


def test_an_equal_ask_of_a_request_shares_the_call() -> None:
    model = Slow()
    with made(model) as brim:
        caution = full(0.71)
        fit(brim, caution)
        assert model.asked.wait(20)
        road = brim.engine._make_ready(brim.engine.case(said(caution), options_of(brim, BUDGET)))
        threading.Timer(0.05, model.let.set).start()
        brim.drive(road, "")
        done(brim)
    assert model.calls == 1


def options_of(brim: Brim, budget: int) -> Any:
    from brim.road.intake.prepare import Options

    return Options("gpt-4o", budget)


def test_closing_ends_what_is_under_way() -> None:
    model = Slow()
    brim = made(model)
    fit(brim, full(0.71))
    assert model.asked.wait(20)
    thread = brim.background._thread
    assert thread is not None
    brim.close()
    assert not thread.is_alive()
    assert not brim.background.begin(lambda: None)


def test_another_process_uses_it_too(model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a tier, with as many reads as without it."""
    from brim.testing.fakes import FakeCache

    monkeypatch.setenv("BRIM_CACHE_KEY", "0123456789abcdef")
    monkeypatch.setattr("brim.store.patience.PATIENCE", 60.0)
    monkeypatch.setattr("brim.store.health.LATE", 60.0)
    tier = FakeCache("shared-box")
    chosen = {"quality": 0.0, "background": True, "max_messages": 1_000}
    settings = {**SETTINGS, "condensation": chosen, "caches": ["shared-box"]}
    other = ScriptedModel(("another",))
    with Brim(settings, [model, tier]) as one, Brim(settings, [other, tier]) as two:
        fit(one, full(0.71))
        done(one)
        tier.calls.clear()
        fitted = fit(two, full(1.01))
        assert tier.calls.count("get_many") == 1 + 1  # the records, and before its own is written
    assert "Goal: to know why" in fitted.messages[0]["content"]
    assert other.asks == []


def jobs(gate: threading.Event, count: int) -> Iterator[Callable[[], None]]:
    for _ in range(count):
        yield lambda: gate.wait(20) and None  # type: ignore[func-returns-value]


def test_the_worker_is_one_and_bounded() -> None:
    background, gate = Background(), threading.Event()
    taken = [background.begin(job) for job in jobs(gate, WAITING + 10)]
    assert WAITING <= sum(taken) <= WAITING + 1
    assert [t.name for t in threading.enumerate()].count("brim-background") == 1
    gate.set()
    assert background.wait(20)
    assert background.begin(lambda: None)


def test_a_job_that_fails_is_over() -> None:
    background, ran = Background(), threading.Event()

    def bad() -> None:
        raise ValueError("no")

    assert background.begin(bad)
    assert background.begin(ran.set)
    assert ran.wait(20)
    assert background.wait(20)

"""Strategies that ask a model, from both doors."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from itertools import count
from typing import Any

import pytest
from road_parts import Strategy, assistant, chat, texts, user

from brim import Brim, Session
from brim.api import Ask, Completion, Condensation, CondenseTask, Replace, hookimpl

LONG = chat(40)
QUESTION = Ask((("user", "sum it up"),))


def summary(task: CondenseTask) -> Generator[Ask, Completion, Condensation]:
    answer = yield QUESTION
    last = len(task.conversation.exchanges) - 5
    return Condensation((Replace(tuple(range(last)), answer.text),))


class Model:
    """Answers, fails, hangs, or waits until it is told to go on."""

    name = "model"

    def __init__(self, way: str = "answer") -> None:
        self.way = way
        self.asked: list[Ask] = []
        self.go = asyncio.Event()

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        self.asked.append(ask)
        if self.way == "raise":
            raise ConnectionError("secret")
        if self.way == "hang":
            await asyncio.sleep(3_600)
        if self.way == "wait":
            await self.go.wait()
        return Completion(f"{ask.prompt[0][1]}: done")


SETTINGS: dict[str, Any] = {
    "strategies": ["mine"],
    "complete": ["model"],
    "condensation": {"timeout": 0.05, "quality": 0},
}


def fit(brim: Brim, door: str, **options: Any) -> Any:
    options = {"model": "m", "budget": 600} | options
    if door == "sync":
        return brim.fit(LONG, **options)
    return asyncio.run(brim.afit(LONG, **options))


@pytest.mark.parametrize("door", ["sync", "async"])
def test_a_model_answers(make: Any, door: str) -> None:
    model = Model()
    fitted = fit(make(Strategy(summary), model, **SETTINGS), door)
    assert model.asked == [QUESTION]
    assert fitted.report.strategies == ("mine",)
    assert "sum it up: done" in texts(fitted.messages[:1])
    assert fitted.messages[1:] == LONG[-5:]


@pytest.mark.parametrize("door", ["sync", "async"])
@pytest.mark.parametrize(("way", "said"), [("hang", "took longer"), ("raise", "ConnectionError")])
def test_a_model_that_hangs_or_fails_costs_the_strategy_its_turn(
    make: Any, door: str, way: str, said: str
) -> None:
    fitted = fit(make(Strategy(summary), Model(way), **SETTINGS), door)
    mine, last = fitted.report.steps
    assert mine.outcome == "failed"
    assert said in mine.detail
    assert "secret" not in mine.detail
    assert last.outcome == "applied"
    assert fitted.report.after.upper <= 600


@pytest.mark.parametrize("door", ["sync", "async"])
def test_without_a_model_the_strategy_fails(make: Any, door: str) -> None:
    fitted = fit(make(Strategy(summary), strategies=["mine"]), door)
    assert [step.outcome for step in fitted.report.steps] == ["failed", "applied"]


def test_a_strategy_that_loses_its_turn_may_tidy_up(make: Any) -> None:
    closed = []

    def tidy(task: CondenseTask) -> Generator[Ask, Completion, Condensation]:
        try:
            yield QUESTION
        finally:
            closed.append(True)
        return Condensation(())

    report = fit(make(Strategy(tidy), Model("raise"), **SETTINGS), "sync").report
    assert report.steps[0].outcome == "failed"
    assert closed == [True]


def test_a_strategy_that_never_stops_asking_is_stopped(make: Any) -> None:
    def endless(task: CondenseTask) -> Generator[Ask, Completion, Condensation]:
        for number in count():
            yield Ask((("user", f"question {number}"),))
        raise AssertionError

    model = Model()
    report = fit(make(Strategy(endless), model, **SETTINGS), "sync").report
    assert report.steps[0].outcome == "failed"
    assert len(model.asked) == 32


def patient(make: Any) -> tuple[Brim, Model]:
    model = Model("wait")
    settings = SETTINGS | {"condensation": {"timeout": 30, "quality": 0}}
    return make(Strategy(summary), model, **settings), model


def test_a_conversation_may_grow_while_a_fit_of_it_waits(make: Any) -> None:
    brim, model = patient(make)

    async def both() -> tuple[Any, Any]:
        waiting = asyncio.ensure_future(brim.afit(LONG, model="m", budget=600))
        while not model.asked:
            await asyncio.sleep(0)
        longer = [*LONG, assistant("b"), user("c")]
        other = asyncio.ensure_future(brim.afit(longer, model="m", budget=600))
        await asyncio.sleep(0)
        model.go.set()
        return await waiting, await other

    first, second = asyncio.run(both())
    assert len(model.asked) == 1
    assert first.messages[-1] is LONG[-1]
    assert first.messages[1:] == LONG[-5:]
    assert second.messages[-1] == user("c")
    assert len(second.messages) == 6


def test_a_session_may_grow_while_a_fit_of_it_waits(make: Any) -> None:
    brim, model = patient(make)
    session: Session = brim.session(LONG, model="m", budget=600)

    async def both() -> Any:
        waiting = asyncio.ensure_future(session.afit())
        while not model.asked:
            await asyncio.sleep(0)
        session.extend([assistant("b"), user("c")])
        model.go.set()
        return await waiting

    first = asyncio.run(both())
    assert first.messages[1:] == LONG[-5:]
    second = asyncio.run(session.afit())
    assert second.report.replayed
    assert second.messages == [*first.messages, assistant("b"), user("c")]


def test_a_fit_that_is_cancelled_leaves_nothing_behind(make: Any) -> None:
    brim, model = patient(make)

    async def cancelled() -> None:
        waiting = asyncio.ensure_future(brim.afit(LONG, model="m", budget=600))
        while not model.asked:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        model.go.set()
        fitted = await brim.afit(LONG, model="m", budget=600)
        assert not fitted.report.replayed
        assert fitted.report.strategies == ("mine",)

    asyncio.run(cancelled())
    (timelines,) = brim.engine.recall._buckets.values()
    assert [timeline.busy for timeline in timelines] == [0] * len(timelines)


def test_the_synchronous_door_works_inside_of_an_event_loop(make: Any) -> None:
    brim = make(Strategy(summary), Model(), **SETTINGS)

    async def inside() -> Any:
        return brim.fit(LONG, model="m", budget=600)

    assert asyncio.run(inside()).report.strategies == ("mine",)


def test_acount_counts(brim: Brim) -> None:
    assert asyncio.run(brim.acount(LONG, model="m")) == brim.count(LONG, model="m")

"""The fakes keep the laws of what they stand for, and do as they are told."""

from __future__ import annotations

import asyncio
from math import inf
from typing import ClassVar

import pytest

from brim.api import Ask, Completion
from brim.testing.contracts import CacheContract, CompleteContract, StreamContract
from brim.testing.fakes import FakeCache, FakeClock, ScriptedModel

ASK = Ask((("user", "how long is a piece of string?"),))


class TestScriptedModel(CompleteContract):
    plugin = ScriptedModel


class TestScriptedStream(StreamContract):
    plugin = ScriptedModel(["two  words", "", " a\nb "])


class TestFakeCache(CacheContract):
    plugin = FakeCache


class TestFakeCacheOfAnotherName(CacheContract):
    plugin: ClassVar = FakeCache("shared")
    name = "shared"


def said(model: ScriptedModel, times: int = 1) -> list[str]:
    return [asyncio.run(model.complete(ASK)).text for _ in range(times)]


def test_answers_come_in_order_and_the_last_one_stays() -> None:
    model = ScriptedModel(["one", Completion("two", "length"), lambda ask: ask.prompt[0][1][:8]])
    assert said(model, 4) == ["one", "two", "how long", "how long"]
    assert model.asks == [ASK] * 4


def test_a_failure_comes_at_its_call() -> None:
    model = ScriptedModel(failures={2: ConnectionError("gone")})
    assert said(model) == ["summary"]
    with pytest.raises(ConnectionError, match="gone"):
        said(model)
    assert said(model) == ["summary"]


def test_time_passes_on_the_clock_only() -> None:
    clock = FakeClock()
    assert said(ScriptedModel(delay=3600.0, clock=clock), 2) == ["summary"] * 2
    assert clock() == 7200.0


def test_an_endless_delay_never_ends() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(ScriptedModel(delay=inf).complete(ASK), 0.01))


def test_entries_live_by_the_clock() -> None:
    cache = FakeCache()
    cache.set_many({"a": b"1"}, 10.0)
    cache.set_many({"b": b"2"}, None)
    cache.clock.advance(10.0)
    assert cache.get_many(["a", "b"]) == {"b": b"2"}


def test_it_fails_while_told_to() -> None:
    cache = FakeCache(failing=ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        cache.get_many(["a"])
    cache.failing = None
    assert cache.get_many(["a"]) == {}
    assert cache.calls == ["get_many", "get_many"]

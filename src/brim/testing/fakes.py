"""Stand-ins for what tests must not wait for or pay for: a model, a clock, a cache."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from math import inf

from attrs import define, field

from brim.api import Ask, Completion, Delta, hookimpl
from brim.store.base import Cache

__all__ = ["FakeCache", "FakeClock", "ScriptedModel"]

Said = str | Completion | Callable[[Ask], str]


@define
class FakeClock:
    """A clock that moves only when told to, or when someone sleeps by it. Seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        """Over at once, and the clock has moved. A sleep of `inf` never ends."""
        if seconds == inf:
            await asyncio.Event().wait()
        self.advance(seconds)
        await asyncio.sleep(0)


@define(eq=False)
class ScriptedModel:
    """A plugin that completes and streams what it was told to say.

    `answers` are given in order, the last one again and again; a function gets the `Ask`.
    `failures` maps the number of a call, from 1, to what it raises instead. Every call takes
    `delay` seconds of `clock`. `asks` has all that it was asked.
    """

    answers: Sequence[Said] = ("summary",)
    failures: Mapping[int, BaseException] = field(factory=dict)
    delay: float = 0.0
    clock: FakeClock = field(factory=FakeClock)
    name: str = "scripted-model"
    asks: list[Ask] = field(factory=list)

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        self.asks.append(ask)
        number = len(self.asks)
        await self.clock.sleep(self.delay)
        if number in self.failures:
            raise self.failures[number]
        return self._said(ask, self.answers[min(number, len(self.answers)) - 1])

    @hookimpl
    async def stream(self, ask: Ask) -> AsyncIterator[Delta]:
        """The answer word by word."""
        completion = await self.complete(ask)
        for piece in re.findall(r"\S*\s*", completion.text):
            yield Delta(piece)
        yield Delta("", completion)

    def _said(self, ask: Ask, said: Said) -> Completion:
        if isinstance(said, Completion):
            return said
        text = said if isinstance(said, str) else said(ask)
        read = sum(len(words) for _, words in ask.prompt) // 4
        return Completion(text, "end", ask.model or self.name, read, len(text) // 4)


@define(eq=False)
class FakeCache:
    """A plugin that offers a cache tier in memory, under its `name`; it is the tier itself.

    While `failing` is set it raises that instead; `calls` has the name of every call.
    Entries live by `clock`.
    """

    name: str = "fake-cache"
    clock: FakeClock = field(factory=FakeClock)
    failing: BaseException | None = None
    calls: list[str] = field(factory=list)
    _entries: dict[str, tuple[bytes, float]] = field(factory=dict)

    @hookimpl
    def provide_cache(self, name: str, settings: Mapping[str, object]) -> Cache | None:
        return self if name == self.name else None

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        self._called("get_many")
        found = {key: self._entries[key] for key in keys if key in self._entries}
        return {key: value for key, (value, end) in found.items() if self.clock() < end}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self._called("set_many")
        end = inf if ttl is None else self.clock() + ttl
        self._entries.update({key: (value, end) for key, value in entries.items()})

    def delete_many(self, keys: Sequence[str]) -> None:
        self._called("delete_many")
        for key in keys:
            self._entries.pop(key, None)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failing is not None:
            raise self.failing

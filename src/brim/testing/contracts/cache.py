"""The laws of `provide_cache`."""

from __future__ import annotations

from asyncio import run
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeVar

from attrs import frozen
from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.store.base import Cache
from brim.testing.contracts.base import Answer, Contract, Moot, law, require
from brim.testing.draw import Draw
from brim.testing.examples import drawn

__all__ = ["CacheContract"]

T = TypeVar("T")

KEYS = ("a", "brim:ledger:00ff", "", "a b/../c", "ключ", "k" * 300)
VALUES = (b"", b"x", b"\x00\xff" * 40, b"long" * 5000)
Step = tuple[str, tuple[str, ...], bytes]


class CacheContract(Contract):
    """Laws of a cache tier, opened with the settings `tier` under the name `name`
    (the plugin's own, if empty)."""

    hook: ClassVar[str] = "provide_cache"
    name: ClassVar[str] = ""
    tier: ClassVar[Mapping[str, object]] = {}

    def open(self) -> Answer:
        """A tier, opened anew."""
        tools = self.tools
        name = self.name or tools.candidate.name
        return tools.call(tools.implementation, checks.cache, name, dict(self.tier))

    def tier_of_keys(self) -> Cache:
        """A tier without any of the keys that laws use, whose faults are left to their law."""
        cache = self.open().value
        if cache is None:
            raise Moot
        tier = _Careful(cache)
        tier.delete_many(KEYS)
        return tier

    def strategy(self) -> SearchStrategy[tuple[Step, ...]]:
        """Steps: what is done, to which keys, and the value that is set."""
        return drawn(_steps, 200)

    @law()
    def test_opens_a_cache(self, steps: tuple[Step, ...]) -> None:
        """Its own name opens a cache; it passes on every other name."""
        answer = self.open()
        require(answer.value is not None, answer.raised or answer.breach or "it gave None")
        tools = self.tools
        other = tools.call(tools.implementation, checks.cache, "another-name", {})
        require(not other.failed and other.value is None, "another tier's name was taken")

    @law()
    def test_gives_what_was_set(self, steps: tuple[Step, ...]) -> None:
        """A key has the bytes that were last set, or none; a deleted one has none."""
        cache = self.tier_of_keys()
        known: dict[str, bytes] = {}
        for action, keys, value in steps:
            if action == "set":
                cache.set_many(dict.fromkeys(keys, value), 60.0)
                known.update(dict.fromkeys(keys, value))
            elif action == "delete":
                cache.delete_many(keys)
                known = {key: old for key, old in known.items() if key not in keys}
            else:
                _same(dict(cache.get_many(keys)), keys, known)

    @law()
    def test_keeps_what_is_fresh(self, steps: tuple[Step, ...]) -> None:
        """What was set a moment ago is there, with a time to live and without."""
        cache = self.tier_of_keys()
        for _, keys, value in steps[:1]:
            for ttl in (60.0, None):
                cache.set_many({keys[0]: value}, ttl)
                found = dict(cache.get_many([keys[0]]))
                require(found == {keys[0]: value}, f"set {value[:40]!r}, found {found!r:.200}")

    @law()
    def test_awaiting_does_the_same(self, steps: tuple[Step, ...]) -> None:
        """Where it offers the awaiting methods, they see what the others set."""
        cache = self.open().value
        if cache is None or not hasattr(cache, "aget_many") or not steps:
            return
        _, keys, value = steps[0]
        cache.set_many({keys[0]: value}, 60.0)
        found = dict(run(cache.aget_many([keys[0]])))
        require(found == {keys[0]: value}, f"set {value[:40]!r}, awaited {found!r:.200}")

    @law()
    def test_never_raises(self, steps: tuple[Step, ...]) -> None:
        """No key and no value makes it raise."""
        cache = self.open().value
        try:
            for _, keys, value in steps if cache is not None else ():
                cache.set_many(dict.fromkeys(keys, value), None)
                cache.get_many(keys)
                cache.delete_many([*keys, "never set"])
        except Exception as error:
            require(False, f"{type(error).__name__}: {error}")


@frozen
class _Careful:
    """A cache whose exceptions make a law moot."""

    cache: Cache

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        return self._done(lambda: dict(self.cache.get_many(keys)))

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self._done(lambda: self.cache.set_many(entries, ttl))

    def delete_many(self, keys: Sequence[str]) -> None:
        self._done(lambda: self.cache.delete_many(keys))

    def _done(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except Exception as error:
            raise Moot from error


def _same(found: Mapping[str, bytes], keys: tuple[str, ...], known: Mapping[str, bytes]) -> None:
    require(found.keys() <= set(keys), f"asked for {keys}, found {list(found)}")
    for key, value in found.items():
        require(key in known, f"{key!r} was never set, or deleted")
        require(value == known[key], f"{key!r}: set {known[key][:40]!r}, found {value[:40]!r}")


def _steps(draw: Draw) -> tuple[Step, ...]:
    return tuple(_step(draw) for _ in range(draw.integer(1, 8)))


def _step(draw: Draw) -> Step:
    action = draw.choice(("set", "get", "set", "delete", "get"))
    keys = tuple(dict.fromkeys(draw.choice(KEYS) for _ in range(draw.integer(1, 3))))
    return action, keys, draw.choice(VALUES)

"""The memory tier: the laws of a cache, least recently used, bounds and times."""

from __future__ import annotations

import threading

import pytest

from brim.defaults.memory_cache import OVERHEAD, MemoryCache, MemoryCacheSettings, MemoryTier
from brim.testing.contracts import CacheContract


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class TestMemoryCache(CacheContract):
    plugin = MemoryCache


def test_least_recently_used_goes_first(clock: Clock) -> None:
    tier = MemoryTier(MemoryCacheSettings(entries=3), clock)
    tier.set_many({"a": b"1", "b": b"2", "c": b"3"}, None)
    tier.get_many(["a"])
    tier.set_many({"d": b"4"}, None)
    assert tier.get_many(["a", "b", "c", "d"]) == {"a": b"1", "c": b"3", "d": b"4"}
    tier.set_many({"c": b"new", "e": b"5"}, None)
    assert tier.get_many(["a", "b", "c", "d", "e"]) == {"c": b"new", "d": b"4", "e": b"5"}


def test_bounded_in_bytes(clock: Clock) -> None:
    tier = MemoryTier(MemoryCacheSettings(max_bytes=10_000), clock)
    for number in range(50):
        tier.set_many({str(number): bytes(800)}, None)
        assert tier.size <= 10_000
    kept = list(tier.keys())
    assert tier.size == sum(len(key) + 800 + OVERHEAD for key in kept)
    assert kept == [str(number) for number in range(41, 50)]
    tier.set_many({"49": bytes(20_000)}, None)  # one that never fits drives nobody out
    assert list(tier.keys()) == [str(number) for number in range(41, 49)]
    tier.delete_many(list(tier.keys()))
    assert tier.size == 0


def test_time_to_live(clock: Clock) -> None:
    tier = MemoryTier(MemoryCacheSettings(), clock)
    tier.set_many({"short": b"1"}, 10)
    tier.set_many({"long": b"2"}, None)
    clock.now += 9.9
    assert set(tier.get_many(["short", "long"])) == {"short", "long"}
    clock.now += 0.1
    assert tier.get_many(["short", "long"]) == {"long": b"2"}
    assert tier.add_many({"short": b"again", "long": b"no"}, 10) == 1
    assert tier.get_many(["short", "long"]) == {"short": b"again", "long": b"2"}


def test_what_nobody_asks_for_is_cleaned_up(clock: Clock) -> None:
    tier = MemoryTier(MemoryCacheSettings(cleanup_interval=60), clock)
    tier.set_many({"old": b"1"}, 10)
    clock.now += 59
    tier.set_many({"new": b"2"}, None)
    assert list(tier.keys()) == ["old", "new"]
    clock.now += 1
    tier.set_many({"newer": b"3"}, None)
    assert list(tier.keys()) == ["new", "newer"]


def test_safe_for_threads() -> None:
    tier = MemoryTier(MemoryCacheSettings(entries=50))
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for number in range(2_000):
                key = str((number * seed) % 97)
                tier.set_many({key: bytes(number % 50)}, None)
                tier.get_many([key])
                tier.delete_many([str(number % 13)])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (3, 5, 7, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    held = tier.get_many(list(tier.keys()))
    assert tier.size == sum(len(key) + len(value) + OVERHEAD for key, value in held.items())

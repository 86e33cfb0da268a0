"""The tier by itself: what it stores, for how long, and what it says when it cannot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from redis import Redis

from brim.api import SettingsError, StoreError
from brim_redis import RedisCache, RedisCacheSettings, RedisTier
from conftest import Server


@pytest.fixture
def plugin(shared_server: Server) -> Iterator[RedisCache]:
    made = RedisCache(RedisCacheSettings(shared_server.url, "brim*:", 1.0))
    yield made
    made.close()


@pytest.fixture
def tier(plugin: RedisCache) -> RedisTier:
    found = plugin.provide_cache("redis-cache")
    assert found is not None
    found.client.flushall()
    return found


def test_keys_begin_with_the_prefix_and_others_are_left_alone(tier: RedisTier) -> None:
    tier.client.set(b"somebody's", b"1")
    tier.client.set(b"brimful:key", b"1")
    tier.set_many({"space:00ff": b"1", "ключ": b"2"}, None)
    assert tier.client.get("brim*:space:00ff") == b"1"
    assert sorted(tier.keys()) == ["space:00ff", "ключ"]


def test_lives_are_those_that_were_given(tier: RedisTier) -> None:
    tier.set_many({"short": b"1"}, 90.5)
    tier.set_many({"long": b"1"}, None)
    assert 85_000 < tier.client.pttl("brim*:short") <= 90_500
    assert tier.client.pttl("brim*:long") == -1


def test_the_first_writer_wins_where_asked(tier: RedisTier) -> None:
    assert tier.add_many({"a": b"1", "b": b"1"}, 60) == 2
    assert tier.add_many({"b": b"2", "c": b"2"}, 60) == 1
    assert tier.get_many(["a", "b", "c"]) == {"a": b"1", "b": b"1", "c": b"2"}


def test_a_batch_is_few_commands(tier: RedisTier) -> None:
    entries = {f"key {number}": str(number).encode() for number in range(1_200)}
    tier.client.config_resetstat()
    tier.set_many(entries, 60)
    assert tier.get_many(list(entries)) == entries
    tier.delete_many(list(entries))
    called = tier.client.info("commandstats")
    assert (called["cmdstat_mget"]["calls"], called["cmdstat_unlink"]["calls"]) == (3, 3)


def test_a_value_of_another_kind_is_a_miss(tier: RedisTier) -> None:
    tier.client.rpush("brim*:list", "x")
    tier.set_many({"text": b"1"}, None)
    assert tier.get_many(["list", "text"]) == {"text": b"1"}


@pytest.mark.parametrize("method", ["get_many", "delete_many"])
def test_what_fails_names_the_server_without_its_password(method: str) -> None:
    url = "redis://user:planted-password@127.0.0.1:1/0"
    tier = RedisCache(RedisCacheSettings(url)).provide_cache("redis-cache")
    assert tier is not None
    with pytest.raises(StoreError) as caught:
        getattr(tier, method)(["key"])
    assert str(caught.value) == "redis://127.0.0.1:1/0: Redis: ConnectionError"
    assert "planted" not in str(caught.value)
    assert "planted" not in repr(RedisCacheSettings(url))


def test_a_frozen_server_is_given_up_at_once(server: Server) -> None:
    tier = RedisCache(RedisCacheSettings(server.url, timeout=0.05)).provide_cache("redis-cache")
    assert tier is not None
    tier.set_many({"key": b"1"}, None)
    server.freeze()
    with pytest.raises(StoreError, match="TimeoutError"):
        tier.get_many(["key"])
    server.thaw()
    assert tier.get_many(["key"]) == {"key": b"1"}
    assert tier.client.get_retry()._retries == 0
    with Redis(port=server.port) as client:
        assert client.info("commandstats")["cmdstat_mget"]["calls"] <= 2


def test_an_unknown_address_is_refused() -> None:
    with pytest.raises(SettingsError, match="url begins with one of redis://"):
        RedisCacheSettings("http://cache")


def test_only_its_own_name(plugin: RedisCache) -> None:
    assert plugin.provide_cache("another") is None


def test_a_new_connection_takes_one_command_and_nothing_is_loaded_for_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a request waits: all that takes time is done when the tier is made."""
    tier = RedisCache(RedisCacheSettings(server.url, timeout=5.0)).provide_cache("redis-cache")
    assert tier is not None
    read, gate = list[str](), Barrier(4)

    def asked(_: int) -> dict[str, bytes]:
        gate.wait(10)
        return tier.get_many(["key"])

    with Redis(port=server.port) as control, ThreadPoolExecutor(4) as pool:
        control.config_resetstat()
        monkeypatch.setattr("importlib.metadata.version", read.append)
        loaded = set(sys.modules)
        assert list(pool.map(asked, range(4))) == [{}] * 4
        assert {*sys.modules} == loaded
        assert {*control.info("commandstats")} == {"cmdstat_config|resetstat", "cmdstat_mget"}
    assert read == []

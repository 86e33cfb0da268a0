"""What is known of requests in bytes stays for so many conversations, and for so long."""

from __future__ import annotations

import json

import pytest
from attrs import define

from brim import Brim
from brim.road.glancing.beginnings import Beginning, Beginnings, Tally


@define
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def request(name: str, count: int) -> bytes:
    """Bodies of one name go on from each other; others differ within their first bytes."""
    messages = [{"role": "user", "content": f"{name} {i} " + "word " * 30} for i in range(count)]
    return json.dumps({"model": "gpt-4o", "user": name, "messages": messages}).encode()


def beginning(name: str, count: int = 3) -> Beginning:
    tally = Tally([10] * count, [b""] * count, [0] * count)
    return Beginning(request(name, count), "messages", tally, counter=None)  # type: ignore[arg-type]  # not asked


def kept(store: Beginnings, *names: str) -> list[str]:
    return [name for name in names if store.find("scope", request(name, 5))]


def test_so_many_the_least_recently_used_go_first() -> None:
    store = Beginnings(most=2)
    for name in ("a", "b", "c"):
        store.keep("scope", beginning(name), None)
    assert kept(store, "a", "b", "c") == ["b", "c"]
    found = store.find("scope", request("b", 4))
    assert found is not None
    store.keep("scope", beginning("b", 4), found[0])
    store.keep("scope", beginning("d"), None)
    assert kept(store, "a", "b", "c", "d") == ["b", "d"]
    assert store.count == 2


def test_for_so_long_after_the_last_request() -> None:
    clock = Clock()
    store = Beginnings(ttl=300, clock=clock)
    store.keep("scope", beginning("a"), None)
    store.keep("scope", beginning("b"), None)
    clock.now = 200
    found = store.find("scope", request("b", 4))
    assert found is not None
    store.keep("scope", beginning("b", 4), found[0])
    clock.now = 301
    assert kept(store, "a", "b") == ["b"]
    store.keep("scope", beginning("c"), None)  # and takes along what is too old
    assert store.count == 2
    assert store.held == sum(one.weight for one in (beginning("b", 4), beginning("c")))


def test_none_at_all() -> None:
    store = Beginnings(most=0)
    store.keep("scope", beginning("a"), None)
    assert (kept(store, "a"), store.count, store.held) == ([], 0, 0)


def test_so_many_bytes() -> None:
    store = Beginnings(size=beginning("a").weight * 2)
    for name in ("a", "b", "c"):
        store.keep("scope", beginning(name), None)
    assert kept(store, "a", "b", "c") == ["b", "c"]


@pytest.mark.parametrize(
    ("environ", "known"),
    [
        ({}, 3),
        ({"CONTEXT_CACHE_SIZE": "0"}, 0),
        ({"CONTEXT_CACHE_SIZE": "1"}, 0),
        ({"CONTEXT_ANALYSIS_CACHE_TTL": "0"}, 0),
    ],
)
def test_the_guides_names_at_work(
    environ: dict[str, str], known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with Brim({"archive": {"where": "memory"}}) as brim:
        for name in ("a", "b"):
            assert brim.glance(request(name, 3), dialect="openai-chat") is not None
        before = brim.engine.recall.hits
        assert brim.glance(request("a", 5), dialect="openai-chat") is not None
        assert brim.engine.recall.hits - before == known

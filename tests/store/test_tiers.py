"""Several tiers as one: promotion, write-through, times to live, seals, and who was first."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tier_parts import SEAL, AddingBox, Box, Clock, patient, tiers

from brim.store.tiers import JITTER


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch)


KEYS = [f"key {number}".encode() for number in range(1_000)]


def test_what_is_written_reaches_every_tier_and_is_found_in_the_first() -> None:
    near, far = Box(), Box()
    space = tiers(near, far).space("space", "tenant")
    space.set(b"key", b"value", 60)
    assert near.entries == far.entries
    assert space.get(b"key") == b"value"
    assert (near.calls, far.calls) == (["set 1", "get 1"], ["set 1"])


def test_what_is_found_far_away_is_promoted_with_the_life_it_has_left() -> None:
    clock = Clock()
    near, middle, far = Box(), Box(), Box()
    space = tiers(near, middle, far, clock=clock).space("space")
    tiers(far, clock=clock).space("space").set(b"key", b"value", 100)
    clock.now += 60
    assert space.get(b"key") == b"value"
    (name,) = far.entries
    assert near.entries == middle.entries == far.entries
    assert near.lives[name] == pytest.approx((far.lives[name] or 0) - 60, abs=0.01)
    assert space.get(b"key") == b"value"
    assert far.calls == ["set 1", "get 1"]
    clock.now += 60
    assert space.get(b"key") is None  # though none of the boxes has let go of it


def test_a_batch_is_one_call_for_each_tier_and_asks_for_no_more_than_is_missing() -> None:
    near, far = Box(), Box()
    both = tiers(near, far).space("space")
    for key in KEYS[:3]:
        tiers(near).space("space").set(key, b"near " + key, 60)
    for key in KEYS[3:5]:
        tiers(far).space("space").set(key, b"far " + key, 60)
    near.calls.clear()
    far.calls.clear()
    found = both.get_many(KEYS[:8])
    near_ones = {key: b"near " + key for key in KEYS[:3]}
    assert found == near_ones | {key: b"far " + key for key in KEYS[3:5]}
    assert (near.calls, far.calls) == (["get 8", "set 2"], ["get 5"])


def test_lives_differ_by_the_key_and_are_never_longer() -> None:
    lives = []
    for _ in range(2):
        box = Box()
        space = tiers(box).space("space")
        for key in KEYS:
            space.set(key, b"x", 1_000)
        lives.append(box.lives)
    assert lives[0] == lives[1]
    values = [life for life in lives[0].values() if life is not None]
    assert len(values) == len(KEYS)
    assert 1_000 * (1 - JITTER) - 1e-6 <= min(values) < 1_000 * (1 - 0.99 * JITTER)
    assert 1_000 * (1 - 0.01 * JITTER) < max(values) <= 1_000
    assert len(set(values)) > 990


def test_without_a_life_for_ever_and_with_none_not_at_all() -> None:
    clock, box = Clock(), Box()
    space = tiers(box, clock=clock).space("space")
    space.set(b"for ever", b"1", None)
    space.set(b"never", b"2", 0)
    clock.now += 1e9
    assert space.get_many([b"for ever", b"never"]) == {b"for ever": b"1"}
    assert list(box.lives.values()) == [None]


def test_use_renews_where_asked_but_not_every_time() -> None:
    clock, box = Clock(), Box()
    space = tiers(box, clock=clock).space("space")
    space.set(b"key", b"1", 100)
    clock.now += 30
    assert space.get(b"key", renew=100) == b"1"
    assert box.calls.count("set 1") == 1
    clock.now += 30
    assert space.get(b"key", renew=100) == b"1"
    assert box.calls.count("set 1") == 2
    clock.now += 80
    assert space.get(b"key") == b"1"
    clock.now += 30
    assert space.get(b"key", renew=100) is None


@pytest.mark.parametrize("fault", ["planted", "key", "tenant", "space", "cut", "version", "text"])
def test_what_is_not_ours_is_a_miss_and_counted(fault: str) -> None:
    box = Box()
    own = tiers(box)
    space = own.space("space", "tenant")
    space.set(b"key", b"value", None)
    name = SEAL.name("space", "tenant", b"key")
    sealed = box.entries[name]
    box.entries[name] = {
        "planted": b"anything",
        "key": SEAL.close(SEAL.name("space", "tenant", b"other"), b"evil", None),
        "tenant": SEAL.close(SEAL.name("space", "mallory", b"key"), b"evil", None),
        "space": SEAL.close(SEAL.name("other", "tenant", b"key"), b"evil", None),
        "cut": sealed[:-1],
        "version": sealed[:4] + b"\x02" + sealed[5:],
        "text": "no bytes at all",
    }[fault]  # type: ignore[assignment]
    assert space.get(b"key") is None
    counters = own.tiers[0].counters
    assert (counters.hits, counters.misses) == (0, 1)
    assert counters.refused == (fault != "text")


def test_a_refused_value_is_looked_for_further_away_and_replaced() -> None:
    near, far = Box(), Box()
    space = tiers(near, far).space("space")
    space.set(b"key", b"value", 60)
    (name,) = near.entries
    near.entries[name] = b"planted"
    assert space.get(b"key") == b"value"
    assert near.entries == far.entries


def test_names_hold_nothing_of_keys_and_tenants() -> None:
    box = Box()
    tiers(box).space("space", "tenant-Zq9").set(b"sk-planted-secret", b"value", 60)
    assert "planted" not in "".join(box.entries)
    assert "Zq9" not in "".join(box.entries)


@pytest.mark.parametrize("kind", [Box, AddingBox])
def test_the_first_to_add_wins_and_the_other_adopts(kind: type[Box]) -> None:
    shared, near_a, near_b = kind(), Box(), Box()
    a = tiers(near_a, shared).space("space")
    b = tiers(near_b, shared).space("space")
    assert a.add(b"key", b"of a", 60) == b"of a"
    assert b.add(b"key", b"of b", 60) == b"of a"
    assert near_a.entries == near_b.entries == shared.entries
    assert b.get(b"key") == b"of a"


def test_many_at_once_agree_on_one() -> None:
    shared = AddingBox()
    start, held = threading.Barrier(8), []

    def add(number: int) -> None:
        space = tiers(Box(), shared).space("space")
        start.wait()
        held.append(space.add(b"key", str(number).encode(), 60))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 8
    assert len(set(held)) == 1


def test_a_planted_value_does_not_win() -> None:
    shared = AddingBox()
    space = tiers(shared).space("space")
    shared.entries[SEAL.name("space", "", b"key")] = b"planted"
    assert space.add(b"key", b"mine", 60) == b"mine"
    assert space.get(b"key") == b"mine"


def test_the_nearer_tier_decides_while_the_far_one_does_not_answer() -> None:
    near, far = AddingBox(), AddingBox(failing=OSError())
    space = tiers(near, far).space("space")
    assert space.add(b"key", b"first", 60) == b"first"
    assert space.add(b"key", b"second", 60) == b"first"


def test_deleted_from_all() -> None:
    near, far = Box(), Box()
    space = tiers(near, far).space("space")
    space.set(b"key", b"value", 60)
    space.delete_many([b"key", b"none"])
    assert space.get(b"key") is None
    assert not near.entries
    assert not far.entries


class AwaitedBox(Box):
    """One whose reading can be awaited."""

    async def aget_many(self, keys: list[str]) -> dict[str, bytes]:
        await asyncio.sleep(0)
        self.calls.append("awaited")
        return {key: self.entries[key] for key in keys if key in self.entries}


@pytest.mark.parametrize("reach", ["process", "user", "shared"])
@pytest.mark.parametrize("kind", [Box, AwaitedBox])
def test_awaiting_does_the_same(kind: type[Box], reach: str) -> None:
    box = kind(reach=reach)
    space = tiers(Box(), box).space("space")

    async def talk() -> tuple[object, ...]:
        await space.aset(b"key", b"value", 60)
        empty = tiers(Box(), box).space("space")
        held = await empty.aadd(b"key", b"late", 60)
        return held, await empty.aget(b"key"), await empty.aget_many([b"none"])

    assert asyncio.run(talk()) == (b"value", b"value", {})
    assert space.get(b"key") == b"value"
    assert ("awaited" in box.calls) == (kind is AwaitedBox)

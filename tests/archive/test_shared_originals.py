"""Originals on the cache tiers: another machine gives back what this one left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from archive_parts import app, cases, chat, same, squeezed, tool_chat, words
from attrs import Factory, define

from brim import Brim
from brim.errors import SettingsError, UnknownHandle
from brim.road.memory.shared_originals import BATCH, _unpacked
from brim.road.plans.handles import SHORT
from brim.testing.fakes import FakeCache
from brim.testing.workbench import alone

BOX = "fake-cache"


@define(eq=False)
class Box(FakeCache):
    """One that tells how many keys, or bytes, each call had."""

    sizes: list[int] = Factory(list)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        self.sizes.append(len(keys))
        return FakeCache.get_many(self, keys)

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self.sizes.append(sum(map(len, entries.values())))
        FakeCache.set_many(self, entries, ttl)

    @property
    def names(self) -> list[str]:
        return sorted({name.partition(":")[0] for name in self._entries})


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are not about time."""
    monkeypatch.setenv("BRIM_CACHE_KEY", "0123456789abcdef")
    monkeypatch.setattr("brim.store.patience.PATIENCE", 60.0)
    monkeypatch.setattr("brim.store.health.LATE", 60.0)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def machine(box: Box) -> Callable[..., Brim]:
    """A `Brim` with nothing of its own but the tier."""

    def made(**settings: Any) -> Brim:
        given = {"archive": {"where": "caches"}, "strategies": ["smart-truncation"]}
        return Brim(alone(**{**given, "caches": [BOX], **settings}), [box])

    return made


@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic", "openai-responses"])
@pytest.mark.parametrize("share", [0.7, 0.01])
def test_another_machine_gives_back_every_original(
    machine: Any, dialect: str, share: float
) -> None:
    expanded: list[tuple[str, str, Any]] = []
    with machine() as one:
        for number, case in enumerate(cases(dialect, 8)):
            fitted = squeezed(one, case, share, f"tenant {number}")
            for change in fitted.diff().changed:
                if change.handle:
                    original = fitted.expand(change.handle)
                    expanded.append((f"tenant {number}", change.handle, original))
    assert len(expanded) > 3
    with machine() as other:
        for tenant, handle, original in expanded:
            found = other.expand(handle, tenant)
            assert found == original
            assert same(found.messages, original.messages)
            with pytest.raises(UnknownHandle):
                other.expand(handle, "somebody else")


def test_it_replays_the_same_bytes_and_expands_them(machine: Any, box: Box) -> None:
    """One batch finds the records, whether there are originals or not; two find an original."""
    messages = chat(60)
    with machine() as one:
        first = one.fit(messages, model="gpt-4o", budget=1_500)
    with machine() as other:
        box.calls.clear()
        again = other.fit([*messages, *chat(1)[1:]], model="gpt-4o", budget=1_500)
        assert box.calls == ["get_many"]
        assert again.report.replayed
        cut = json.dumps(first.messages)[:-1]
        assert json.dumps(again.messages)[: len(cut)] == cut
        (change,) = [one for one in first.diff().changed if one.handle]
        box.calls.clear()
        assert other.expand(change.handle) == first.expand(change.handle)
        assert box.calls == ["get_many"] * 2
        box.calls.clear()
        assert again.expand(change.handle) == first.expand(change.handle)
        assert box.calls == []


def test_a_condensing_turn_writes_what_is_new_in_few_batches(machine: Any, box: Box) -> None:
    messages = chat(60)
    with machine() as brim:
        brim.fit(messages, model="gpt-4o", budget=1_500)
        writes = box.calls.count("set_many")
        assert writes == 3  # the record, the messages, their entry
        assert box.calls.count("get_many") == 3  # records, the record's place, the entry's place
        box.calls.clear()
        brim.fit(messages, model="gpt-4o", budget=1_500)
        assert "set_many" not in box.calls
    assert box.names == ["messages", "originals", "records"]


def test_large_originals_go_in_several_batches(machine: Any, box: Box) -> None:
    messages = [{"role": "user", "content": words(30_000, n)} for n in range(12)]
    with machine() as brim:
        fitted = brim.fit([*messages, *chat(1)], model="gpt-4o", budget=2_000)
        originals = {c.handle: fitted.expand(c.handle) for c in fitted.diff().changed if c.handle}
    assert originals
    assert max(box.sizes) < 2 * BATCH
    with machine() as other:
        assert {handle: other.expand(handle) for handle in originals} == originals


def test_handles_that_begin_alike_keep_each_other(machine: Any, monkeypatch: Any) -> None:
    """Two originals under one key: both are found, and the beginning of both is refused."""
    monkeypatch.setattr("brim.road.memory.shared_originals.SHORT", 1)
    monkeypatch.setattr("brim.road.memory.shared_originals._key", lambda handle: b"one for all")
    originals = {}
    for salt in range(3):
        with machine() as brim:
            fitted = brim.fit([*chat(40, 20 + salt)], model="gpt-4o", budget=600)
            (change,) = [one for one in fitted.diff().changed if one.handle]
            originals[change.handle] = fitted.expand(change.handle)
    with machine() as other:
        for handle, original in originals.items():
            assert other.expand(handle) == original


def test_the_same_in_two_conversations_is_one_original(machine: Any) -> None:
    shared = tool_chat()
    handles = []
    for end in ("one", "two"):
        with machine() as brim:
            talk = [*shared, {"role": "assistant", "content": end}, *chat(1)[1:]]
            fitted = brim.fit(talk, model="gpt-4o", budget=300)
            handles.append(fitted.diff().changed[0].handle)
    assert handles[0] == handles[1]
    with machine() as other:
        assert other.expand(handles[0]).messages


def test_what_was_tampered_with_is_not_given_out(machine: Any, box: Box) -> None:
    with machine() as brim:
        fitted = brim.fit(chat(40), model="gpt-4o", budget=600)
        (change,) = [one for one in fitted.diff().changed if one.handle]
    for name, (value, end) in list(box._entries.items()):
        box._entries[name] = (value.replace(b"question 3", b"question 4"), end)
    with machine() as other, pytest.raises(UnknownHandle):
        other.expand(change.handle)


def test_an_entry_whose_messages_are_gone_is_unknown(machine: Any, box: Box) -> None:
    with machine() as brim:
        fitted = brim.fit(chat(40), model="gpt-4o", budget=600)
        (change,) = [one for one in fitted.diff().changed if one.handle]
    gone = next(name for name in box._entries if name.startswith("messages:"))
    box._entries.pop(gone)
    with machine() as other, pytest.raises(UnknownHandle):
        other.expand(change.handle)


def test_a_tier_that_fails_costs_the_other_machine_only(machine: Any, box: Box) -> None:
    with machine() as brim:
        box.failing = OSError("down")
        for turns in (40, 44):
            fitted = brim.fit(chat(turns), model="gpt-4o", budget=600)
            (change,) = [one for one in fitted.diff().changed if one.handle]
            assert brim.expand(change.handle) == fitted.expand(change.handle)
        box.failing = None
    with machine() as other, pytest.raises(UnknownHandle):
        other.expand(change.handle)


def test_it_is_asked_for_and_needs_a_tier(box: Box, tmp_path: Path) -> None:
    """Whole conversations go to no tier unless settings say so."""
    with app(tmp_path, caches=["memory-cache"]) as brim:
        brim.fit(chat(40), model="gpt-4o", budget=600)
        assert brim.stats().caches["memory-cache"].writes == 1
    with pytest.raises(SettingsError, match="names none"):
        Brim(alone(archive={"where": "caches"}))


def test_memory_is_left_to_what_is_small(machine: Any, box: Box) -> None:
    with machine(caches=["memory-cache", BOX]) as brim:
        brim.fit(chat(40), model="gpt-4o", budget=600)
        caches = brim.stats().caches
    assert caches["memory-cache"].writes == 1
    assert caches[BOX].writes > 40


@pytest.mark.parametrize("handle", ["", "a" * (SHORT - 1), "zzzzzz", "\ud800" * 9])
def test_unknown_handles_are_unknown(machine: Any, handle: str) -> None:
    with machine() as brim, pytest.raises(UnknownHandle):
        brim.expand(handle)


def test_what_cannot_be_read_is_none() -> None:
    for bad in (None, b"", b"\xc1", b"\x92\x02\x90", b"\x92\x01\x91\x01"):
        assert _unpacked(bad) == []

"""Tiers made of caches that tests can look into, and slow down."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import pytest
from attrs import Factory, define

from brim.store.seal import Seal
from brim.store.tier import Tier
from brim.store.tiers import Tiers

SEAL = Seal(b"k" * 32)


@define
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@define(eq=False)
class Box:
    """A cache in a dict. `lives` has the time to live of each key as it was told; `failing` is
    raised; while `gate` is not set, every call hangs."""

    reach: str = "process"
    entries: dict[str, bytes] = Factory(dict)
    lives: dict[str, float | None] = Factory(dict)
    calls: list[str] = Factory(list)
    failing: BaseException | None = None
    gate: threading.Event = Factory(threading.Event)

    def __attrs_post_init__(self) -> None:
        self.gate.set()

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self._called(f"get {len(keys)}")
        return {key: self.entries[key] for key in keys if key in self.entries}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self._called(f"set {len(entries)}")
        self.entries.update(entries)
        self.lives.update(dict.fromkeys(entries, ttl))

    def delete_many(self, keys: Sequence[str]) -> None:
        self._called(f"delete {len(keys)}")
        for key in keys:
            self.entries.pop(key, None)

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.failing is not None:
            raise self.failing
        self.gate.wait(20)


class AddingBox(Box):
    """One that can write what is absent in one step."""

    def add_many(self, entries: Mapping[str, bytes], ttl: float | None) -> int:
        self._called(f"add {len(entries)}")
        new = {key: value for key, value in entries.items() if key not in self.entries}
        self.entries.update(new)
        return len(new)


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are not about time: nothing is late, however busy the machine is."""
    monkeypatch.setattr("brim.store.patience.PATIENCE", 60.0)
    monkeypatch.setattr("brim.store.health.LATE", 60.0)


def tiers(*boxes: Box, clock: Clock | None = None, lines: list[str] | None = None) -> Tiers:
    """`clock` is that of lives; the breakers have the real one unless a test gives them another."""
    tell = ([] if lines is None else lines).append
    made = [Tier(f"box-{place}", box, tell) for place, box in enumerate(boxes, 1)]
    return Tiers(made, SEAL, clock or Clock())

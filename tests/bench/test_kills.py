"""Killed writers lose nothing that was committed. `bench/kills.py` does it a thousand times."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from brim.store.sqlite import open_store
from kills import BATCH, SEAL, TABLE, Toll, check, entries, run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no kill -9")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_writers_lose_and_damage_nothing(tmp_path: Path) -> None:
    toll = run(20, tmp_path)
    assert toll.kills == 20
    assert toll.told > 20
    assert toll.clean, toll


def test_what_is_lost_torn_or_damaged_is_noticed(tmp_path: Path) -> None:
    path, toll = tmp_path / "cache.sqlite", Toll()
    store = open_store(path)
    for batch in range(5):
        store.set_many(TABLE, entries(1, batch))
    check(path, {1: 4}, toll)
    assert (toll.clean, toll.untold) == (True, 1)

    (gone, *_), (bad, *_) = entries(1, 0), entries(1, 1)
    store.delete_many(TABLE, [gone])
    store.set_many(TABLE, {bad: SEAL.close(bad, b"another value", None)})
    store.delete_many(TABLE, list(entries(1, 4))[: BATCH - 1])
    store.close()
    check(path, {1: 4}, toll)
    assert (toll.lost, toll.damaged, toll.torn) == (1, 1, 1)
    assert not toll.clean

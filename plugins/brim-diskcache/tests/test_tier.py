"""The tier by itself: no pickle, no other file, modes, several processes."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from brim.api import StoreError, StoreUnsafe
from brim_diskcache import DiskcacheCache, DiskcacheSettings, DiskcacheTier

PICKLE, TEXT, BINARY, RAW = 4, 3, 2, 1


class Touch:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def plugin(folder: Path) -> Iterator[DiskcacheCache]:
    made = DiskcacheCache(DiskcacheSettings(str(folder)))
    yield made
    made.close()


@pytest.fixture
def tier(plugin: DiskcacheCache) -> DiskcacheTier:
    found = plugin.provide_cache("diskcache")
    assert found is not None
    return found


def plant(folder: Path, **columns: object) -> None:
    """Write into the row of `key` as somebody with access to the file could."""
    with sqlite3.connect(folder / "cache.db") as link:
        changes = ", ".join(f"{name} = :{name}" for name in columns)
        assert link.execute(f"UPDATE Cache SET {changes}", columns).rowcount == 1
    link.close()


def test_the_test_would_notice(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Touch(tmp_path / "ran")))
    assert (tmp_path / "ran").is_dir()


@pytest.mark.parametrize("where", ["value", "file", "key"])
def test_a_planted_pickle_does_not_run(
    tier: DiskcacheTier, folder: Path, tmp_path: Path, where: str
) -> None:
    tier.set_many({"key": b"value"}, None)
    planted = pickle.dumps(Touch(tmp_path / "ran"))
    (folder / "planted.val").write_bytes(planted)
    match where:
        case "value":
            plant(folder, mode=PICKLE, value=planted, filename=None)
        case "file":
            plant(folder, mode=PICKLE, value=None, filename="planted.val")
        case "key":
            plant(folder, key=planted, raw=0)
    assert tier.get_many(["key"]) == {}
    assert list(tier.keys()) == ([] if where == "key" else ["key"])
    tier.add_many({"key": b"new"}, None)
    tier.set_many({"key": b"newer"}, None)
    tier.delete_many(["key"])
    assert not (tmp_path / "ran").exists()
    assert (folder / "planted.val").exists()


def test_no_other_file_is_read_or_removed(tier: DiskcacheTier, folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_bytes(b"somebody's key")
    for mode in (BINARY, TEXT, RAW):
        tier.set_many({"key": b"value"}, None)
        plant(folder, mode=mode, value=None, filename="../secret")
        assert tier.get_many(["key"]) == {}
        tier.set_many({"key": b"value"}, None)
        plant(folder, mode=mode, value=None, filename="../secret")
        tier.delete_many(["key"])
    plant_text = {"mode": RAW, "value": "text, not bytes"}
    tier.set_many({"key": b"value"}, None)
    plant(folder, **plant_text)
    assert tier.get_many(["key"]) == {}
    assert secret.read_bytes() == b"somebody's key"


def test_large_values_stand_in_the_database_too(tier: DiskcacheTier, folder: Path) -> None:
    value = os.urandom(300_000)
    tier.set_many({"key": value}, None)
    assert tier.get_many(["key"]) == {"key": value}
    assert {path.name.partition("-")[0] for path in folder.iterdir()} == {"cache.db"}


def test_files_are_for_their_owner_only(plugin: DiskcacheCache, folder: Path) -> None:
    folder.mkdir(mode=0o755)
    tier = plugin.provide_cache("diskcache")
    assert tier is not None
    tier.set_many({"key": b"x" * 100_000}, None)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_others_may_write_to_is_refused(plugin: DiskcacheCache, folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreUnsafe, match="chmod go-w"):
        plugin.provide_cache("diskcache")


def test_a_link_in_place_of_the_database_is_refused(plugin: DiskcacheCache, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "cache.db").symlink_to(folder.parent / "elsewhere")
    with pytest.raises(StoreUnsafe):
        plugin.provide_cache("diskcache")
    assert not (folder.parent / "elsewhere").exists()


def test_what_is_no_database_is_a_store_error(plugin: DiskcacheCache, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "cache.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match="diskcache cannot open it"):
        plugin.provide_cache("diskcache")


def test_another_process_sees_it_and_the_first_writer_wins(
    tier: DiskcacheTier, folder: Path
) -> None:
    tier.set_many({"key": b"one"}, 60)
    program = (
        "import sys; from brim_diskcache import *;"
        "plugin = DiskcacheCache(DiskcacheSettings(sys.argv[1]));"
        "tier = plugin.provide_cache('diskcache');"
        "print(tier.get_many(['key'])['key'], tier.add_many({'key': b'two', 'new': b'2'}, 60));"
        "plugin.close()"
    )
    command = [sys.executable, "-c", program, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["b'one'", "1"]
    assert tier.get_many(["key", "new"]) == {"key": b"one", "new": b"2"}


def test_what_is_over_its_time_is_removed_now_and_then(tier: DiskcacheTier) -> None:
    now = tier.clock()
    tier.clock = lambda: now
    tier.cache.reset("cull_limit", 0)  # each write of diskcache removes a few by itself
    tier.set_many({"old": b"1"}, -1)
    tier.set_many({"new": b"2"}, None)
    assert len(tier.cache) == 2
    now += tier.cleanup_interval
    tier.set_many({"newer": b"3"}, None)
    assert sorted(tier.keys()) == ["new", "newer"]
    assert len(tier.cache) == 2

"""The disk tier: the laws of a cache, several processes, and whose its files are."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from brim.api import StoreUnsafe, cache_home
from brim.defaults.disk_cache import DiskCache, DiskCacheSettings, DiskTier
from brim.testing.contracts import CacheContract


@pytest.fixture(scope="module", autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("contract") / "own"
    TestDiskCache.settings = {"path": str(folder / "cache.sqlite")}


class TestDiskCache(CacheContract):
    plugin = DiskCache
    settings: ClassVar = {}


def opened(path: Path) -> tuple[DiskCache, DiskTier]:
    plugin = DiskCache(DiskCacheSettings(path=str(path)))
    tier = plugin.provide_cache("disk-cache")
    assert tier is not None
    return plugin, tier


def test_another_process_sees_it_and_the_first_writer_wins(tmp_path: Path) -> None:
    path = tmp_path / "own" / "cache.sqlite"
    plugin, tier = opened(path)
    tier.set_many({"key": b"one"}, 60)
    program = (
        "import sys; from brim.defaults.disk_cache import *;"
        "tier = DiskCache(DiskCacheSettings(path=sys.argv[1])).provide_cache('disk-cache');"
        "print(tier.get_many(['key'])['key'], tier.add_many({'key': b'two', 'new': b'2'}, 60))"
    )
    command = [sys.executable, "-c", program, str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["b'one'", "1"]
    assert tier.get_many(["key", "new"]) == {"key": b"one", "new": b"2"}
    assert sorted(tier.keys()) == ["key", "new"]
    plugin.close()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    plugin, tier = opened(tmp_path / "own" / "cache.sqlite")
    tier.set_many({"key": b"x"}, None)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "own").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    plugin.close()


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(StoreUnsafe, match="chmod go-w"):
        opened(tmp_path / "cache.sqlite")


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "own" / "cache.sqlite"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"no database at all" * 100)
    plugin, tier = opened(path)
    tier.set_many({"key": b"x"}, None)
    assert tier.get_many(["key"]) == {"key": b"x"}
    plugin.close()
    assert [p.name for p in path.parent.iterdir() if "damaged" in p.name]


def test_without_a_path_it_is_the_users_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache_home() == tmp_path / "brim"
    assert DiskCacheSettings().file == tmp_path / "brim" / "cache.sqlite"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_home().is_absolute()

"""The store's files: who may read them, and what happens to files that are damaged."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from brim.api import StoreCorrupt, StoreError, StoreUnsafe, open_store

WRITER = """
import sys
from brim.api import open_store
store = open_store(sys.argv[1])
for number in range(100_000):
    store.set_many("a", {f"{sys.argv[2]}-{number}": bytes(200)})
    print(number, flush=True)
"""


def ran(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_files_are_for_their_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = open_store(tmp_path / "deep" / "own" / "s.sqlite")
        store.set_many("a", {"key": b"value"})
        assert mode(tmp_path / "deep" / "own") == 0o700
        found = {path.name: mode(path) for path in (tmp_path / "deep" / "own").iterdir()}
    finally:
        os.umask(old)
    assert found == {"s.sqlite": 0o600, "s.sqlite-wal": 0o600, "s.sqlite-shm": 0o600}
    store.close()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    open_store(tmp_path / "s.sqlite").close()
    (tmp_path / "s.sqlite").chmod(0o644)
    open_store(tmp_path / "s.sqlite").close()
    assert mode(tmp_path / "s.sqlite") == 0o600


@pytest.mark.parametrize("wide", [0o777, 0o770, 0o1777, 0o722])
def test_a_directory_that_others_may_write_to_is_refused(tmp_path: Path, wide: int) -> None:
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide").chmod(wide)
    with pytest.raises(StoreUnsafe, match="chmod go-w"):
        open_store(tmp_path / "wide" / "s.sqlite")
    assert list((tmp_path / "wide").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    os.chown(tmp_path / "foreign", 12_345, 12_345)
    with pytest.raises(StoreUnsafe, match="another user"):
        open_store(tmp_path / "foreign" / "s.sqlite")
    (tmp_path / "s.sqlite").touch()
    os.chown(tmp_path / "s.sqlite", 12_345, 12_345)
    with pytest.raises(StoreUnsafe, match="another user"):
        open_store(tmp_path / "s.sqlite")


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path / "link.sqlite")
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(StoreError):
        open_store(tmp_path)


def test_a_path_through_a_file_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "file" / "s.sqlite")


def foreign(path: Path) -> None:
    link = sqlite3.connect(path)
    link.execute("CREATE TABLE theirs (x)")
    link.commit()
    link.close()


@pytest.mark.parametrize("kind", ["database", "text", "short"])
def test_a_file_of_something_else_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "s.sqlite"
    if kind == "database":
        foreign(path)
    else:
        path.write_text("my diary\n" * (100 if kind == "text" else 1))
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match="not a store of Brim"):
        open_store(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["s.sqlite"]


def test_a_damaged_file_is_moved_aside_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    store = open_store(path)
    store.set_many("a", {str(i): bytes(3_000) for i in range(50)})
    store.close()
    damaged = path.read_bytes()[:100] + b"\xa5" * 40_000
    path.write_bytes(damaged)
    with pytest.raises(StoreCorrupt, match="damaged"):
        open_store(path)
    assert path.read_bytes() == damaged
    store = open_store(path, aside=True)
    store.set_many("a", {"new": b"works"})
    assert store.get_many("a", ["new"]) == {"new": b"works"}
    assert (tmp_path / "s.sqlite.damaged-1").read_bytes() == damaged
    store.close()


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    open_store(path).close()
    link = sqlite3.connect(path)
    link.execute("PRAGMA user_version = 99")
    link.close()
    with pytest.raises(StoreError, match="newer version"):
        open_store(path)


def test_a_killed_writer_loses_nothing_that_it_was_told_is_written(tmp_path: Path) -> None:
    path = tmp_path / "own" / "s.sqlite"
    for round_ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(round_)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            told = [int(writer.stdout.readline()) for _ in range(60)]
            writer.send_signal(signal.SIGKILL)
            told += [int(line) for line in writer.stdout.read().splitlines()[:-1]]
        store = open_store(path)
        keys: list[str | bytes] = [f"{round_}-{number}" for number in told]
        assert store.get_many("a", keys) == {key: bytes(200) for key in keys}
        store.close()


def test_two_processes_write_to_one_store(tmp_path: Path) -> None:
    path = tmp_path / "own" / "s.sqlite"
    script = WRITER.replace("100_000", "150").replace("print(number, flush=True)", "pass")
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(name)]) for name in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    store = open_store(path)
    assert store.stats().entries == 450
    store.close()


def test_a_forked_child_has_a_connection_of_its_own(tmp_path: Path) -> None:
    script = """
import os, sys
from brim.api import open_store
store = open_store(sys.argv[1])
store.set_many("a", {"parent": b"1"})
child = os.fork()
if not child:
    store.set_many("a", {"child": b"2"})
    store.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
store.set_many("a", {"later": b"3"})
assert len(store.items("a")) == 3, store.items("a")
store.close()
"""
    done = ran(script, tmp_path / "s.sqlite")
    assert done.returncode == 0, done.stderr


def test_a_second_store_on_the_file_does_not_cost_the_first_one_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    first = open_store(path)
    first.set_many("a", {"key": b"first"})
    second = open_store(tmp_path / ".." / tmp_path.name / "s.sqlite")
    script = """
import sys
from brim.api import open_store
store = open_store(sys.argv[1])
store.set_many("a", {"other": b"process"})
store.close()
"""
    assert ran(script, path).returncode == 0
    # a process that is not alone must leave the log where it is when it closes
    assert (tmp_path / "s.sqlite-wal").stat().st_size > 0
    second.set_many("a", {"later": b"second"})
    assert len(first.items("a")) == 3
    second.close()
    assert ran(script, path).returncode == 0
    assert (tmp_path / "s.sqlite-wal").exists()
    first.set_many("a", {"last": b"first"})
    assert len(first.items("a")) == 4
    first.close()


def test_a_full_disk_is_a_typed_error_and_what_was_there_stays(tmp_path: Path) -> None:
    script = """
import resource, sys
from brim.api import StoreError, open_store
store = open_store(sys.argv[1])
store.set_many("a", {"before": b"x"})
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    store.set_many("a", {str(i): bytes(10_000) for i in range(100)})
except StoreError as error:
    print(error)
assert store.get_many("a", ["before"]) == {"before": b"x"}
assert len(store.items("a")) == 1
store.set_many("a", {"small": b"y"})
assert len(store.items("a")) == 2
"""
    done = ran(script, tmp_path / "s.sqlite")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "s.sqlite") in done.stdout


def test_importing_the_api_does_not_import_sqlite() -> None:
    script = "import sys, brim.api; sys.exit('sqlite3' in sys.modules)"
    assert ran(script).returncode == 0

"""The files in which running processes say what they do: who may read them, and what is skipped."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from brim.errors import StoreError, StoreUnsafe
from brim.store.running import MOST, Notice, born, found, place, put, run_folder


def notice(**other: Any) -> Notice:
    pid = other.pop("pid", os.getpid())
    facts: dict[str, Any] = {"kind": "chat", "started": 100.0, "written": 200.0, "place": place()}
    facts |= {"figures": {"total_requests": 3}, "born": born(pid)}
    return Notice(pid=pid, **{**facts, **other})


def written(folder: Path, one: Notice, number: int = 1) -> Path:
    path = folder / f"{one.pid}-{number}.json"
    put(path, one)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "run"


def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_found(folder: Path) -> None:
    one = notice(name="gpt-4o")
    written(folder, one)
    assert found(folder).running == (one,)


def test_files_are_for_their_owner_only(folder: Path) -> None:
    old = os.umask(0)
    try:
        path = written(folder, notice())
    finally:
        os.umask(old)
    assert mode(path) == 0o600
    assert mode(folder) == 0o700


def test_a_file_is_replaced_and_nothing_is_left(folder: Path) -> None:
    for count in range(3):
        written(folder, notice(figures={"total_requests": count}))
    assert [path.name for path in folder.iterdir()] == [f"{os.getpid()}-1.json"]
    assert found(folder).running[0].figures == {"total_requests": 2}


def test_several_in_one_process_are_told_apart(folder: Path) -> None:
    written(folder, notice(started=9.0, name="second"), 2)
    written(folder, notice(started=5.0, name="first"), 1)
    assert [one.name for one in found(folder).running] == ["first", "second"]


def test_what_an_ended_process_left_is_removed(folder: Path) -> None:
    gone = written(folder, notice(pid=ended()))
    gone.with_name(f".{gone.name}").write_bytes(b"half of a dra")
    written(folder, notice())
    looked = found(folder)
    assert (len(looked.running), looked.ended) == (1, 1)
    assert [path.name for path in folder.iterdir()] == [f"{os.getpid()}-1.json"]


@pytest.mark.skipif(not born(os.getpid()), reason="the system does not tell when one began")
def test_a_later_process_of_the_same_number_is_another_one(folder: Path) -> None:
    written(folder, notice(born=born(os.getpid()) - 1))
    assert found(folder).ended == 1


def test_another_machines_file_is_left_alone(folder: Path) -> None:
    path = written(folder, notice(pid=ended(), place="another machine"))
    looked = found(folder)
    assert looked.ended == 0
    assert looked.skipped[0].reason == "its process runs elsewhere (another machine)"
    assert path.exists()


def encoded(**changes: object) -> bytes:
    return msgspec.json.encode({**msgspec.structs.asdict(notice()), **changes})


BAD = {
    "garbage": (b"\x00\xff garbage", "malformed"),
    "empty": (b"", "truncated"),
    "an array": (b"[]", "Expected `object`"),
    "a field is missing": (b'{"pid": 1}', "missing required field"),
    "another type": (encoded(figures=7), "Expected `object`"),
    "another format": (encoded(format=99), "another version of Brim wrote it (format 99)"),
    "another process": (encoded(pid=1), "it is not the file of process 1"),
    "large": (b" " * (MOST + 1), "larger than"),
    "deep": (b'{"figures": {"a": ' + b"[" * 100_000, "recursion"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_skipped_and_say_why(folder: Path, case: str) -> None:
    content, reason = BAD[case]
    path = written(folder, notice(), 1).with_name(f"{os.getpid()}-2.json")
    path.write_bytes(content)
    looked = found(folder)
    assert len(looked.running) == 1
    (skipped,) = looked.skipped
    assert skipped.file == path.name
    assert reason.lower() in skipped.reason.lower()
    assert path.exists()


def test_what_is_no_file_is_skipped(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    target.write_bytes(encoded())
    written(folder, notice())
    pid = os.getpid()
    (folder / f"{pid}-2.json").symlink_to(target)
    (folder / f"{pid}-3.json").mkdir()
    os.mkfifo(folder / f"{pid}-4.json")
    looked = found(folder)
    assert len(looked.running) == 1
    assert len(looked.skipped) == 3
    assert looked.skipped[-1].reason == "it is no ordinary file"


def test_a_draft_is_never_written_through_a_link(folder: Path, tmp_path: Path) -> None:
    path = written(folder, notice())
    victim = tmp_path / "victim"
    victim.write_text("mine")
    path.with_name(f".{path.name}").symlink_to(victim)
    with pytest.raises(StoreError):
        put(path, notice())
    assert victim.read_text() == "mine"


def test_a_folder_that_others_may_write_to_is_refused(folder: Path) -> None:
    written(folder, notice())
    folder.chmod(0o777)
    with pytest.raises(StoreUnsafe, match="others may write"):
        found(folder)
    with pytest.raises(StoreUnsafe):
        put(folder / "1-1.json", notice(pid=1))


def test_no_folder_is_nobody(folder: Path) -> None:
    assert found(folder).running == ()
    assert not folder.exists()


def test_the_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path))
    assert run_folder() == tmp_path / "run"

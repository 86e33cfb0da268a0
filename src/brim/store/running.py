"""What running processes say of themselves: a small file each, for `brim stats` and `brim top`.

A file has figures in it, and never what anyone wrote. It is for its owner only, and appears whole
or not at all.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen

from brim.errors import StoreError, StoreUnsafe
from brim.store.files import owned_directory
from brim.store.home import data_home

__all__ = ["Found", "Notice", "Skipped", "born", "found", "place", "put", "run_folder"]

FORMAT = 1
"""Of the files; another one is not read."""

MOST = 256 * 1024
"""Bytes of a file; a larger one is not ours."""

OLD = 3_600
"""Seconds after which a process counts as ended where it cannot be asked."""

FOLDER = "run"

UNREADABLE = (OSError, StoreUnsafe, ValueError, RecursionError, msgspec.MsgspecError)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One process. `born` tells it from a later one of the same number, `place` is the machine
    that it runs on; times are seconds since 1970, `kind` is what it is, `name` what it works on."""

    pid: int
    kind: str
    started: float
    written: float
    figures: dict[str, Any]
    name: str = ""
    born: int = 0
    place: str = ""
    format: int = FORMAT


@frozen
class Skipped:
    """A file that was not read, and why."""

    file: str
    reason: str


@frozen
class Found:
    """What the folder has: processes that run, the oldest first, and the files of those that
    ended, which are gone now."""

    running: tuple[Notice, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    ended: int = 0


def run_folder() -> Path:
    """Where the files are; it is not made here. Raises `StoreError`."""
    try:
        return data_home() / FOLDER
    except RuntimeError as error:
        raise StoreError(FOLDER, f"{error}: set BRIM_DATA_DIR") from error


def put(path: Path, notice: Notice) -> None:
    """Write or replace a file. Raises `StoreUnsafe` and `StoreError`."""
    owned_directory(path.parent)
    draft = path.with_name(f".{path.name}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(draft, flags, 0o600), "wb") as file:
            file.write(msgspec.json.encode(notice))
        draft.replace(path)
    except OSError as error:
        raise StoreError(path, f"it cannot be written: {error.strerror}") from error


def found(folder: Path) -> Found:
    """Look through the folder, and remove what processes left that are no more.

    Raises `StoreUnsafe` where others may write to the folder.
    """
    if not folder.is_dir():
        return Found()
    owned_directory(folder)
    running, skipped, ended = [], [], 0
    for path in sorted(folder.glob("*.json")):
        try:
            notice = _read(path)
        except FileNotFoundError:  # its process has ended just now
            continue
        except UNREADABLE as error:
            skipped.append(Skipped(path.name, _reason(error)))
            continue
        if notice.place != place():
            skipped.append(Skipped(path.name, f"its process runs elsewhere ({notice.place})"))
        elif _runs(notice, path):
            running.append(notice)
        else:
            ended += 1
            for left in (path, path.with_name(f".{path.name}")):
                left.unlink(missing_ok=True)
    running.sort(key=lambda one: (one.started, one.pid))
    return Found(tuple(running), tuple(skipped), ended)


def _read(path: Path) -> Notice:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise StoreUnsafe(path, "it is no ordinary file")
        if hasattr(os, "geteuid") and state.st_uid != os.geteuid():
            raise StoreUnsafe(path, "it belongs to another user")
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise ValueError(f"it is larger than {MOST:,} bytes")
    notice = msgspec.json.decode(content, type=Notice)
    if notice.format != FORMAT:
        raise ValueError(f"another version of Brim wrote it (format {notice.format})")
    if not path.name.startswith(f"{notice.pid}-"):
        raise ValueError(f"it is not the file of process {notice.pid}")
    return notice


def _reason(error: Exception) -> str:
    if isinstance(error, StoreUnsafe):
        return error.detail
    if isinstance(error, OSError):
        return f"it cannot be read: {error.strerror}"
    return str(error)


def place() -> str:
    """This machine, and on Linux the namespace in which its numbers of processes hold."""
    from platform import node

    try:
        return f"{node()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return node()


def born(pid: int) -> int:
    """When a process began, on Linux in ticks since the machine did (man 5 proc), else 0."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def _runs(notice: Notice, path: Path) -> bool:
    if sys.platform == "win32":  # a signal 0 would end it there
        from time import time

        return time() - path.stat().st_mtime < OLD
    if notice.pid <= 0:
        return False
    try:
        os.kill(notice.pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):  # none, or another user's by now
        return False
    return not notice.born or born(notice.pid) == notice.born

"""Files that only their owner reads and writes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from brim.errors import StoreCorrupt, StoreError, StoreUnsafe

__all__ = ["SIDES", "claim", "owned_directory", "set_aside"]

SIDES = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, by the end of the name."""

_HEADER = 100
_MAGIC = b"SQLite format 3\x00"


def claim(path: Path, application: int, schema: int, *, in_use: bool = False) -> None:
    """Make sure that the file is there, is ours, is for its owner only, and is empty or a
    database of this application and no newer schema. A file that is not stays as it is.

    One that is `in_use` by this process was looked at before, and must not be opened here: a
    process that closes any handle of a file loses all its locks on it, SQLite's too
    (sqlite.org/howtocorrupt.html, 2.2). Raises `StoreUnsafe`, `StoreCorrupt` and `StoreError`.
    """
    owned_directory(path.parent)
    if in_use:
        return
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise StoreError(path, f"it cannot be opened: {error.strerror}") from error
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise StoreUnsafe(path, "it is no ordinary file: choose another name")
        if _foreign(state):
            raise StoreUnsafe(path, "it belongs to another user: choose another name")
        header = os.read(handle, _HEADER)
        if header:
            _check(path, header, application, schema)
        if stat.S_IMODE(state.st_mode) != 0o600 and hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def owned_directory(directory: Path) -> None:
    """Make the directory for its owner only. One that is there must be ours, and nobody else may
    write to it. Raises `StoreUnsafe` and `StoreError`."""
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        state = directory.stat()
    except OSError as error:
        raise StoreError(directory, f"it cannot be made: {error.strerror}") from error
    if _foreign(state):
        raise StoreUnsafe(directory, "it belongs to another user: choose a directory of your own")
    if os.name == "posix" and state.st_mode & 0o022:
        raise StoreUnsafe(
            directory, f"others may write to it: run `chmod go-w {directory}` or choose another one"
        )


def set_aside(path: Path) -> Path:
    """Move a damaged file, and what belongs to it, out of the way; where it is now."""
    number = 1
    while (new := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for side in SIDES:
        old = path.with_name(path.name + side)
        if old.exists():
            old.rename(new.with_name(new.name + side))
    return new


def _foreign(state: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and state.st_uid != os.geteuid()


def _check(path: Path, header: bytes, application: int, schema: int) -> None:
    """SQLite keeps the user's version at byte 60 of its header and the application id at
    byte 68 (sqlite.org/fileformat2.html)."""
    if not header.startswith(_MAGIC) or header[68:72] != application.to_bytes(4, "big"):
        raise StoreCorrupt(path, "it is not a store of Brim: move it away or name another file")
    if int.from_bytes(header[60:64], "big") > schema:
        raise StoreError(path, "a newer version of Brim made it: upgrade, or name another file")

"""What is inside of a store's file, and what its failures mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from brim.errors import StoreCorrupt, StoreError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["APPLICATION", "SCHEMA", "explained", "prepare", "shrink", "used"]

APPLICATION = 0x4272696D
"""SQLite's application id: "Brim" in ASCII."""

SCHEMA = 1
BATCH = 500
"""Entries looked at and removed at once."""

_CREATE = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    expires REAL, used REAL NOT NULL, UNIQUE (name, key)
);
CREATE INDEX entries_used ON entries (used);
CREATE INDEX entries_expires ON entries (expires) WHERE expires IS NOT NULL
"""


def prepare(link: sqlite3.Connection) -> None:
    """Make the tables of a new file, in one transaction, before the log is switched on: the
    file's own first page then says at once whose it is."""
    link.execute("PRAGMA secure_delete = FAST")
    link.execute("BEGIN IMMEDIATE")
    try:
        if not link.execute("PRAGMA user_version").fetchone()[0]:
            for statement in _CREATE.split(";"):
                link.execute(statement)
            link.execute(f"PRAGMA application_id = {APPLICATION}")
            link.execute(f"PRAGMA user_version = {SCHEMA}")
        link.execute("COMMIT")
    except BaseException:
        if link.in_transaction:
            link.execute("ROLLBACK")
        raise
    link.execute("PRAGMA journal_mode = WAL")
    link.execute("PRAGMA synchronous = NORMAL")


def used(link: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        link.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def shrink(link: sqlite3.Connection, most: int) -> None:
    """Remove the least recently used entries until so many bytes are used."""
    while (excess := used(link) - most) > 0:
        rows = link.execute(
            "SELECT id, length(key) + length(value) FROM entries ORDER BY used, id LIMIT ?",
            (BATCH,),
        ).fetchall()
        if not rows:
            return
        gone = []
        for row, size in rows:
            gone.append((row,))
            excess -= size
            if excess <= 0:
                break
        link.executemany("DELETE FROM entries WHERE id = ?", gone)


def explained(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    import sqlite3

    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return StoreCorrupt(path, f"it is damaged ({error})")
    advice = {
        sqlite3.SQLITE_FULL: "make room on the disk, or choose another directory",
        sqlite3.SQLITE_BUSY: "another process holds it for too long",
        sqlite3.SQLITE_READONLY: "it cannot be written: check the permissions",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check the permissions",
    }.get(code, "reading or writing failed")
    return StoreError(path, f"{advice} ({error})")

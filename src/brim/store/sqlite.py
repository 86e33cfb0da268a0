"""One small SQLite store: bytes under keys in named tables, in a file that only its owner reads.

Write-ahead log with `synchronous=NORMAL`: a killed process loses no finished write, a power cut
may lose the newest ones, neither corrupts the file. Safe for threads and for several processes.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, field, frozen

from brim.errors import StoreCorrupt, StoreError
from brim.store.files import claim, set_aside
from brim.store.schema import APPLICATION, SCHEMA, explained, prepare, shrink, used

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Key", "Store", "StoreStats", "Table", "open_store"]

Key = str | bytes
"""A text key is the same as its UTF-8 bytes."""

K = TypeVar("K", str, bytes, Key)
Entries = Mapping[str, bytes] | Mapping[bytes, bytes]

CHUNK = 500
"""Keys in one statement; SQLite takes at least 999 values."""

_LAST = b"\xff" * 64
"""Comes after what any key goes on with."""

PENDING = 256
"""Uses of entries remembered in memory before they are written down."""

SPARE = 0.9
"""A store that is too large is brought down to this share of its bound."""

_GET = (
    "SELECT id, key, value FROM entries WHERE name = ? AND (expires IS NULL OR expires > ?)"
    " AND key IN ("
)
_INSERT = "INSERT INTO entries (name, key, value, expires, used) VALUES (?, ?, ?, ?, ?) "
_REPLACE = (
    "ON CONFLICT (name, key) DO UPDATE SET"
    " value = excluded.value, expires = excluded.expires, used = excluded.used"
)
_IF_ABSENT = (
    _REPLACE + " WHERE entries.expires IS NOT NULL AND entries.expires <= excluded.used RETURNING 1"
)


@frozen
class StoreStats:
    """`entries` and `bytes` of values in all tables and by table; `size` is what the file uses."""

    entries: int
    bytes: int
    size: int
    tables: Mapping[str, tuple[int, int]]


@define(eq=False)
class Store:
    """Bytes under keys in named tables of one file.

    The file uses at most `max_bytes` (None: no bound), the least recently used entries go
    first; what has expired is removed every `cleanup_interval` seconds, on a write. `clock` gives
    seconds since 1970. A file that is no Brim store raises `StoreCorrupt` and is left as it is,
    unless `aside` says to move it out of the way. Raises `StoreUnsafe` when others may
    write to the directory, and `StoreError` when the file cannot be opened.
    """

    path: Path = field(converter=Path)
    max_bytes: int | None = field(default=None, kw_only=True)
    busy_timeout: float = field(default=5.0, kw_only=True)
    cleanup_interval: float = field(default=1_800.0, kw_only=True)
    aside: bool = field(default=False, kw_only=True)
    clock: Callable[[], float] = field(default=time.time, kw_only=True)
    _lock: RLock = field(factory=RLock, init=False)
    _uses: dict[int, tuple[float, float | None]] = field(factory=dict, init=False)
    _cleaned: float = field(default=0.0, init=False)
    _closed: bool = field(default=False, init=False)
    _link: sqlite3.Connection = field(init=False)
    _release: weakref.finalize[[], Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        try:
            self._open()
        except StoreCorrupt:
            if not self.aside:
                raise
            set_aside(self.path)
            self._open()

    def table(self, name: str) -> Table:
        """One table of the store, which is a cache tier too."""
        return Table(self, name)

    def get_many(
        self, table: str, keys: Sequence[K], *, touch: float | None = None
    ) -> dict[K, bytes]:
        """The entries that are there. `touch` lets them live that many seconds from now on."""
        now = self.clock()
        wanted: dict[bytes, K] = {_bytes(key): key for key in keys}
        found: dict[K, bytes] = {}
        with self._guarded() as link:
            for row, key, value in _select(link, table, now, list(wanted)):
                found[wanted[key]] = value
                self._uses[row] = (now, None if touch is None else now + touch)
        if len(self._uses) > PENDING:
            self.set_many(table, {})
        return found

    def items(self, table: str, prefix: bytes = b"") -> list[tuple[bytes, bytes]]:
        """All entries of a table whose key begins with `prefix`, by key."""
        with self._guarded() as link:
            return link.execute(
                "SELECT key, value FROM entries WHERE name = ? AND key >= ? AND key < ? AND"
                " (expires IS NULL OR expires > ?) ORDER BY key",
                (table, prefix, prefix + _LAST, self.clock()),
            ).fetchall()

    def set_many(self, table: str, entries: Entries, ttl: float | None = None) -> None:
        """Write entries, all or none, over what was there. `ttl` is in seconds; None keeps them
        until they are evicted. One larger than the whole store is not kept."""
        with self._writing() as link:
            link.executemany(_INSERT + _REPLACE, self._rows(table, entries, ttl))
            self._bound(link)

    def add_many(self, table: str, entries: Entries, ttl: float | None = None) -> int:
        """Write the entries that are not there yet, and count them: the first writer wins."""
        with self._writing() as link:
            added = sum(
                link.execute(_INSERT + _IF_ABSENT, row).fetchone() is not None
                for row in self._rows(table, entries, ttl)
            )
            self._bound(link)
        return added

    def delete_many(self, table: str, keys: Sequence[str] | Sequence[bytes]) -> None:
        """Remove these entries; missing ones do not matter."""
        with self._writing() as link:
            link.executemany(
                "DELETE FROM entries WHERE name = ? AND key = ?",
                [(table, _bytes(key)) for key in keys],
            )

    def clean(self) -> int:
        """Remove what has expired and what is too much; how many entries that were."""
        with self._writing() as link:
            before = link.total_changes
            self._expire(link)
            self._bound(link)
            return link.total_changes - before

    def purge(self, table: str | None = None) -> int:
        """Remove every entry of a table, or of all, and wipe their bytes; how many those were."""
        with self._writing() as link:
            sql = "DELETE FROM entries WHERE name = ifnull(?, name)"
            removed = link.execute(sql, (table,)).rowcount
        with self._guarded() as link:
            link.execute("VACUUM")
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    def stats(self) -> StoreStats:
        """What is in it. Reads the whole index: for people, not for every turn."""
        with self._guarded() as link:
            rows = link.execute(
                "SELECT name, count(*), sum(length(value)) FROM entries GROUP BY name"
            ).fetchall()
            size = used(link)
        tables = {name: (count, length) for name, count, length in rows}
        counts, lengths = [row[1] for row in rows], [row[2] for row in rows]
        return StoreStats(sum(counts), sum(lengths), size, tables)

    def close(self) -> None:
        """Close the file. Closing twice is allowed; using it afterwards raises `StoreError`.

        At the interpreter's end the connection may be gone already.
        """
        with self._lock:
            if not self._closed:
                try:
                    if self._release.alive:
                        self.set_many("", {})
                finally:
                    self._closed = True
                    self._release()

    def _open(self) -> None:
        import sqlite3

        with _opening:
            claim(self.path, APPLICATION, SCHEMA, in_use=self._is_in_use())
            self._link = sqlite3.connect(
                self.path,
                timeout=self.busy_timeout,
                isolation_level=None,
                check_same_thread=False,
            )
            self._release = weakref.finalize(self, self._link.close)
            try:
                with self._guarded() as link:
                    prepare(link)
            except BaseException:
                self._release()
                raise
            _STORES.add(self)

    def _is_in_use(self) -> bool:
        """Whether this process has the file open, under this name or another."""
        live = [store for store in _STORES if store is not self and not store._closed]
        return self.path.exists() and any(
            store.path.exists() and store.path.samefile(self.path) for store in live
        )

    def _reopen(self) -> None:
        """After a fork: a connection must never be used, nor closed, by two processes."""
        _INHERITED.append(self._link)
        self._release.detach()
        self._lock = RLock()
        self._uses = {}
        if not self._closed:
            self._open()

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        import sqlite3

        with self._lock:
            if self._closed:
                raise StoreError(self.path, "it is closed")
            try:
                yield self._link
            except sqlite3.DatabaseError as error:
                raise explained(self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._guarded() as link:
            link.execute("BEGIN IMMEDIATE")
            try:
                self._put_uses(link)
                if self.clock() - self._cleaned >= self.cleanup_interval:
                    self._expire(link)
                yield link
                link.execute("COMMIT")
            except BaseException:
                if link.in_transaction:
                    link.execute("ROLLBACK")
                raise

    def _rows(
        self, table: str, entries: Entries, ttl: float | None
    ) -> list[tuple[str, bytes, bytes, float | None, float]]:
        now = self.clock()
        expires = None if ttl is None else now + ttl
        most = float("inf") if self.max_bytes is None else self.max_bytes
        return [
            (table, _bytes(key), bytes(value), expires, now)
            for key, value in entries.items()
            if len(value) <= most
        ]

    def _put_uses(self, link: sqlite3.Connection) -> None:
        if not self._uses:
            return
        link.executemany(
            "UPDATE entries SET used = ?, expires = ifnull(?, expires) WHERE id = ?",
            [(used, expires, row) for row, (used, expires) in self._uses.items()],
        )
        self._uses.clear()

    def _expire(self, link: sqlite3.Connection) -> None:
        self._cleaned = self.clock()
        link.execute("DELETE FROM entries WHERE expires <= ?", (self._cleaned,))

    def _bound(self, link: sqlite3.Connection) -> None:
        if self.max_bytes is not None and used(link) > self.max_bytes:
            shrink(link, int(self.max_bytes * SPARE))


@frozen
class Table:
    """One table of a store: a cache tier, and put-if-absent."""

    store: Store
    name: str

    def get_many(self, keys: Sequence[K], *, touch: float | None = None) -> dict[K, bytes]:
        return self.store.get_many(self.name, keys, touch=touch)

    def set_many(self, entries: Entries, ttl: float | None = None) -> None:
        self.store.set_many(self.name, entries, ttl)

    def add_many(self, entries: Entries, ttl: float | None = None) -> int:
        return self.store.add_many(self.name, entries, ttl)

    def delete_many(self, keys: Sequence[str] | Sequence[bytes]) -> None:
        self.store.delete_many(self.name, keys)

    def items(self, prefix: bytes = b"") -> list[tuple[bytes, bytes]]:
        return self.store.items(self.name, prefix)


def open_store(
    path: str | os.PathLike[str], *, max_bytes: int | None = None, aside: bool = False
) -> Store:
    """Open, or make, the store in this file; see `Store`."""
    return Store(Path(path), max_bytes=max_bytes, aside=aside)


def _select(
    link: sqlite3.Connection, table: str, now: float, keys: Sequence[bytes]
) -> Iterator[tuple[int, bytes, bytes]]:
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        yield from link.execute(_GET + ",".join("?" * len(chunk)) + ")", (table, now, *chunk))


def _bytes(key: Key) -> bytes:
    return key if isinstance(key, bytes) else key.encode("utf-8", "surrogatepass")


_STORES: weakref.WeakSet[Store] = weakref.WeakSet()
_opening = RLock()
_INHERITED: list[sqlite3.Connection] = []


def _after_fork() -> None:
    global _opening  # noqa: PLW0603  the old one may be held by a thread that is not here
    _opening = RLock()
    for store in list(_STORES):
        store._reopen()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

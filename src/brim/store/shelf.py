"""A store in memory: what `Store` does on disk, for as long as the process lives."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from attrs import define, field

__all__ = ["Shelf"]

_EXTRA = 200
"""About the bytes that an entry takes beside its value."""


@define(eq=False)
class Shelf:
    """Bytes under keys in named tables, at most `max_bytes` of them; the least recently used
    go first. Not safe for threads by itself."""

    max_bytes: int
    clock: Callable[[], float] = time.time
    _entries: OrderedDict[tuple[str, bytes], tuple[bytes, float | None]] = field(
        factory=OrderedDict, init=False
    )
    _bytes: int = field(default=0, init=False)

    def get_many(self, table: str, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The entries that are there."""
        found = {}
        for key in keys:
            value = self._live((table, key))
            if value is not None:
                self._entries.move_to_end((table, key))
                found[key] = value
        return found

    def items(self, table: str, prefix: bytes = b"") -> list[tuple[bytes, bytes]]:
        """All entries of a table whose key begins with `prefix`, by key."""
        keys = [k for t, k in list(self._entries) if t == table and k.startswith(prefix)]
        values = [(key, self._live((table, key))) for key in sorted(keys)]
        return [(key, value) for key, value in values if value is not None]

    def set_many(
        self, table: str, entries: Mapping[bytes, bytes], ttl: float | None = None
    ) -> None:
        """Write entries over what was there."""
        expires = None if ttl is None else self.clock() + ttl
        for key, value in entries.items():
            self._drop((table, key))
            if len(value) + _EXTRA <= self.max_bytes:
                self._entries[table, key] = (value, expires)
                self._bytes += len(value) + _EXTRA
        while self._bytes > self.max_bytes:
            self._drop(next(iter(self._entries)))

    def delete_many(self, table: str, keys: Sequence[bytes]) -> None:
        """Remove these entries; missing ones do not matter."""
        for key in keys:
            self._drop((table, key))

    def purge(self) -> int:
        """Remove everything; how many entries that were."""
        count = len(self._entries)
        self._entries.clear()
        self._bytes = 0
        return count

    def close(self) -> None:
        """Let go of everything."""
        self.purge()

    def _live(self, place: tuple[str, bytes]) -> bytes | None:
        entry = self._entries.get(place)
        if entry is None:
            return None
        value, expires = entry
        if expires is not None and expires <= self.clock():
            self._drop(place)
            return None
        return value

    def _drop(self, place: tuple[str, bytes]) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._bytes -= len(entry[0]) + _EXTRA

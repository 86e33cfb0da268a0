"""The cache tier of one user: a table of the one SQLite store, in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from attrs import define, field, frozen, validators

from brim.api import Store, Table, cache_home, hookimpl

__all__ = ["DiskCache", "DiskCacheSettings", "DiskTier"]

BUSY = 1.0
"""Seconds that one process waits for another that writes. Requests wait less: this is for the
thread that does it in their place."""

TABLE = "cache"


@frozen
class DiskCacheSettings:
    """The file is `path`, else `cache.sqlite` in the user's folder for caches. It takes at most
    `max_bytes`, what was not used for longest goes first; what is over its time is removed every
    `cleanup_interval` seconds, which follows the kernel's `caching.cleanup_interval`."""

    path: str = ""
    max_bytes: int = field(default=256 * 1024 * 1024, validator=validators.ge(1024 * 1024))
    cleanup_interval: float = field(
        default=1_800.0,
        validator=validators.ge(0),
        metadata={"follows": "caching.cleanup_interval"},
    )

    @property
    def file(self) -> Path:
        return Path(self.path).expanduser() if self.path else cache_home() / "cache.sqlite"


@frozen
class DiskTier:
    """A table as a tier: text keys only."""

    table: Table
    reach: ClassVar[str] = "user"

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found = self.table.get_many(keys)
        return {str(key): value for key, value in found.items()}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self.table.set_many(entries, ttl)

    def add_many(self, entries: Mapping[str, bytes], ttl: float | None) -> int:
        return self.table.add_many(entries, ttl)

    def delete_many(self, keys: Sequence[str]) -> None:
        self.table.delete_many(keys)

    def keys(self) -> Iterator[str]:
        return (key.decode("utf-8", "surrogatepass") for key, _ in self.table.items())


@define(eq=False)
class DiskCache:
    """Offers the tier `disk-cache`. A damaged file is set aside, and a new one begun."""

    settings: DiskCacheSettings
    name: ClassVar[str] = "disk-cache"
    _opened: list[Store] = field(factory=list, init=False)

    @hookimpl
    def provide_cache(self, name: str) -> DiskTier | None:
        """Raises `StoreError` when the file cannot be opened, `StoreUnsafe` when others than its
        owner could write there."""
        if name != self.name:
            return None
        settings = self.settings
        store = Store(
            settings.file,
            max_bytes=settings.max_bytes,
            busy_timeout=BUSY,
            cleanup_interval=settings.cleanup_interval,
            aside=True,
        )
        self._opened.append(store)
        return DiskTier(store.table(TABLE))

    @hookimpl
    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

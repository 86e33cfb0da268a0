"""The cache tier `diskcache`, for those who already run diskcache's tools on such folders."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from attrs import define, field, frozen, validators

from brim.api import StoreError, StoreUnsafe, cache_home, hookimpl, owned_directory

if TYPE_CHECKING:
    from diskcache_community import Cache

__all__ = ["DiskcacheCache", "DiskcacheSettings", "DiskcacheTier"]

BUSY = 1
"""Seconds that one process waits for another that writes. Requests wait less: this is for the
thread that does it in their place."""


@frozen
class DiskcacheSettings:
    """The section `[plugin.diskcache]`. The folder is `path`, else `diskcache` in the user's
    folder for caches; it takes about `max_bytes`, what was written first goes first. What is
    over its time is removed every `cleanup_interval` seconds, which follows the kernel's
    `caching.cleanup_interval`."""

    path: str = ""
    max_bytes: int = field(default=256 * 1024 * 1024, validator=validators.ge(1024 * 1024))
    cleanup_interval: float = field(
        default=1_800.0,
        validator=validators.ge(0),
        metadata={"follows": "caching.cleanup_interval"},
    )

    @property
    def folder(self) -> Path:
        return Path(self.path).expanduser() if self.path else cache_home() / "diskcache"


@define(eq=False)
class DiskcacheTier:
    """One folder of diskcache. Safe for threads and processes. Raises `StoreError`."""

    cache: Cache
    folder: Path
    cleanup_interval: float
    clock: Callable[[], float] = monotonic
    reach: ClassVar[str] = "user"
    _cleaned: float = field(init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._cleaned = self.clock()

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        with self._guarded():
            found = {key: self.cache.get(_name(key)) for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        with self._writing():
            for key, value in entries.items():
                self.cache.set(_name(key), value, expire=ttl)

    def add_many(self, entries: Mapping[str, bytes], ttl: float | None) -> int:
        """Write those that are not there yet, and count them."""
        with self._writing():
            return sum(self.cache.add(_name(key), v, expire=ttl) for key, v in entries.items())

    def delete_many(self, keys: Sequence[str]) -> None:
        with self._writing():
            for key in keys:
                self.cache.delete(_name(key))

    def keys(self) -> Iterator[str]:
        with self._guarded():
            names = [name for name in self.cache.iterkeys() if isinstance(name, bytes)]
        return (name.decode("utf-8", "surrogatepass") for name in names)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._guarded():
            if self._due():
                self.cache.expire()
            with self.cache.transact():
                yield

    def _due(self) -> bool:
        with self._lock:
            now = self.clock()
            due = now - self._cleaned >= self.cleanup_interval
            self._cleaned = now if due else self._cleaned
            return due

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        from diskcache_community import Timeout

        try:
            yield
        except Timeout as error:
            raise StoreError(self.folder, "another process holds it for too long") from error
        except (sqlite3.Error, OSError) as error:
            raise StoreError(self.folder, f"it cannot be used ({type(error).__name__})") from error


class DiskcacheCache:
    """Offers the tier `diskcache`."""

    name = "diskcache"

    def __init__(self, settings: DiskcacheSettings) -> None:
        self.settings = settings
        self._opened: list[Cache] = []

    @hookimpl
    def provide_cache(self, name: str) -> DiskcacheTier | None:
        """Raises `StoreUnsafe` when others than its owner could write there, else `StoreError`."""
        if name != self.name:
            return None
        cache = _open(self.settings)
        self._opened.append(cache)
        return DiskcacheTier(cache, self.settings.folder, self.settings.cleanup_interval)

    @hookimpl
    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()


def _open(settings: DiskcacheSettings) -> Cache:
    from diskcache_community import Cache

    from brim_diskcache.disk import BytesDisk

    folder = settings.folder
    _private(folder)
    try:
        return Cache(
            str(folder),
            timeout=BUSY,
            disk=BytesDisk,
            size_limit=settings.max_bytes,
            eviction_policy="least-recently-stored",
        )
    except (sqlite3.Error, OSError, ValueError) as error:
        raise StoreError(folder, f"diskcache cannot open it ({type(error).__name__})") from error


def _private(folder: Path) -> None:
    """For its owner only, and the database too: SQLite gives its other files the same mode."""
    owned_directory(folder)
    folder.chmod(0o700)
    database = folder / "cache.db"
    try:
        handle = os.open(database, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise StoreUnsafe(database, f"it cannot be opened: {error.strerror}") from error
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _name(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")

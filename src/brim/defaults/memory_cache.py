"""The cache tier of one process: least recently used out first, and what is over its time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from time import monotonic
from typing import ClassVar

from attrs import Factory, define, field, frozen, validators

from brim.api import hookimpl

__all__ = ["MemoryCache", "MemoryCacheSettings", "MemoryTier"]

OVERHEAD = 200
"""Bytes that an entry takes beside its key and value, about."""


@frozen
class MemoryCacheSettings:
    """At most `entries`, of at most `max_bytes` together with their keys. What is over its time
    is removed every `cleanup_interval` seconds, which follows the kernel's
    `caching.cleanup_interval` where it is not set."""

    entries: int = field(default=10_000, validator=validators.ge(0))
    max_bytes: int = field(default=64 * 1024 * 1024, validator=validators.ge(0))
    cleanup_interval: float = field(
        default=1_800.0,
        validator=validators.ge(0),
        metadata={"follows": "caching.cleanup_interval"},
    )


@define(eq=False)
class MemoryTier:
    """Safe for threads. `size` is the bytes that it takes, `clock` gives seconds that only grow."""

    settings: MemoryCacheSettings
    clock: Callable[[], float] = monotonic
    size: int = field(default=0, init=False)
    reach: ClassVar[str] = "process"
    _entries: OrderedDict[str, tuple[bytes, float]] = Factory(OrderedDict)
    _cleaned: float = field(init=False)
    _lock: Lock = Factory(Lock)

    def __attrs_post_init__(self) -> None:
        self._cleaned = self.clock()

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        with self._lock:
            now = self.clock()
            return {key: value for key in keys if (value := self._found(key, now)) is not None}

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        with self._lock:
            self._write(entries, ttl)

    def add_many(self, entries: Mapping[str, bytes], ttl: float | None) -> int:
        """Write those that are not there yet, and count them."""
        with self._lock:
            now = self.clock()
            new = {key: value for key, value in entries.items() if self._found(key, now) is None}
            self._write(new, ttl)
            return len(new)

    def delete_many(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._drop(key)

    def keys(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._entries))

    def _found(self, key: str, now: float) -> bytes | None:
        value, end = self._entries.get(key, (None, 0.0))
        if value is not None and end <= now:
            self._drop(key)
            return None
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def _write(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        now = self.clock()
        if now - self._cleaned >= self.settings.cleanup_interval:
            self._clean(now)
        end = float("inf") if ttl is None else now + ttl
        for key, value in entries.items():
            self._drop(key)
            if _weight(key, value) <= self.settings.max_bytes:
                self._entries[key] = value, end
                self.size += _weight(key, value)
        while len(self._entries) > self.settings.entries or self.size > self.settings.max_bytes:
            self._drop(next(iter(self._entries)))

    def _clean(self, now: float) -> None:
        self._cleaned = now
        for key in [key for key, (_, end) in self._entries.items() if end <= now]:
            self._drop(key)

    def _drop(self, key: str) -> None:
        value, _ = self._entries.pop(key, (None, 0.0))
        if value is not None:
            self.size -= _weight(key, value)


def _weight(key: str, value: bytes) -> int:
    return len(key) + len(value) + OVERHEAD


class MemoryCache:
    """Offers the tier `memory-cache`."""

    name = "memory-cache"

    def __init__(self, settings: MemoryCacheSettings) -> None:
        self.settings = settings

    @hookimpl
    def provide_cache(self, name: str) -> MemoryTier | None:
        return MemoryTier(self.settings) if name == self.name else None

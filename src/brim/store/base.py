"""What a cache tier must do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["Cache"]


class Cache(Protocol):
    """Bytes under string keys. A missing key is simply absent from the answer.

    `ttl` is in seconds; None keeps the entry until it is evicted. A tier may raise: the kernel
    goes on without it. It may also offer

    - `aget_many`, `aset_many`, `adelete_many` and `aadd_many`, which are then awaited;
    - `add_many(entries, ttl) -> int`, which writes only what is absent, as one step each, and gives
      the number of entries written: who was first then holds for all processes;
    - `keys() -> Iterable[str]`, for `brim cache stats`, `verify`, `clear` and `warm`;
    - `reach`, which is "process" for the memory of this process, "user" for files that only their
      owner reads and writes, and "shared", which is taken where nothing is said, for all else.
    """

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]: ...

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None: ...

    def delete_many(self, keys: Sequence[str]) -> None: ...

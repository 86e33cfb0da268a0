"""What a cache tier must do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

__all__ = ["Cache"]


class Cache(Protocol):
    """Bytes under string keys. A missing key is simply absent from the answer.

    `ttl` is in seconds; None keeps the entry until it is evicted. A tier may also
    offer `aget_many`, `aset_many` and `adelete_many`.
    """

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]: ...

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None: ...

    def delete_many(self, keys: Sequence[str]) -> None: ...

"""The embedding cache: the newest vectors in memory, all of them in one SQLite file."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import sqrt
from pathlib import Path
from threading import RLock

from attrs import define, field

from brim.api import Store, StoreError, open_store

__all__ = ["TABLE", "EmbeddingCache", "Vector", "key_of", "packed", "unpacked"]

TABLE = "embeddings"
Vector = bytes
"""Numbers of 32 bits, one after the other; of length 1."""


def key_of(embedder: str, text: str) -> bytes:
    """The key of a text, as this embedder sees it: 16 bytes that tell nothing of either."""
    said = f"{len(embedder)}\0{embedder}{text}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=16).digest()


@define(eq=False)
class EmbeddingCache:
    """At most `entries` vectors in memory, the least recently used go first, in front of the file
    at `path`, which takes at most `max_bytes`.

    New ones are written when there are `save_every`, and by `close`. The file is opened when it is
    first needed; one that cannot be used costs a warning, and memory does alone. Safe for threads.
    """

    path: Path
    entries: int = 5_000
    save_every: int = 100
    max_bytes: int = 512 * 1024 * 1024
    _held: OrderedDict[bytes, Vector] = field(factory=OrderedDict, init=False)
    _new: dict[bytes, Vector] = field(factory=dict, init=False)
    _store: Store | None = field(default=None, init=False)
    _broken: bool = field(default=False, init=False)
    _lock: RLock = field(factory=RLock, init=False)

    def __len__(self) -> int:
        return len(self._held)

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, Vector]:
        """The vectors that are there."""
        with self._lock:
            held, found = self._held, dict[bytes, Vector]()
            for key in keys:
                vector = held.get(key) or self._new.get(key)
                if vector is not None:
                    found[key] = vector
                    if key in held:
                        held.move_to_end(key)
            missing = [key for key in keys if key not in found]
            there = self._read(missing) if missing else {}
            self._hold(there)
            return found | there

    def set_many(self, vectors: Mapping[bytes, Vector]) -> None:
        """Keep vectors."""
        with self._lock:
            self._new |= vectors
            self._hold(vectors)
            if len(self._new) >= self.save_every:
                self.save()

    def save(self) -> None:
        """Write what is new, in one step."""
        with self._lock:
            new, self._new = self._new, {}
            store = self._open() if new else None
            try:
                if store is not None:
                    store.set_many(TABLE, new)
            except StoreError as error:
                self._give_up(error)

    def close(self) -> None:
        """Write what is new, and close the file. What comes later opens it again."""
        with self._lock:
            self.save()
            store, self._store = self._store, None
            if store is not None:
                store.close()

    def _hold(self, vectors: Mapping[bytes, Vector]) -> None:
        self._held |= vectors
        while len(self._held) > self.entries:
            self._held.popitem(last=False)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Vector]:
        store = self._open()
        try:
            return {} if store is None else store.get_many(TABLE, keys)
        except StoreError as error:
            self._give_up(error)
            return {}

    def _open(self) -> Store | None:
        if self._store is None and not self._broken:
            try:
                self._store = open_store(self.path, max_bytes=self.max_bytes, aside=True)
            except StoreError as error:
                self._give_up(error)
        return self._store

    def _give_up(self, error: StoreError) -> None:
        from loguru import logger

        self._broken, self._store = True, None
        logger.warning(f"embeddings are kept in memory only: {error}")


def packed(vector: Sequence[float]) -> Vector:
    """A vector, brought to length 1."""
    length = sqrt(sum(number * number for number in vector)) or 1.0
    return array("f", [number / length for number in vector]).tobytes()


def unpacked(vector: Vector) -> array[float]:
    """The numbers of a vector."""
    numbers = array("f")
    numbers.frombytes(vector)
    return numbers

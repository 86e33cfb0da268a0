"""Token counts of texts that were counted before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

__all__ = ["Known", "Memo"]

SHORT = 1_024
"""Characters up to which a text is its own key; longer ones are kept as 16 bytes."""

BRIEF = 200
"""Characters up to which a text is counted again in next to no time. Key points count thousands
of lines; they must not push out the messages that these stood in."""

_ENTRY = 160
"""Bytes that an entry takes beside its key, about."""

Key = tuple[int, str | bytes]
Known = tuple[int, float]
"""A count, and the margin of the counter that gave it."""

Kept = OrderedDict[Key, Known]


class Memo:
    """Least recently used counts, bounded by `entries` and by `size` in bytes. Brief texts give way
    to others while they are more than half of the entries.

    A space, a number from `space`, keeps the counts of one encoding and scale apart from
    those of others. Safe to share between threads. `hits` and `misses` count texts.
    """

    def __init__(self, entries: int = 2_000, size: int = 4_000_000) -> None:
        self.entries = entries
        self.size = size
        self.hits = 0
        self.misses = 0
        self._spaces: dict[tuple[str, float], int] = {}
        self._brief: Kept = OrderedDict()
        self._other: Kept = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._brief) + len(self._other)

    @property
    def held(self) -> int:
        """Bytes in use, about."""
        return self._held

    def space(self, encoding: str, scale: float) -> int:
        """The number under which counts of this encoding and scale are kept."""
        with self._lock:
            return self._spaces.setdefault((encoding, scale), len(self._spaces))

    def get_many(self, space: int, texts: Sequence[str]) -> list[Known | None]:
        """What is known of each text; None where nothing is."""
        keys = _keys(space, texts)
        found: list[Known | None] = []
        with self._lock:
            for text, key in zip(texts, keys, strict=True):
                kept = self._brief if len(text) <= BRIEF else self._other
                known = kept.get(key)
                found.append(known)
                if known is not None:
                    kept.move_to_end(key)
            missed = found.count(None)
            self.misses += missed
            self.hits += len(found) - missed
        return found

    def set_many(
        self, space: int, texts: Sequence[str], counts: Sequence[int], margin: float
    ) -> None:
        """Remember counts; the least recently used ones go when there is no room."""
        keys = _keys(space, texts)
        with self._lock:
            for text, key, count in zip(texts, keys, counts, strict=True):
                kept = self._brief if len(text) <= BRIEF else self._other
                if key in kept:
                    kept.move_to_end(key)
                else:
                    self._held += _weight(key[1])
                kept[key] = (count, margin)
            over = len(self) - self.entries
            while over > 0 or self._held > self.size:
                most = len(self._brief) > self.entries // 2 or not self._other
                (_, gone), _ = (self._brief if most else self._other).popitem(last=False)
                self._held -= _weight(gone)
                over -= 1


def _keys(space: int, texts: Sequence[str]) -> list[Key]:
    return [(space, text if len(text) <= SHORT else _digest(text)) for text in texts]


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _weight(key: str | bytes) -> int:
    return _ENTRY + (len(key) if isinstance(key, bytes) or key.isascii() else 4 * len(key))

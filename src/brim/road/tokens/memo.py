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

FEW = 500
"""Texts counted at once beyond which the brief ones are lines, of which hardly any is asked for
again: they are not remembered."""

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
        found: list[Known | None] = []
        brief, other = self._brief, self._other
        with self._lock:
            for text in texts:
                size = len(text)
                key = (space, text if size <= SHORT else _digest(text))
                kept = brief if size <= BRIEF else other
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
        brief, other = self._brief, self._other
        alike = {count: (count, margin) for count in {*counts}}
        lines = len(texts) > FEW
        with self._lock:
            for text, key, count in zip(texts, _keys(space, texts), counts, strict=True):
                if lines and len(text) <= BRIEF:
                    continue
                kept = brief if len(text) <= BRIEF else other
                if kept.pop(key, None) is None:
                    self._held += _weight(key[1])
                kept[key] = alike[count]
            over = len(self) - self.entries
            while over > 0 or self._held > self.size:
                most = len(brief) > self.entries // 2 or not other
                (_, gone), _ = (brief if most else other).popitem(last=False)
                self._held -= _weight(gone)
                over -= 1


def _keys(space: int, texts: Sequence[str]) -> list[Key]:
    return [(space, text if len(text) <= SHORT else _digest(text)) for text in texts]


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _weight(key: str | bytes) -> int:
    return _ENTRY + (len(key) if isinstance(key, bytes) or key.isascii() else 4 * len(key))

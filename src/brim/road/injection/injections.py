"""What was put behind which user message: every later request sends it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from attrs import Factory, define

__all__ = ["Injections"]

ENTRY = 200
"""Bytes that an entry takes beside its text, about."""


@define(eq=False)
class Injections:
    """Texts by the chain value of their message, "" where nothing was found for it.

    Bounded by `max_bytes`, the least recently used first; an entry unused for `ttl` seconds is
    forgotten. `clock` gives seconds.
    """

    max_bytes: int
    ttl: float
    clock: Callable[[], float] = lambda: 0.0
    held: int = 0
    _entries: OrderedDict[bytes, tuple[float, str]] = Factory(OrderedDict)

    def get(self, value: bytes) -> str | None:
        """The text, None where nothing is known."""
        entry = self._entries.get(value)
        if entry is None:
            return None
        if self.clock() - entry[0] > self.ttl:
            self._forget(value)
            return None
        self._entries[value] = (self.clock(), entry[1])
        self._entries.move_to_end(value)
        return entry[1]

    def put(self, value: bytes, text: str) -> str:
        """Keep the text unless there is one: the one that is kept."""
        there = self.get(value)
        if there is not None:
            return there
        self._entries[value] = (self.clock(), text)
        self.held += _weight(text)
        while self.held > self.max_bytes and len(self._entries) > 1:
            self._forget(next(iter(self._entries)))
        return text

    def adopt(self, value: bytes, text: str) -> None:
        """Keep the text in place of any other."""
        if value in self._entries:
            self._forget(value)
        self.put(value, text)

    def _forget(self, value: bytes) -> None:
        self.held -= _weight(self._entries.pop(value)[1])


def _weight(text: str) -> int:
    return ENTRY + (len(text) if text.isascii() else 4 * len(text))

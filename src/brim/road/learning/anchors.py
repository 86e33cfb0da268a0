"""Requests whose count is known, by the place in their conversation at which they ended."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence

from attrs import Factory, define, frozen

from brim.road.tokens.slopes import Mix

__all__ = ["Anchor", "Anchors"]

MOST = 512
"""Messages, from the last one back, at which an anchor is looked for."""


@frozen
class Anchor:
    """A request whose count is known: so many of `ours` were `theirs`. It ended at message
    `length` of its conversation, which consists of `mix`."""

    ours: int
    theirs: int
    length: int
    mix: Mix
    cap: int | None = None


@define(eq=False)
class Anchors:
    """Anchors by model and by the chain value of the last message. The `most` that were used last
    are kept."""

    most: int
    _kept: OrderedDict[tuple[str, bytes], tuple[bytes, Anchor]] = Factory(OrderedDict)
    _begun: Counter[tuple[str, bytes]] = Factory(Counter)

    def __len__(self) -> int:
        return len(self._kept)

    def at(self, model: str, value: bytes) -> Anchor | None:
        """That of the request that ended here."""
        found = self._kept.get((model, value))
        return found[1] if found else None

    def last(self, model: str, chain: Sequence[bytes]) -> Anchor | None:
        """The last one of this conversation."""
        for value in reversed(chain[max(len(chain) - MOST, 1) :]) if self._kept else ():
            found = self.at(model, value)
            if found is not None:
                self._kept.move_to_end((model, value))
                return found
        return None

    def begun(self, model: str, first: bytes) -> bool:
        """Whether there is one of a conversation whose first message has this value."""
        return (model, first) in self._begun

    def keep(self, model: str, chain: Sequence[bytes], anchor: Anchor) -> None:
        """Keep that of the request that ends this chain, in place of any other."""
        first, key = chain[min(1, len(chain) - 1)], (model, chain[-1])
        if key not in self._kept:
            self._begun[model, first] += 1
        self._kept[key] = first, anchor
        self._kept.move_to_end(key)
        if len(self._kept) > self.most:
            (old, _), (begun, _) = self._kept.popitem(last=False)
            self._begun[old, begun] -= 1
            if not self._begun[old, begun]:
                del self._begun[old, begun]

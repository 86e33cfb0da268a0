"""The exchanges of a conversation as passages, indexed as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import Factory, define

from brim.model.conversation import Exchange
from brim.model.messages import Document, Part, Text, ToolCall, ToolResult
from brim.retrieval.index import Index
from brim.retrieval.passages import Passage, Passages, pieces

__all__ = ["SERIES", "Talk"]

SERIES = ""
"""The conversation itself needs no name."""

Print = tuple[int, tuple[bytes, ...]]


@define(eq=False)
class Talk:
    """Passages of exchanges. Only exchanges that were not there before are read."""

    index: Index = Factory(Index)
    passages: dict[tuple[str, int], Passage] = Factory(dict)
    _known: list[Print] = Factory(list)
    _ends: list[int] = Factory(list)

    def follow(self, exchanges: Sequence[Exchange]) -> Passages:
        """Hold these exchanges and no others, in their order; their passages."""
        prints = [(one.index, tuple(m.fingerprint for m in one.messages)) for one in exchanges]
        same = _common(self._known, prints)
        self._cut(same)
        new: dict[tuple[str, int], Passage] = {}
        for number in range(same, len(exchanges)):
            place = self._end + (number > 0 and prints[number][0] != prints[number - 1][0] + 1)
            for passage in _passages(exchanges[number], place):
                new[passage.key] = passage
                place = passage.place + 1
            self._known.append(prints[number])
            self._ends.append(place)
        self.index.add({key: passage.text for key, passage in new.items()})
        self.passages |= new
        return self.passages

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _cut(self, length: int) -> None:
        """Forget all but the first exchanges."""
        del self._known[length:], self._ends[length:]
        places = range(self._end, 1 + max((key[1] for key in self.passages), default=-1))
        gone = [(SERIES, place) for place in places if (SERIES, place) in self.passages]
        self.index.remove(gone)
        for key in gone:
            del self.passages[key]


def _common(known: Sequence[Print], prints: Sequence[Print]) -> int:
    for number, (one, other) in enumerate(zip(known, prints, strict=False)):
        if one != other:
            return number
    return min(len(known), len(prints))


def _passages(exchange: Exchange, place: int) -> Iterator[Passage]:
    for message in exchange.messages:
        for said in filter(None, (_said(part) for part in message.parts)):
            for _, piece in pieces(said):
                text = f"{message.name or message.role}: {piece}"
                number, speaker = exchange.index + 1, message.name or ""
                yield Passage(SERIES, place, text, "exchange", number, speaker)
                place += 1


def _said(part: Part) -> str:
    """What can be found in a part; nothing in pictures, and thinking is the model's own."""
    if isinstance(part, Text | Document):
        return part.text
    if isinstance(part, ToolCall):
        return f"{part.name}({part.arguments})"
    return part.text if isinstance(part, ToolResult) else ""

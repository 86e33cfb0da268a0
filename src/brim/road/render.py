"""From a plan to the messages that go out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from attrs import Factory, define, field, frozen

from brim.dialects.base import Parsed, Wire
from brim.road.plan import Paths, Plan, Span
from brim.road.timeline import Timeline
from brim.road.units import lasting
from brim.texts import wrap_note

__all__ = ["Item", "Rendering"]

SHORTEST = "…"
"""The body of a note that only keeps a request well-formed."""

Texts = Mapping[int, Paths]


@frozen
class Item:
    """One message of the output.

    `wire` is None for a raw message that goes out as it came. `source` is the raw
    message it was made of, None for a note.
    """

    parsed: Parsed
    tokens: int
    source: int | None = None
    wire: Wire | None = None

    def same(self, other: Item) -> bool:
        """Whether both send the same bytes."""
        return self.source == other.source and self.wire == other.wire


@define(eq=False)
class Rendering:
    """The output of a plan over a timeline. It grows with the timeline, message by message.

    With `merges`, users' messages that became neighbours are joined, and assistants' are
    kept apart by the shortest note.
    """

    timeline: Timeline
    plan: Plan
    merges: bool
    items: list[Item] = Factory(list)
    tokens: int = 0
    messages: int = 0
    _texts: Mapping[int, Mapping[int, Texts]] = field(init=False)
    _noted: set[int] = field(init=False, factory=set)
    _started: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._texts = self.plan.by_exchange()

    def grow(self) -> Rendering:
        """Render the raw messages that came since the last call."""
        while self.messages < len(self.timeline):
            self.messages = self._message(self.messages)
        return self

    def _message(self, index: int) -> int:
        """Render one raw message; the index of the next."""
        owners = self.timeline.grouping.owners[index]
        spans = [self.plan.span_of(owner) for owner in owners]
        partless = not self.timeline.message(index).parts
        if not any(spans) and (partless or not any(owner in self._texts for owner in owners)):
            self._put(self._raw(index))
            return index + 1
        held: list[int] = []
        texts: dict[int, Paths] = {}
        for owner, span in zip(owners, spans, strict=True):
            if span is None:
                self._hold(owner, index, held, texts)
            elif span.note is not None and span.start not in self._noted:
                self._noted.add(span.start)
                self._send(index, held, texts)
                held, texts = [], {}
                self._note(span.note)
        self._send(index, held, texts)
        return self._after(index, spans[-1]) if spans else index + 1

    def _after(self, index: int, span: Span | None) -> int:
        """The next message to look at: what lies wholly inside of a span is passed over."""
        if span is None:
            return index + 1
        groups, instructions = self.timeline.groups, self.timeline.instructions
        end = groups[span.stop].first if span.stop < len(groups) else len(self.timeline)
        at = bisect_right(instructions, index)
        return max(index + 1, min([end, *instructions[at : at + 1]]))

    def _hold(
        self,
        owner: int,
        index: int,
        held: list[int],
        texts: dict[int, Paths],
    ) -> None:
        """Keep the parts of message `index` that belong to this exchange."""
        for number, piece in enumerate(self.timeline.groups[owner].pieces):
            if piece.message != index:
                continue
            parts = self.timeline.message(index).parts
            mine = range(len(parts)) if piece.parts is None else piece.parts
            places = lasting([parts[i] for i in mine])
            new = self._texts.get(owner, {}).get(number, {})
            texts.update({mine[places[part]]: paths for part, paths in new.items()})
            held.extend(mine)

    def _send(self, index: int, held: Sequence[int], texts: Texts) -> None:
        if not held:
            return
        if len(held) == len(self.timeline.message(index).parts) and not texts:
            self._put(self._raw(index))
        else:
            wire = self.timeline.dialect.select(self.timeline.wire(index), held, texts)
            self._put(self._made(wire, index))

    def _note(self, body: str) -> None:
        self._put(self._made(self.timeline.dialect.note(wrap_note(body)), None))

    def _raw(self, index: int) -> Item:
        return Item(self.timeline.parsed[index], self.timeline.tokens[index], index)

    def _made(self, wire: Wire, source: int | None) -> Item:
        parsed = self.timeline.dialect.parse(wire, len(self.items))
        tokens = self.timeline.counter.messages([parsed.message])[0]
        return Item(parsed, tokens, source, wire)

    def _put(self, item: Item) -> None:
        role = item.parsed.message.role
        last = self.items[-1] if self.items else None
        if role == "assistant" and self._must_stand_apart(last, item):
            self._note(SHORTEST)
            last = None
        if last is not None and self._joins(last, item):
            self.items.pop()
            self.tokens -= last.tokens
            item = self._made(
                self.timeline.dialect.merge(self._wire(last), self._wire(item)), item.source
            )
        self._started = self._started or not item.parsed.message.is_instruction
        self.items.append(item)
        self.tokens += item.tokens

    def _wire(self, item: Item) -> Wire:
        if item.wire is not None:
            return item.wire
        return self.timeline.wire(item.source or 0)

    def _joins(self, last: Item, item: Item) -> bool:
        return (
            self.merges
            and last.parsed.message.role == item.parsed.message.role == "user"
            and not _neighbours(last, item)
        )

    def _must_stand_apart(self, last: Item | None, item: Item) -> bool:
        if not self._started:
            return self.timeline.dialect.starts_with_user and self._opened_by_user()
        return (
            self.merges
            and last is not None
            and last.parsed.message.role == "assistant"
            and not _neighbours(last, item)
        )

    def _opened_by_user(self) -> bool:
        groups = self.timeline.groups
        return bool(groups) and self.timeline.message(groups[0].first).role == "user"


def _neighbours(last: Item, item: Item) -> bool:
    """Whether the two stood next to each other before Brim did anything."""
    return last.source is not None and item.source is not None and item.source - last.source == 1

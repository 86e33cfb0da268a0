"""From a plan to the messages that go out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from attrs import Factory, define, evolve, field, frozen

from brim.dialects.base import Parsed, Wire
from brim.model.messages import Thinking
from brim.road.plans.handles import Handles, handles_of, shown_texts
from brim.road.plans.plan import Paths, Plan, Span
from brim.road.plans.timeline import Timeline, link
from brim.road.plans.units import lasting
from brim.texts import wrap_note

__all__ = ["SHORTEST", "Item", "Rendering"]

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
    handles: Handles = field(init=False)
    texts: Mapping[int, Mapping[int, Texts]] = field(init=False)
    _changed: int | None = field(init=False, default=None)
    _noted: set[int] = field(init=False, factory=set)
    _moved: dict[int, list[Span]] = field(init=False, factory=dict)
    _started: bool = field(init=False, default=False)
    _linked: tuple[int, bytes] = field(init=False, default=(0, b""))

    def __attrs_post_init__(self) -> None:
        self.handles = handles_of(self.timeline, self.plan)
        self.texts = shown_texts(self.timeline, self.handles, self.plan)
        for span in self.plan.spans:
            if span.at is not None:
                around = self.plan.span_of(span.at)
                place = self.timeline.groups[around.start if around else span.at].first
                self._moved.setdefault(place, []).append(span)
        touched = self.plan.first_touched
        if touched is not None:
            self._changed = self.timeline.groups[touched[0]].pieces[touched[1]].message
        bare = min((i for i in self.timeline.injected if i < self.plan.plain), default=None)
        if bare is not None:
            self._changed = bare if self._changed is None else min(bare, self._changed)

    def grow(self) -> Rendering:
        """Render the raw messages that came since the last call."""
        while self.messages < len(self.timeline):
            self.messages = self._message(self.messages)
        return self

    def end(self) -> bytes:
        """The value in the chain at which a conversation would end that is this output."""
        at, value = self._linked
        value = _follow(value or self.timeline.seed, self.items[at:-1])
        self._linked = max(len(self.items) - 1, 0), value  # the last item may still change
        return _follow(value, self.items[-1:])

    def refreshed(self, index: int) -> Self | None:
        """This rendering after message `index` got other marks; None if it must be made anew."""
        places = [i for i, item in enumerate(self.items) if item.source == index]
        if any(self.items[i].wire is not None for i in places):
            return None
        for i in places:
            self.items[i] = evolve(self.items[i], parsed=self.timeline.parsed[index])
        return self

    def mixed(self, index: int) -> Self | None:
        """This rendering after context was put behind message `index`; None if it must be made
        anew, because something follows that message."""
        if self.messages <= index:
            return self
        if not self.items or self.items[-1].source != index:
            return None
        last = self.items[-1]
        self.items[-1] = self._with_context(last, index)
        self.tokens += self.items[-1].tokens - last.tokens
        return self

    def bears(self, index: int) -> bool:
        """Whether something injected goes out behind the message: until it is condensed."""
        if index not in self.timeline.injected or index < self.plan.plain:
            return False
        owner = self.timeline.grouping.owners[index][-1]
        return self.plan.span_of(owner) is None and owner not in self.texts

    def _message(self, index: int) -> int:
        """Render one raw message; the index of the next."""
        for moved in self._moved.get(index, ()):
            self._noted.add(moved.start)
            self._put(self._made(self._note(moved), None))
        owners = self.timeline.grouping.owners[index]
        spans = [self.plan.span_of(owner) for owner in owners]
        silent = {owner for owner in owners if self._silenced(owner, index)}
        partless = not self.timeline.message(index).parts
        held: list[int] = []
        texts: dict[int, Paths] = {}
        touched = any(spans) or bool(silent) or self._unbound(index)
        if not touched and (partless or not any(owner in self.texts for owner in owners)):
            self._put(self._with_context(self._raw(index), index))
            return index + 1
        for owner, span in zip(owners, spans, strict=True):
            if span is None:
                self._hold(owner, index, held, texts, owner in silent)
            elif span.note is not None and span.start not in self._noted:
                self._noted.add(span.start)
                self._send(index, held, texts)
                held, texts = [], {}
                self._put(self._made(self._note(span), None))
        self._send(index, held, texts, last=True)
        return self._after(index, spans[-1]) if spans else index + 1

    def loses_thinking(self, index: int, owner: int) -> bool:
        """Whether thinking in the message's share in this exchange does not go out."""
        return self._unbound(index) or self._silenced(owner, index)

    def _unbound(self, index: int) -> bool:
        """Whether thinking in this message is bound to a beginning that is no more."""
        if self._changed is None or not self._changed <= index < self.plan.bound:
            return False
        return any(isinstance(part, Thinking) for part in self.timeline.message(index).parts)

    def _after(self, index: int, span: Span | None) -> int:
        """The next message to look at: what lies wholly inside of a span is passed over."""
        if span is None:
            return index + 1
        groups, instructions = self.timeline.groups, self.timeline.instructions
        end = groups[span.stop].first if span.stop < len(groups) else len(self.timeline)
        at = bisect_right(instructions, index)
        return max(index + 1, min([end, *instructions[at : at + 1]]))

    def _silenced(self, owner: int, index: int) -> bool:
        """Whether the plan leaves out the thinking in this message."""
        if not self.plan.silent:
            return False
        return (owner, self._piece(owner, index)) in self.plan.silent

    def _piece(self, owner: int, index: int) -> int:
        """Which piece of its exchange this message is."""
        pieces = self.timeline.groups[owner].pieces
        return bisect_left(pieces, index, key=lambda piece: piece.message)

    def _hold(
        self,
        owner: int,
        index: int,
        held: list[int],
        texts: dict[int, Paths],
        silent: bool,
    ) -> None:
        """Keep the parts of message `index` that belong to this exchange."""
        number = self._piece(owner, index)
        chosen = self.timeline.groups[owner].pieces[number].parts
        parts = self.timeline.message(index).parts
        mine = range(len(parts)) if chosen is None else chosen
        places = lasting([parts[i] for i in mine])
        new = self.texts.get(owner, {}).get(number, {})
        texts.update({mine[places[part]]: paths for part, paths in new.items()})
        silent = silent or self._unbound(index)
        held.extend([mine[i] for i in places] if silent else mine)

    def _send(self, index: int, held: Sequence[int], texts: Texts, *, last: bool = False) -> None:
        """Put out these parts of a message; behind its `last` ones goes what was injected."""
        if not held:
            return
        if len(held) == len(self.timeline.message(index).parts) and not texts:
            item = self._raw(index)
        else:
            wire = self.timeline.dialect.select(self.timeline.wire(index), held, texts)
            item = self._made(wire, index)
        self._put(self._with_context(item, index) if last else item)

    def _with_context(self, item: Item, index: int) -> Item:
        """The message with what was injected behind it."""
        if not self.bears(index):
            return item
        dialect, block = self.timeline.dialect, self.timeline.injected[index]
        return self._made(dialect.merge(self._wire(item), dialect.note(block.text)), index)

    def _note(self, span: Span) -> Wire:
        text = wrap_note(span.note or SHORTEST, self.handles.spans[span.start])
        return self.timeline.dialect.note(text, [*self._marked(span)])

    def _marked(self, span: Span) -> Iterator[Wire]:
        """The messages in the span that bear a cache mark; of those that are only partly in it,
        that part, since what stays behind keeps its own."""
        timeline, parts = self.timeline, dict[int, list[int] | None]()
        for group in timeline.groups[span.start : span.stop]:
            for piece in group.pieces:
                if timeline.parsed[piece.message].cache_marks:
                    known = parts.get(piece.message, [])
                    whole = piece.parts is None or known is None
                    parts[piece.message] = None if whole else [*(known or ()), *(piece.parts or ())]
        for index, inside in sorted(parts.items()):
            wire = timeline.wire(index)
            yield wire if inside is None else timeline.dialect.select(wire, inside, {})

    def _raw(self, index: int) -> Item:
        return Item(self.timeline.parsed[index], self.timeline.tokens[index], index)

    def _made(self, wire: Wire, source: int | None) -> Item:
        parsed = self.timeline.dialect.parse(wire, len(self.items))
        tokens = self.timeline.counter.messages([parsed.message])[0]
        return Item(parsed, tokens, source, wire)

    def _put(self, item: Item) -> None:
        last = self.items[-1] if self.items else None
        if self._must_stand_apart(last, item):
            self._put(self._made(self.timeline.dialect.note(wrap_note(SHORTEST)), None))
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
        if last is not None and self._started and _neighbours(last, item):
            return False
        before = last.parsed.message.role if last is not None and self._started else None
        return _needs_bridge(self.timeline, self.merges, before, item.parsed.message.role)


def _follow(value: bytes, items: Sequence[Item]) -> bytes:
    """The value in the chain behind these messages."""
    for item in items:
        message = item.parsed.message
        value = value if message.is_instruction else link(value, message.fingerprint)
    return value


def _needs_bridge(timeline: Timeline, merges: bool, before: str | None, after: str) -> bool:
    """Whether something must stand between messages of these roles that became neighbours;
    `before` is None where `after` would be the first message."""
    if after != "assistant":
        return False
    if before is None:
        groups = timeline.groups
        opened_by_user = bool(groups) and timeline.message(groups[0].first).role == "user"
        return timeline.dialect.starts_with_user and opened_by_user
    return merges and before == "assistant"


def _neighbours(last: Item, item: Item) -> bool:
    """Whether the two stood next to each other before Brim did anything."""
    return last.source is not None and item.source is not None and item.source - last.source == 1

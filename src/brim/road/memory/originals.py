"""What a handle stands for, and the original messages that it leads back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from attrs import frozen

from brim.dialects.base import Dialect, Wire
from brim.road.intake.wires import copied
from brim.road.plans.handles import THINKING, Handles, digest_of, link_at, place_of
from brim.road.plans.parts import lasting, spoken, told
from brim.road.plans.plan import Plan, Span, Spot
from brim.road.plans.timeline import Timeline
from brim.texts import handles_in

__all__ = ["Entry", "Kind", "Original", "entries_of", "original", "original_in", "quoted_of"]

Kind = Literal["left out", "replaced", "shortened"]


@frozen
class Original:
    """What stood where a handle is now. `messages` are as they came, `places` their positions
    in the request at that time. `text` is all that they said, of a shortened part only that part.
    """

    handle: str
    kind: Kind
    messages: tuple[Mapping[str, object], ...]
    places: tuple[int, ...]
    text: str


class Entry(msgspec.Struct, frozen=True):
    """What a handle stands for: `count` messages of a chain up to its value `link` in place
    `index`, which make the exchanges [start, stop). `chosen` are the parts of a message of which
    not all belong to it, `part` is the one that was shortened. `digest` is the whole handle."""

    handle: str
    digest: str
    kind: Kind
    dialect: str
    link: bytes
    index: int
    count: int
    start: int
    stop: int
    places: list[int]
    chosen: dict[int, list[int]] = {}
    part: int | None = None

    def stands_in(self, chain: Sequence[bytes]) -> bool:
        """Whether this is the conversation that it is about."""
        return self.index < len(chain) and chain[self.index] == self.link

    def named(self, handle: str) -> bool:
        """Whether the handle, or the beginning of it that is given, means this."""
        return handle == self.handle or self.digest.startswith(handle)


def entries_of(timeline: Timeline, plan: Plan, handles: Handles, offset: int) -> list[Entry]:
    """All that the plan changes, in order. `offset` instructions stand in front."""
    spans = [_of_span(timeline, span, handles.spans[span.start], offset) for span in plan.spans]
    spots = [_of_spot(timeline, spot, handles.spots[spot], offset) for spot in handles.spots]
    return sorted([*spans, *spots], key=lambda entry: (entry.start, entry.index, entry.part or 0))


def quoted_of(timeline: Timeline, plan: Plan, offset: int) -> list[Entry]:
    """What the handles stand for that notes quote: parts that were shortened first, and then
    went into the note with all around them."""
    found: list[Entry] = []
    for span in plan.spans:
        wanted = set(handles_in(span.note or ""))
        for spot in _spots(timeline, span) if wanted else ():
            digest = digest_of(timeline, spot)
            named = [handle for handle in wanted if digest.startswith(handle)]
            found += [_of_spot(timeline, spot, handle, offset) for handle in named[:1]]
    return found


def _spots(timeline: Timeline, span: Span) -> Iterator[Spot]:
    """All parts of these exchanges."""
    for exchange in range(span.start, span.stop):
        for number, piece in enumerate(timeline.groups[exchange].pieces):
            parts = timeline.message(piece.message).parts
            mine = parts if piece.parts is None else [parts[i] for i in piece.parts]
            yield from ((exchange, number, part) for part in range(len(lasting(mine))))


def original_in(timeline: Timeline, entry: Entry) -> Original:
    """The original, from the conversation itself."""
    apart = set(timeline.instructions)
    inside = [i for i in range(len(timeline)) if i not in apart][: entry.index]
    wires = [
        {key: copied(value) for key, value in timeline.wire(i).items()}
        for i in inside[-entry.count :]
    ]
    return original(entry, wires, timeline.dialect)


def original(entry: Entry, wires: Sequence[Wire], dialect: Dialect) -> Original:
    """The original, of the messages that belong to it."""
    views = [dialect.parse(wire, i).message for i, wire in enumerate(wires)]
    if entry.part is not None:
        text = told(views[0].parts[entry.part])
    else:
        said = [f"{one.role}:\n{spoken(one, entry.chosen.get(i))}" for i, one in enumerate(views)]
        text = "\n\n".join(said)
    messages = [
        dialect.select(wire, entry.chosen[i], {}) if i in entry.chosen else wire
        for i, wire in enumerate(wires)
    ]
    return Original(entry.handle, entry.kind, tuple(messages), tuple(entry.places), text)


def _of_span(timeline: Timeline, span: Span, handle: str, offset: int) -> Entry:
    pieces = [p for group in timeline.groups[span.start : span.stop] for p in group.pieces]
    messages = list(dict.fromkeys(piece.message for piece in pieces))
    chosen: dict[int, list[int]] = {}
    for place, message in enumerate(messages):
        if not all(span.start <= i < span.stop for i in timeline.grouping.owners[message]):
            mine = [piece.parts or () for piece in pieces if piece.message == message]
            chosen[place] = [part for parts in mine for part in parts]
    index = link_at(timeline, messages[-1])
    return Entry(
        handle=handle,
        digest=digest_of(timeline, span),
        kind="left out" if span.note is None else "replaced",
        dialect=timeline.dialect.name,
        link=timeline.chain[index],
        index=index,
        count=len(messages),
        start=span.start,
        stop=span.stop,
        places=[offset + message for message in messages],
        chosen=chosen,
    )


def _of_spot(timeline: Timeline, spot: Spot, handle: str, offset: int) -> Entry:
    exchange, piece, _ = spot
    message = timeline.groups[exchange].pieces[piece].message
    index = link_at(timeline, message)
    return Entry(
        handle=handle,
        digest=digest_of(timeline, spot),
        kind="left out" if spot[2] == THINKING else "shortened",
        dialect=timeline.dialect.name,
        link=timeline.chain[index],
        index=index,
        count=1,
        start=exchange,
        stop=exchange + 1,
        places=[offset + message],
        part=place_of(timeline, spot),
    )

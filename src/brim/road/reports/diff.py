"""What a fit did, message by message."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from typing import Literal

from attrs import asdict, evolve, frozen

from brim.model.messages import Part, Thinking
from brim.road.memory.originals import Entry, original_in
from brim.road.memory.past import Past
from brim.road.plans.handles import THINKING
from brim.road.plans.parts import lasting, spoken, told
from brim.road.plans.plan import Spot
from brim.road.plans.units import rewritten
from brim.texts import wrap_note

__all__ = ["Change", "Diff"]

LINES = 6
"""Lines of a text that are shown at each end, in a terminal."""


Kind = Literal["kept", "left out", "replaced", "shortened"]


@frozen
class Change:
    """One piece of the conversation. `places` are the positions of its messages in the request,
    `role` is who spoke ("" for several), `before` the text that came in and `after` the one that
    goes out; `handle` leads back to the original."""

    kind: Kind
    places: tuple[int, ...]
    role: str
    before: str
    after: str
    handle: str = ""


@frozen
class Diff:
    """All pieces of a conversation, in order."""

    changes: tuple[Change, ...]

    @classmethod
    def of(cls, past: Past) -> Diff:
        """The story of one fit."""
        return cls((*_head(past), *_body(past)))

    @property
    def changed(self) -> tuple[Change, ...]:
        """All but what was kept."""
        return tuple(change for change in self.changes if change.kind != "kept")

    def as_dict(self) -> dict[str, object]:
        """Plain JSON data."""
        tally = Tally(change.kind for change in self.changes)
        return {"counts": dict(tally), "changes": [asdict(change) for change in self.changes]}

    def __str__(self) -> str:
        return "\n".join(line for change in self.changes for line in _lines(change))


def _head(past: Past) -> Iterator[Change]:
    for place, one in enumerate(past.head):
        text = spoken(one.message)
        yield Change("kept", (place,), one.message.role, text, text)


def _body(past: Past) -> Iterator[Change]:
    rendering = past.rendering
    gone = {entry.start: entry for entry in past.entries if entry.part is None}
    for index in range(past.length):
        owners = past.timeline.grouping.owners[index]
        for owner in owners:
            span = None if rendering is None else rendering.plan.span_of(owner)
            if span is None:
                yield from _stayed(past, owner, index)
            elif span.start in gone:
                yield _gone(past, gone.pop(span.start), span.note)
        if not owners:
            yield _kept(past, index, past.timeline.message(index).parts)


def _gone(past: Past, entry: Entry, note: str | None) -> Change:
    text = original_in(past.timeline, entry).text
    after = "" if note is None else wrap_note(note, entry.handle)
    return Change(entry.kind, tuple(entry.places), "", text, after, entry.handle)


def _stayed(past: Past, owner: int, index: int) -> Iterator[Change]:
    """The message's share in an exchange that was kept, part by part where some were changed."""
    pieces = past.timeline.groups[owner].pieces
    number = next(i for i, piece in enumerate(pieces) if piece.message == index)
    message = past.timeline.message(index)
    if (chosen := pieces[number].parts) is not None:
        message = message.only(chosen)
    rendering = past.rendering
    texts = {} if rendering is None else rendering.texts.get(owner, {}).get(number, {})
    loses = rendering is not None and rendering.loses_thinking(index, owner)
    new, places = rewritten(message, texts).parts, lasting(message.parts)
    held: list[Part] = []
    for place, (old, part) in enumerate(zip(message.parts, new, strict=True)):
        if old == part and not (loses and isinstance(old, Thinking)):
            held.append(old)
            continue
        if held:
            yield _kept(past, index, held)
            held = []
        part_number = THINKING if isinstance(old, Thinking) else places.index(place)
        handle = _handle(past, (owner, number, part_number))
        kind: Kind = "left out" if isinstance(old, Thinking) else "shortened"
        after = "" if kind == "left out" else told(part)
        yield Change(kind, (past.offset + index,), message.role, told(old), after, handle)
    if held:
        yield _kept(past, index, held)


def _handle(past: Past, spot: Spot) -> str:
    """Its handle; thinking that cannot go out after what was changed before it has none."""
    return "" if past.rendering is None else past.rendering.handles.spots.get(spot, "")


def _kept(past: Past, index: int, parts: Sequence[Part]) -> Change:
    message = past.timeline.message(index)
    text = spoken(evolve(message, parts=tuple(parts)))
    return Change("kept", (past.offset + index,), message.role, text, text)


def _lines(change: Change) -> Iterator[str]:
    where = f"{change.places[0]}-{change.places[-1]}" if len(change.places) > 1 else ""
    where = where or ", ".join(map(str, change.places))
    handle = f" ({change.handle})" if change.handle else ""
    yield f"@ {where} {change.role or 'several'}: {change.kind}{handle}"
    if change.kind == "kept":
        yield from _marked("  ", change.before)
        return
    yield from _marked("- ", change.before)
    yield from _marked("+ ", change.after)


def _marked(mark: str, text: str) -> list[str]:
    """The text's lines, those in the middle of a long one left out."""
    lines = text.splitlines()
    if len(lines) > 2 * LINES + 1:
        hidden = len(lines) - 2 * LINES
        lines = [*lines[:LINES], f"... {hidden} lines ...", *lines[-LINES:]]
    return [f"{mark}{line}" for line in lines]

"""Handles: short names of what was left out or shortened, the same in every process."""

from __future__ import annotations

from base64 import b32encode
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from hashlib import blake2b

from attrs import frozen

from brim.model.messages import Part, Thinking
from brim.road.plans.parts import lasting, told
from brim.road.plans.plan import Paths, Plan, Span, Spot
from brim.road.plans.timeline import Timeline
from brim.texts import with_handle

__all__ = [
    "SHORT",
    "THINKING",
    "Handles",
    "digest_of",
    "handles_of",
    "link_at",
    "place_of",
    "shown_texts",
]

SHORT = 6
"""Base32 characters of a handle; it is longer where two would be the same."""


THINKING = -1
"""Stands for the part of a spot whose thinking is left out."""


@frozen
class Handles:
    """The handles of a plan: of spans by their first exchange, and of parts that were rewritten
    or, under `THINKING`, left out."""

    spans: Mapping[int, str]
    spots: Mapping[Spot, str]


def handles_of(timeline: Timeline, plan: Plan) -> Handles:
    """The handles of all that the plan changes. Where two would be alike, the one that comes
    later in the conversation is longer."""
    taken: set[str] = set()
    spans: dict[int, str] = {}
    spots: dict[Spot, str] = {}
    silent = [(*place, THINKING) for place in plan.silent]
    targets: list[Span | Spot] = [*plan.spans, *plan.rewrites, *silent]
    for target in sorted(targets, key=_place):
        handle = _free(digest_of(timeline, target), taken)
        taken.add(handle)
        if isinstance(target, Span):
            spans[target.start] = handle
        else:
            spots[target] = handle
    return Handles(spans, spots)


def digest_of(timeline: Timeline, target: Span | Spot) -> str:
    """The whole handle, 26 characters: of the place, and of what the messages there say. It does
    not tell whose conversation it is: a handle is resolved within one."""
    known = timeline.digests  # a plan's handles are asked for again with every strategy
    place = (target.start, target.stop) if isinstance(target, Span) else target
    if place not in known:
        known[place] = _digest(timeline, target)
    return known[place]


def _digest(timeline: Timeline, target: Span | Spot) -> str:
    if isinstance(target, Span):
        groups = timeline.groups[target.start : target.stop]
        messages = dict.fromkeys(piece.message for group in groups for piece in group.pieces)
        place = f"{target.start}-{target.stop}"
    else:
        messages = dict.fromkeys([timeline.groups[target[0]].pieces[target[1]].message])
        place = "{}.{}.{}".format(*target)
    prints = [timeline.message(index).fingerprint for index in messages]
    data = blake2b(b"".join([place.encode(), *prints]), digest_size=16).digest()
    return b32encode(data).decode().lower().rstrip("=")


def link_at(timeline: Timeline, message: int) -> int:
    """Where in the chain the value of this message stands."""
    return message + 1 - bisect_right(timeline.instructions, message)


def shown_texts(
    timeline: Timeline, handles: Handles, plan: Plan
) -> dict[int, dict[int, dict[int, Paths]]]:
    """The rewrites by exchange, piece and part, as they go out: with their handles."""
    found = plan.by_exchange()
    for (exchange, piece, part), paths in plan.rewrites.items():
        handle = handles.spots[exchange, piece, part]
        source = told(part_at(timeline, (exchange, piece, part)))
        shown = {path: with_handle(text, handle, source) for path, text in paths.items()}
        found[exchange][piece][part] = shown
    return found


def part_at(timeline: Timeline, spot: Spot) -> Part:
    """The part as it came."""
    piece = timeline.groups[spot[0]].pieces[spot[1]]
    return timeline.message(piece.message).parts[place_of(timeline, spot)]


def place_of(timeline: Timeline, spot: Spot) -> int:
    """The part's position in its whole message."""
    exchange, number, part = spot
    piece = timeline.groups[exchange].pieces[number]
    parts = timeline.message(piece.message).parts
    mine = range(len(parts)) if piece.parts is None else piece.parts
    if part == THINKING:
        return next(i for i in mine if isinstance(parts[i], Thinking))
    return mine[lasting([parts[i] for i in mine])[part]]


def _place(target: Span | Spot) -> tuple[int, int, int]:
    return (target.start, -1, -1) if isinstance(target, Span) else target


def _free(digest: str, taken: set[str]) -> str:
    return next(handle for handle in _lengths(digest) if handle not in taken)


def _lengths(digest: str) -> Iterator[str]:
    return (digest[:length] for length in range(SHORT, len(digest) + 1))

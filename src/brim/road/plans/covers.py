"""Which messages of a request a strategy's edits are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from attrs import evolve, frozen

from brim.model.decisions import Drop, Edit, Replace
from brim.road.plans.grouping import Group
from brim.road.plans.units import Unit

__all__ = ["Cover", "covered"]

How = Literal["left out", "noted", "shortened"]


@frozen
class Cover:
    """A run of neighbouring exchanges that met the same fate.

    They take `messages` messages, at positions `first` to `last` of the request as it came.
    "noted" are those for which one note stands; "shortened" stay, with some part rewritten.
    """

    how: How
    first: int
    last: int
    messages: int
    exchanges: int


def covered(
    edits: Iterable[Edit], units: Sequence[Unit], groups: Sequence[Group], offset: int
) -> tuple[Cover, ...]:
    """The runs that these edits cover, in order. `offset` messages stand before all groups."""
    found: list[tuple[int, int, How]] = []
    single: dict[int, How] = {}
    for edit in edits:
        if isinstance(edit, Replace):
            places = sorted(edit.exchanges)
            found.append((units[places[0]].start, units[places[-1]].stop, "noted"))
        elif isinstance(edit, Drop):
            single |= dict.fromkeys(edit.exchanges, "left out")
        else:
            single[edit.exchange] = "shortened"
    found += [(units[i].start, units[i].stop, how) for i, how in single.items()]
    covers: list[Cover] = []
    end = -1
    for start, stop, how in sorted(found):
        cover = _cover(how, groups[start:stop], offset)
        joins = bool(covers) and how == covers[-1].how != "noted" and start == end
        covers[-1:] = [_joined(covers[-1], cover)] if joins else [*covers[-1:], cover]
        end = stop
    return tuple(covers)


def _cover(how: How, groups: Sequence[Group], offset: int) -> Cover:
    places = {piece.message + offset for group in groups for piece in group.pieces}
    return Cover(how, min(places), max(places), len(places), len(groups))


def _joined(one: Cover, other: Cover) -> Cover:
    shared = one.last == other.first
    return evolve(
        one,
        last=max(one.last, other.last),
        messages=one.messages + other.messages - shared,
        exchanges=one.exchanges + other.exchanges,
    )

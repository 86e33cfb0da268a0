"""The last line of a note: exact things that no kept unit mentions, under what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isqrt

from attrs import frozen

from brim.defaults.keypoints.lexer import NAMED, NUMBER, Concepts
from brim.defaults.keypoints.selection import Selection
from brim.defaults.keypoints.units import Kind, Unit

__all__ = ["LEAD", "Entry", "entries", "line"]

Count = Callable[[Sequence[str]], Sequence[int]]

LEAD = "also seen: "
_KEY = re.compile(r"[^\W\d_]{4,}")
_NEAR = 40
_LONGEST = 120
_MOST = 2_000
FINE = 10_000
"""The worth of an entry is divided by the root of its tokens, in units this small."""


@frozen
class Entry:
    """One thing and the name of what it is."""

    key: str
    shown: str
    tokens: int


def entries(selection: Selection, concepts: Concepts, room: int, count: Count) -> list[Entry]:
    """The entries worth most for each token that fit in `room` tokens."""
    homes = _homes(selection, concepts)
    best = sorted(homes, key=lambda number: (-selection.values[number], number))[: min(_MOST, room)]
    shown = [concepts.shown[number] for number in best]
    keys = [_key(selection.units[homes[number]], concepts.shown[number]) for number in best]
    tokens = count(shown)
    ranked = sorted(
        range(len(best)),
        key=lambda i: (-selection.values[best[i]] * FINE // isqrt(FINE * (tokens[i] + 1)), best[i]),
    )
    found: list[Entry] = []
    known: set[str] = set()
    for i in ranked:
        cost = tokens[i] + 1 + (0 if keys[i] in known else 2)
        if cost <= room:
            room -= cost
            known.add(keys[i])
            found.append(Entry(keys[i], shown[i], cost))
    return found


def line(found: Sequence[Entry]) -> str:
    """`also seen: key a, b; other c`, in the order of their worth."""
    groups: dict[str, list[str]] = {}
    for entry in found:
        groups.setdefault(entry.key, []).append(entry.shown)
    return LEAD + "; ".join(f"{key} {', '.join(shown)}".strip() for key, shown in groups.items())


def _homes(selection: Selection, concepts: Concepts) -> dict[int, int]:
    """For each entity that nothing kept mentions, the last unit that does."""
    covered = {number for place in selection.kept for number in selection.units[place].concepts}
    homes: dict[int, int] = {}
    for place, unit in enumerate(selection.units):
        exact = unit.kind in (Kind.ROW, Kind.PAIR, Kind.CALL)
        least = NUMBER if exact else NAMED
        for number in unit.concepts:
            if (
                concepts.types[number] >= least
                and number not in covered
                and len(concepts.shown[number]) <= _LONGEST
            ):
                homes[number] = place
    return homes


def _key(unit: Unit, shown: str) -> str:
    """Its column, its field, or the nearest word of four letters before it."""
    if unit.kind == Kind.ROW and unit.head is not None and unit.head.header is not None:
        cells = unit.text.split("|")
        columns = unit.head.header.columns
        for cell, column in zip(cells, columns, strict=False):
            if shown in cell:
                return column.rpartition(".")[2]
    text = unit.text or (unit.head.text if unit.head is not None else "")
    before = text[max(text.find(shown) - _NEAR, 0) : max(text.find(shown), 0)]
    if unit.kind in (Kind.PAIR, Kind.CALL):
        field = re.findall(r"([\w.]+)[=:] ?[^=]*$", before)
        if field:
            return str(field[-1]).rpartition(".")[2]
    words = _KEY.findall(before)[-1:]
    return words[0] if words else ""

"""The last line of a note: exact things that no kept unit mentions, under what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isqrt

from attrs import define, field, frozen

from brim.defaults.keypoints.lexer import NAMED, NUMBER, Concepts
from brim.defaults.keypoints.selection import Selection
from brim.defaults.keypoints.units import Kind, Unit

__all__ = ["LEAD", "Entry", "Index", "line"]

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


@define(eq=False)
class Index:
    """What could be named. Where a thing stood, and under what, is looked up once."""

    selection: Selection
    concepts: Concepts
    count: Count
    _homes: dict[int, int] = field(init=False)
    _keys: dict[int, str] = field(init=False, factory=dict)
    _tokens: dict[int, int] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._homes = _homes(self.selection.units, self.concepts)

    def entries(self, room: int) -> list[Entry]:
        """The entries that nothing kept mentions, worth most for each token, that fit in `room`
        tokens."""
        shown = self.concepts.shown
        found: list[Entry] = []
        known: set[str] = set()
        for number, tokens in self._ranked(self._uncovered()[: min(_MOST, room)]):
            if tokens >= room:
                continue
            key = self._key(number)
            cost = tokens + 1 + (0 if key in known else 2)
            if cost <= room:
                room -= cost
                known.add(key)
                found.append(Entry(key, shown[number], cost))
        return found

    def _ranked(self, numbers: Sequence[int]) -> list[tuple[int, int]]:
        """These with their tokens, those first that are worth most for each token."""
        values, shown, tokens = self.selection.values, self.concepts.shown, self._tokens
        fresh = [number for number in numbers if number not in tokens]
        tokens.update(zip(fresh, self.count([shown[number] for number in fresh]), strict=True))
        roots = {size: isqrt(FINE * (size + 1)) for size in {tokens[one] for one in numbers}}
        ranks = {one: -values[one] * FINE // roots[tokens[one]] for one in numbers}
        return [(one, tokens[one]) for one in sorted(sorted(numbers), key=ranks.__getitem__)]

    def _uncovered(self) -> list[int]:
        """Entities that no kept unit mentions, the most valuable first."""
        units, values = self.selection.units, self.selection.values
        covered = {number for place in self.selection.kept for number in units[place].concepts}
        return sorted(sorted(self._homes.keys() - covered), key=values.__getitem__, reverse=True)

    def _key(self, number: int) -> str:
        key = self._keys.get(number)
        if key is None:
            unit = self.selection.units[self._homes[number]]
            key = self._keys[number] = _key(unit, self.concepts.shown[number])
        return key


def line(found: Sequence[Entry]) -> str:
    """`also seen: key a, b; other c`, in the order of their worth."""
    groups: dict[str, list[str]] = {}
    for entry in found:
        groups.setdefault(entry.key, []).append(entry.shown)
    return LEAD + "; ".join(f"{key} {', '.join(shown)}".strip() for key, shown in groups.items())


def _homes(units: Sequence[Unit], concepts: Concepts) -> dict[int, int]:
    """For each entity the last unit that mentions it."""
    types, shown = concepts.types, concepts.shown
    homes: dict[int, int] = {}
    for place, unit in enumerate(units):
        exact = unit.kind in (Kind.ROW, Kind.PAIR, Kind.CALL)
        least = NUMBER if exact else NAMED
        for number in unit.concepts:
            if types[number] >= least and len(shown[number]) <= _LONGEST:
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

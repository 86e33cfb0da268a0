"""Which units are kept: the most worth for each token, each concept counting less once covered.

A lazy greedy cover: the heap holds what each unit was worth when it was last looked at, and a
unit is taken when it still is worth as much. Everything is in whole numbers, so the order is
the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush, heapreplace

from attrs import define, field, frozen

from brim.defaults.keypoints.units import Head, Header, Turn, Unit

__all__ = ["Selection", "Terms"]

FINE = 1 << 20
BITS = 32
PLACE = (1 << BITS) - 1
"""Where a unit's place stands in its rank."""

FAR = 50
"""Units in a row that did not fit, after which no more are tried."""


@frozen
class Terms:
    """How units are priced. A covered concept keeps `decay` tenths of its worth; worth is
    divided by tokens to the power of `power`; a turn costs `opening` tokens when its first unit
    is kept, of which `felt` count in the price."""

    decay: int = 3
    power: float = 0.85
    opening: int = 3
    felt: int = 0


@define(eq=False)
class Selection:
    """The units kept so far. `values` is what each concept is still worth."""

    units: Sequence[Unit]
    values: list[int]
    terms: Terms
    picked: list[int] = field(factory=list)
    kept: set[int] = field(factory=set)
    _open: set[Turn | Head | Header | str] = field(factory=set)
    _members: dict[Turn | Head, list[int]] = field(factory=dict)
    _powers: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for place, unit in enumerate(self.units):
            if unit.head is not None:
                self._members.setdefault(unit.head, []).append(place)
            elif self.terms.felt:
                self._members.setdefault(unit.turn, []).append(place)

    def take(self, places: Iterable[int], room: int) -> int:
        """Keep the best of these units for at most `room` tokens; gives the tokens spent."""
        heap = [self._rank(place) for place in places if place not in self.kept]
        heapify(heap)
        spent = misses = 0
        while heap and misses < FAR:
            place = heap[0] & PLACE
            score = 0 if place in self.kept else self.score(place)
            if score and (rank := place - (score << BITS)) > heap[0]:
                heapreplace(heap, rank)
                continue
            heappop(heap)
            if not score:
                continue
            cost = self.cost(place)
            if spent + cost > room:
                misses += 1
                continue
            misses = 0
            spent += cost
            for other in self.keep(place):
                heappush(heap, self._rank(other))
        return spent

    def _rank(self, place: int) -> int:
        """Score and place as one number, the least for the best: small, and quick to compare."""
        return place - (self.score(place) << BITS)

    def keep(self, place: int) -> list[int]:
        """Keep a unit; gives those that have become cheaper by it."""
        unit = self.units[place]
        self.kept.add(place)
        self.picked.append(place)
        values, decay = self.values, self.terms.decay
        for number in unit.concepts:
            values[number] = values[number] * decay // 10
        cheaper: list[int] = []
        for opener in (unit.head, unit.turn):
            if opener is not None and opener not in self._open:
                self._open.add(opener)
                cheaper += self._members.get(opener, ())
        if unit.head is not None and unit.head.header is not None:
            self._open.add(unit.head.header)
        self._open.add(unit.turn.stamp)
        return [one for one in cheaper if one not in self.kept]

    def drop_last(self) -> int | None:
        """Give up the unit kept last; what it had covered stays covered."""
        if not self.picked:
            return None
        place = self.picked.pop()
        self.kept.discard(place)
        return place

    def score(self, place: int) -> int:
        """What a unit is worth now for what it costs."""
        unit = self.units[place]
        size = unit.tokens
        if unit.head is not None:
            size += self._head(unit, shared=True)
        if self.terms.felt and unit.turn not in self._open:
            size += self.terms.felt
        factor = self._powers.get(size)
        if factor is None:
            factor = self._powers[size] = round(FINE / (size + 1) ** self.terms.power)
        return sum(map(self.values.__getitem__, unit.concepts)) * unit.prior * factor >> 10

    def cost(self, place: int) -> int:
        """Tokens that keeping it adds."""
        unit = self.units[place]
        cost = unit.tokens + 1 + self._head(unit, shared=False)
        if unit.turn not in self._open:
            cost += self.terms.opening
        if unit.turn.stamp and unit.turn.stamp not in self._open:
            cost += len(unit.turn.stamp) // 3 + 2
        return cost

    def _head(self, unit: Unit, shared: bool) -> int:
        head = unit.head
        if head is None or head in self._open:
            return 0
        tokens = head.tokens + 1
        if head.header is not None and head.header not in self._open:
            tokens += head.header.tokens + 1
        return tokens // head.share if shared else tokens

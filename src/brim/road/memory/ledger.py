"""What was done to which conversation: the records that later requests replay."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from attrs import Factory, define, frozen

from brim.model.decisions import PastCondensation
from brim.road.plans.plan import Plan

__all__ = ["Ledger", "Record", "Undone"]

DEEPER = 0.75
"""A record made for a budget below this share of the present one is passed over: it would
leave out what now has room."""

DAY = 86_400.0


@frozen
class Record:
    """The complete plan over a conversation's beginning, made for `budget` tokens."""

    plan: Plan
    budget: int
    history: tuple[PastCondensation, ...]


class Undone(msgspec.Struct, frozen=True):
    """What must not be condensed: the exchanges [start, stop) of conversations whose chain has
    the value `link` in place `index`."""

    link: bytes
    index: int
    start: int
    stop: int


@define(eq=False)
class Ledger:
    """Records by the chain value of the message they end at, in memory.

    Bounded by `max_bytes`, the least recently used first; an entry unused for `ttl`
    seconds is forgotten. `clock` gives seconds.
    """

    max_bytes: int = 64 * 1024 * 1024
    ttl: float = 30 * DAY
    clock: Callable[[], float] = lambda: 0.0
    _entries: OrderedDict[bytes, tuple[float, dict[int, Record]]] = Factory(OrderedDict)
    _undone: dict[Undone, float] = Factory(dict)
    _bytes: int = 0

    @property
    def held(self) -> int:
        """Bytes that the records take, about."""
        return self._bytes

    def expire(self) -> None:
        """Forget all that was unused for too long."""
        for value, (used, _) in list(self._entries.items()):
            self._expired(value, used)

    def find(self, chain: Sequence[bytes], budget: int, keep: Collection[int]) -> Record | None:
        """The record that ends last on this chain, made for a budget like this one.

        Records that touch an exchange of `keep` are passed over.
        """
        return self._last(chain, budget, keep)[1]

    def reach(self, chain: Sequence[bytes], budget: int, keep: Collection[int]) -> int:
        """How many values of the chain there are up to the end of the record that `find` gives."""
        return self._last(chain, budget, keep)[0]

    def _last(
        self, chain: Sequence[bytes], budget: int, keep: Collection[int]
    ) -> tuple[int, Record | None]:
        for place in range(len(chain) - 1, -1, -1):
            value = chain[place]
            entry = self._entries.get(value)
            if entry is None or self._expired(value, entry[0]):
                continue
            fitting = [record for made, record in entry[1].items() if made >= DEEPER * budget]
            fitting = [one for one in fitting if not any(one.plan.touches(i) for i in keep)]
            if fitting:
                self._entries[value] = (self.clock(), entry[1])
                self._entries.move_to_end(value)
                return place + 1, min(fitting, key=lambda record: record.budget)
        return 0, None

    def knows(self, chain: Iterable[bytes]) -> bool:
        """Whether there is any record of this conversation, for whatever budget."""
        return any(value in self._entries for value in chain)

    def undo(self, undone: Undone) -> bool:
        """From now on pin what was undone; whether that is new."""
        new = undone not in self._undone
        self._undone[undone] = self.clock()
        return new

    def redo(self, undone: Undone) -> None:
        """Pin it no more."""
        self._undone.pop(undone, None)

    def pins(self, chain: Sequence[bytes]) -> frozenset[int]:
        """The exchanges of this conversation of which a condensation was undone."""
        if not self._undone:
            return frozenset()
        limit = self.clock() - self.ttl
        here = [
            one
            for one, since in self._undone.items()
            if since >= limit and one.index < len(chain) and chain[one.index] == one.link
        ]
        return frozenset(i for one in here for i in range(one.start, one.stop))

    def put(self, value: bytes, record: Record, keep: Collection[int] = ()) -> Record:
        """Keep the record unless there is one for the same budget; the one that is kept. One that
        touches an exchange of `keep` makes room."""
        _, records = self._entries.get(value, (0.0, {}))
        there = records.get(record.budget)
        if there is not None and not any(there.plan.touches(i) for i in keep):
            return there
        self.adopt(value, record)
        return record

    def adopt(self, value: bytes, record: Record) -> None:
        """Keep the record in place of any other for its budget."""
        _, records = self._entries.get(value, (0.0, {}))
        if there := records.get(record.budget):
            self._bytes -= there.plan.bytes
        self._entries[value] = (self.clock(), {**records, record.budget: record})
        self._entries.move_to_end(value)
        self._bytes += record.plan.bytes
        while self._bytes > self.max_bytes and len(self._entries) > 1:
            self._forget(next(iter(self._entries)))

    def _expired(self, value: bytes, used: float) -> bool:
        expired = self.clock() - used > self.ttl
        if expired:
            self._forget(value)
        return expired

    def _forget(self, value: bytes) -> None:
        _, records = self._entries.pop(value)
        self._bytes -= sum(record.plan.bytes for record in records.values())

"""The ledger's records on the cache tiers: what one process condensed, all of them replay."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import msgspec
from attrs import frozen

from brim.road.ledger import Ledger, Record
from brim.road.trip import Trip
from brim.store.tiers import Plan, Tiers

__all__ = ["Errand", "Sharing"]

SPACE = "records"

FORMAT = 1
"""Of a list of records. One of another format is as good as none."""

MOST = 512
"""Messages, from the last one back, for which a record is looked for. Those that follow a record
stand as they came; a window that holds more of them needs no record."""


@frozen
class Errand:
    """Something to be asked of the tiers. The road yields it, so that neither its lock nor an event
    loop is held while a tier is waited for, and is sent what came of it."""

    tiers: Tiers
    plan: Plan[Any]

    def run(self) -> object:
        return self.tiers.run(self.plan)

    async def arun(self) -> object:
        return await self.tiers.arun(self.plan)


Errands = Generator[Errand, Any, None]


@frozen
class Sharing:
    """Reads records into the ledger, and offers those that were made. Records live `ttl` seconds
    from when they were last read."""

    ledger: Ledger
    tiers: Tiers
    ttl: float

    def learn(self, trip: Trip) -> Errands:
        """One batch for all places where the conversation may have a later record than is known."""
        chain = trip.timeline.chain
        known = self.ledger.reach(chain, trip.room.budget, trip.keep)
        keys = list(reversed(chain[max(1, known, len(chain) - MOST) :]))
        if not keys:
            return
        space = self.tiers.space(SPACE, trip.tenant)
        found = yield Errand(self.tiers, space.reading(keys, self.ttl))
        for value, packed in found.items():
            for record in _unpacked(packed):
                self.ledger.adopt(value, record)

    def offer(self, trip: Trip, record: Record) -> Generator[Errand, Any, Record]:
        """Write a record where there is none for its budget; the one that all will replay.

        One that touches what this conversation keeps makes room.
        """
        value, space = trip.timeline.chain[-1], self.tiers.space(SPACE, trip.tenant)
        own = _packed([record])
        if not own:
            return record
        packed = yield Errand(self.tiers, space.adding(value, own, self.ttl))
        there = {one.budget: one for one in _unpacked(packed)}
        winner = there.get(record.budget)
        if winner is not None and not any(winner.plan.touches(i) for i in trip.keep):
            self.ledger.adopt(value, winner)
            return winner
        there[record.budget] = record
        yield Errand(self.tiers, space.writing(value, _packed([*there.values()]), self.ttl))
        return record


def _packed(records: Sequence[Record]) -> bytes:
    """Nothing where a text has half of a surrogate pair, which no encoding of Unicode takes: such
    records stay with the process that made them."""
    try:
        return msgspec.msgpack.encode((FORMAT, records))
    except UnicodeEncodeError:
        return b""


def _unpacked(packed: bytes) -> tuple[Record, ...]:
    """The records, none where they cannot be read."""
    try:
        _, records = msgspec.msgpack.decode(packed, type=tuple[int, tuple[Record, ...]])
    except msgspec.DecodeError:
        return ()
    return records

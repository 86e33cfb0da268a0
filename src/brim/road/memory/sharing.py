"""The ledger's records on the cache tiers: what one process condensed, all of them replay."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from attrs import frozen

from brim.road.memory.ledger import Ledger, Record
from brim.road.plans.trip import Trip
from brim.store.tiers import Plan, Tiers

__all__ = ["AHEAD", "RECORDS", "Errand", "Sharing", "Shelf", "sharing_of"]

RECORDS, AHEAD = "records", "ahead"
"""Spaces: of records that are replayed, and of those that were made before they are due."""

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
class Shelf:
    """Keys in a space of the tiers, and who takes what is found under them."""

    keys: Sequence[bytes]
    adopt: Callable[[Mapping[bytes, bytes]], None]


@frozen
class Sharing:
    """Reads records into the ledgers, and offers those that were made. `ledgers` has one for each
    space. Records live `ttl` seconds from when they were last read."""

    ledgers: Mapping[str, Ledger]
    tiers: Tiers
    ttl: float

    def records(self, trip: Trip) -> dict[str, Shelf]:
        """All places where the conversation may have a later record than is known."""
        chain = trip.timeline.chain
        known = self.ledgers[RECORDS].reach(chain, trip.room.budget, trip.keep)
        keys = list(reversed(chain[max(1, known, len(chain) - MOST) :]))
        return {name: Shelf(keys, partial(_adopt, self.ledgers[name])) for name in self.ledgers}

    def learn(self, tenant: str, shelves: Mapping[str, Shelf]) -> Errands:
        """Read from several spaces in one batch; none where there is nothing to read."""
        names = {
            self.tiers.space(space, tenant).named(key): (space, key)
            for space, shelf in shelves.items()
            for key in shelf.keys
        }
        if not names:
            return
        found = yield Errand(self.tiers, self.tiers.read(list(names), self.ttl))
        there: dict[str, dict[bytes, bytes]] = {space: {} for space in shelves}
        for name, packed in found.items():
            space, key = names[name]
            there[space][key] = packed
        for space, shelf in shelves.items():
            shelf.adopt(there[space])

    def offer(
        self, trip: Trip, record: Record, name: str = RECORDS
    ) -> Generator[Errand, Any, Record]:
        """Write a record where there is none for its budget; the one that all will replay.

        One that touches what this conversation keeps makes room.
        """
        value, space = trip.timeline.chain[-1], self.tiers.space(name, trip.tenant)
        own = _packed([record])
        if not own:
            return record
        packed = yield Errand(self.tiers, space.adding(value, own, self.ttl))
        there = {one.budget: one for one in _unpacked(packed)}
        winner = there.get(record.budget)
        if winner is not None and not any(winner.plan.touches(i) for i in trip.keep):
            self.ledgers[name].adopt(value, winner)
            return winner
        there[record.budget] = record
        yield Errand(self.tiers, space.writing(value, _packed([*there.values()]), self.ttl))
        return record


def sharing_of(ledger: Ledger, ahead: Ledger | None, tiers: Tiers | None) -> Sharing | None:
    """None where there are no tiers."""
    if tiers is None:
        return None
    return Sharing({RECORDS: ledger} | ({AHEAD: ahead} if ahead else {}), tiers, ledger.ttl)


def _adopt(ledger: Ledger, found: Mapping[bytes, bytes]) -> None:
    for value, packed in found.items():
        for record in _unpacked(packed):
            ledger.adopt(value, record)


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
        version, records = msgspec.msgpack.decode(packed, type=tuple[int, tuple[Record, ...]])
    except msgspec.DecodeError:
        return ()
    return records if version == FORMAT else ()

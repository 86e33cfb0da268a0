"""Policies' accounts on the cache tiers: a conversation's goes on in whatever process its next
request comes to.

A page belongs to one request and is told from the page before it, so that processes which write the
same one write the same numbers. Therefore the last one to write wins: nothing is ever added up in a
place that two of them share.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import partial
from typing import Any

import msgspec
from attrs import evolve, frozen

from brim.road.learning.accounts import Accounts, Page
from brim.road.memory.sharing import Errand, Shelf
from brim.road.plans.trip import Trip
from brim.store.tiers import Tiers

__all__ = ["ACCOUNTS", "SharedAccounts"]

ACCOUNTS = "accounts"
"""The space of pages."""

FORMAT = 1
"""Of a page. One of another format is as good as none."""


@frozen
class SharedAccounts:
    """Reads pages into `accounts`, and writes those that are new or were reported on, for `ttl`
    seconds from when they were last read. Their time is in seconds since 1970 there."""

    accounts: Accounts
    tiers: Tiers
    ttl: float

    def shelf(self, trip: Trip) -> Shelf:
        """The places where this conversation may have a later page than is known here."""
        model, chain = trip.profile.name, trip.timeline.chain
        keys = {_key(model, value): value for value in self.accounts.unknown(model, chain)}
        return Shelf(list(keys), partial(self._adopt, trip, keys))

    def offer(self, tenant: str, model: str, value: bytes) -> Generator[Errand, Any, None]:
        """Write the page of the request that ends in this value of its chain, if there is one."""
        page = self.accounts.page(model, value)
        if page is not None:
            since = self.tiers.clock() - (self.accounts.clock() - page.time)
            packed = msgspec.msgpack.encode((FORMAT, evolve(page, time=since)))
            space = self.tiers.space(ACCOUNTS, tenant)
            yield Errand(self.tiers, space.writing(_key(model, value), packed, self.ttl))

    def _adopt(self, trip: Trip, keys: Mapping[bytes, bytes], found: Mapping[bytes, bytes]) -> None:
        """Take over the last page, and that of this very request, and tell the trip of them."""
        model, chain = trip.profile.name, trip.timeline.chain
        for key, value in reversed(list(keys.items())):
            page = _unpacked(found.get(key))
            if page is not None:
                idle = max(self.tiers.clock() - page.time, 0.0)
                self.accounts.adopt(model, value, evolve(page, time=self.accounts.clock() - idle))
                if value != chain[-1]:
                    break
        self.accounts.remember(trip)


def _key(model: str, value: bytes) -> bytes:
    return value + model.encode("utf-8", "surrogatepass")


def _unpacked(packed: bytes | None) -> Page | None:
    """The page, None where it cannot be read."""
    try:
        version, page = msgspec.msgpack.decode(packed or b"", type=tuple[int, Page])
    except msgspec.DecodeError:
        return None
    return page if version == FORMAT else None

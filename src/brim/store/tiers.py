"""Several cache tiers as one: read through, promoted, written through, sealed."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

from attrs import define, frozen

from brim.store.seal import Seal
from brim.store.tier import Method, Tier

__all__ = ["JITTER", "Plan", "Space", "Tiers"]

T = TypeVar("T")

JITTER = 0.1
"""The share by which lives differ, so that what was written together does not end together."""


@frozen
class _Call:
    """What is to be asked of a tier."""

    tier: Tier
    method: Method
    arguments: tuple[Any, ...]


@frozen
class _Entry:
    """A value, as it is and as it is kept. `expires` is in seconds since 1970, None for never."""

    value: bytes
    sealed: bytes
    expires: float | None


Plan = Generator[_Call, Any, T]
"""Yields calls, and is sent their answers: the same plan is run at once, or awaited."""


@define(eq=False)
class Tiers:
    """Caches, nearest first. Nothing here raises because of a cache: what none gives is missing.

    What is found is written to the nearer tiers; what is written goes to all of them. A
    `ttl` is seconds; an entry lives up to a tenth shorter, by its name. `clock` gives seconds
    since 1970.
    """

    tiers: Sequence[Tier]
    seal: Seal
    clock: Callable[[], float] = time.time

    def space(self, name: str, tenant: str = "") -> Space:
        """One space of one tenant."""
        return Space(self, name, tenant)

    def run(self, plan: Plan[T]) -> T:
        """Carry out a plan of `read`, `write`, `add` or `remove`."""
        answer = None
        while True:
            try:
                call = plan.send(answer)
            except StopIteration as end:
                found: T = end.value
                return found
            answer = call.tier.ask(call.method, *call.arguments)

    async def arun(self, plan: Plan[T]) -> T:
        """`run`, awaiting the tiers."""
        answer = None
        while True:
            try:
                call = plan.send(answer)
            except StopIteration as end:
                found: T = end.value
                return found
            answer = await call.tier.aask(call.method, *call.arguments)

    def read(self, names: Sequence[str], renew: float | None = None) -> Plan[dict[str, bytes]]:
        """The values that are there. Each tier is asked once, for what the nearer ones lack. What
        has less than half of `renew` seconds to live is given as many again."""
        found: dict[str, _Entry] = {}
        for place, tier in enumerate(self.tiers):
            missing = [name for name in names if name not in found]
            if not missing:
                break
            new = self._opened(tier, missing, (yield _Call(tier, "get_many", (missing,))))
            found |= new
            for near in self.tiers[:place] if new else ():
                yield from self._put(near, new)
        values = {name: entry.value for name, entry in found.items()}
        ending = {name: values[name] for name, one in found.items() if self._ends(one, renew)}
        yield from self.write(ending, renew)
        return values

    def write(self, values: Mapping[str, bytes], ttl: float | None) -> Plan[None]:
        """Write to every tier, over what was there."""
        entries = self._sealed(values, ttl)
        for tier in self.tiers if entries else ():
            yield from self._put(tier, entries)

    def add(self, name: str, value: bytes, ttl: float | None) -> Plan[bytes]:
        """Write where nothing is yet; what is there afterwards.

        The farthest tier that answers decides who was first, and the nearer ones follow it.
        """
        held = self._sealed({name: value}, ttl)
        decided = not held
        for tier in reversed(self.tiers) if held else ():
            if decided:
                yield from self._put(tier, held)
            elif (first := (yield from self._first(tier, held))) is not None:
                held, decided = first, True
        return held[name].value if held else value

    def remove(self, names: Sequence[str]) -> Plan[None]:
        for tier in self.tiers:
            yield _Call(tier, "delete_many", (names,))

    def close(self) -> None:
        """Let the tiers' threads end."""
        for tier in self.tiers:
            tier.close()

    def _first(self, tier: Tier, entries: dict[str, _Entry]) -> Plan[dict[str, _Entry] | None]:
        """What one tier holds after these were offered, None when it does not answer."""
        if tier.adds:
            sealed, ttl = self._batch(entries)
            added = yield _Call(tier, "add_many", (sealed, ttl))
            if added is None:
                return None
            if added:
                tier.count(writes=1)
                return entries
        answer = yield _Call(tier, "get_many", (list(entries),))
        if answer is None:
            return None
        there = self._opened(tier, list(entries), answer)
        if not there:  # nothing, or nothing that is ours
            yield from self._put(tier, entries)
        return there or entries

    def _put(self, tier: Tier, entries: Mapping[str, _Entry]) -> Plan[None]:
        sealed, ttl = self._batch(entries)
        if (yield _Call(tier, "set_many", (sealed, ttl))):
            tier.count(writes=len(sealed))

    def _batch(self, entries: Mapping[str, _Entry]) -> tuple[dict[str, bytes], float | None]:
        """As tiers take it. The seal tells each entry's own end; a tier keeps them all until the
        last of them."""
        ends = [entry.expires for entry in entries.values()]
        known = [end for end in ends if end is not None]
        ttl = max(known) - self.clock() if len(known) == len(ends) else None
        return {name: entry.sealed for name, entry in entries.items()}, ttl

    def _sealed(self, values: Mapping[str, bytes], ttl: float | None) -> dict[str, _Entry]:
        if ttl is not None and ttl <= 0:
            return {}
        now = self.clock()
        entries = {}
        for name, value in values.items():
            end = None if ttl is None else now + ttl * (1 - JITTER * _share(name))
            entries[name] = _Entry(value, self.seal.close(name, value, end), end)
        return entries

    def _opened(
        self, tier: Tier, names: Sequence[str], answer: Mapping[str, bytes] | None
    ) -> dict[str, _Entry]:
        """What of a tier's answer is ours and alive."""
        if answer is None:
            return {}
        now, found = self.clock(), {}
        there = [name for name in names if name in answer]
        for name in there:
            opened = self.seal.open(name, answer[name])
            if opened and (opened.expires is None or opened.expires > now):
                found[name] = _Entry(opened.value, answer[name], opened.expires)
        refused = sum(
            bool(self.seal.fault(name, answer[name])) for name in there if name not in found
        )
        tier.count(hits=len(found), misses=len(names) - len(found), refused=refused)
        return found

    def _ends(self, entry: _Entry, renew: float | None) -> bool:
        """Whether it has less than half of what it may be given."""
        if renew is None or entry.expires is None:
            return False
        return entry.expires - self.clock() < renew / 2


@frozen
class Space:
    """A space of one tenant: bytes under keys of bytes. Never raises because of a cache.

    Methods that begin with `a` await what their twins wait for.
    """

    tiers: Tiers
    name: str
    tenant: str = ""

    def reading(
        self, keys: Sequence[bytes], renew: float | None = None
    ) -> Plan[dict[bytes, bytes]]:
        """A plan for `get_many`."""
        names = {self.named(key): key for key in keys}
        found = yield from self.tiers.read(list(names), renew)
        return {names[name]: value for name, value in found.items()}

    def writing(self, key: bytes, value: bytes, ttl: float | None) -> Plan[None]:
        """A plan for `set`."""
        return self.writing_many({key: value}, ttl)

    def writing_many(self, entries: Mapping[bytes, bytes], ttl: float | None) -> Plan[None]:
        """A plan for writing several at once."""
        return self.tiers.write({self.named(key): value for key, value in entries.items()}, ttl)

    def adding(self, key: bytes, value: bytes, ttl: float | None) -> Plan[bytes]:
        """A plan for `add`."""
        return self.tiers.add(self.named(key), value, ttl)

    def get_many(self, keys: Sequence[bytes], renew: float | None = None) -> dict[bytes, bytes]:
        """The values that are there; `renew` is the life of those that are used."""
        return self.tiers.run(self.reading(keys, renew))

    async def aget_many(
        self, keys: Sequence[bytes], renew: float | None = None
    ) -> dict[bytes, bytes]:
        return await self.tiers.arun(self.reading(keys, renew))

    def get(self, key: bytes, renew: float | None = None) -> bytes | None:
        return self.get_many([key], renew).get(key)

    async def aget(self, key: bytes, renew: float | None = None) -> bytes | None:
        return (await self.aget_many([key], renew)).get(key)

    def set(self, key: bytes, value: bytes, ttl: float | None) -> None:
        """Write over what was there."""
        self.tiers.run(self.writing(key, value, ttl))

    async def aset(self, key: bytes, value: bytes, ttl: float | None) -> None:
        await self.tiers.arun(self.writing(key, value, ttl))

    def add(self, key: bytes, value: bytes, ttl: float | None) -> bytes:
        """Keep the value unless there is one: the one that is kept."""
        return self.tiers.run(self.adding(key, value, ttl))

    async def aadd(self, key: bytes, value: bytes, ttl: float | None) -> bytes:
        return await self.tiers.arun(self.adding(key, value, ttl))

    def delete_many(self, keys: Sequence[bytes]) -> None:
        self.tiers.run(self.tiers.remove([self.named(key) for key in keys]))

    def named(self, key: bytes) -> str:
        """The name under which the tiers keep it."""
        return self.tiers.seal.name(self.name, self.tenant, key)


def _share(name: str) -> float:
    """From 0 to under 1, the same for the same name."""
    return int(name[-6:], 16) / 0x1000000

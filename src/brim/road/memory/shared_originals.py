"""Originals on the cache tiers: what one process left out, another one can give back.

Two batches find an original: the entries of its handle, then the messages that they name.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from attrs import frozen

from brim.errors import SettingsError
from brim.road.memory.originals import Entry
from brim.road.memory.sharing import Errand
from brim.road.plans.handles import SHORT
from brim.road.plans.timeline import Timeline
from brim.settings.schema import ArchiveSettings
from brim.store.patience import patience
from brim.store.tiers import Plan, Space, Tiers

__all__ = ["Filed", "SharedOriginals", "shared_originals"]

MESSAGES, ORIGINALS = "messages", "originals"
FORMAT = 1
"""Of a list of entries. One of another format is as good as none."""

BATCH = 256 * 1024
"""Bytes in one batch, so that each is written well before a tier counts as slow."""

PATIENCE = 1.0
"""Seconds to wait for an original. Who asks for one waits for nothing else."""


class Filed(msgspec.Struct, frozen=True):
    """An entry, and the values in the chain of all messages that it covers."""

    entry: Entry
    links: list[bytes]

    @property
    def consistent(self) -> bool:
        """Whether the links are as many as the messages, the last of them the entry's own."""
        return len(self.links) == self.entry.count and self.links[-1:] == [self.entry.link]


@frozen
class SharedOriginals:
    """Writes originals to the tiers for `ttl` seconds, and finds them there."""

    tiers: Tiers
    ttl: float

    def offer(
        self,
        tenant: str,
        timeline: Timeline,
        messages: Mapping[bytes, bytes],
        entries: Sequence[Entry],
    ) -> Generator[Errand, Any, None]:
        """Write messages, by their value in the chain, and then the entries that name them. A
        handle that stands for something else too keeps that."""
        space = self.tiers.space(MESSAGES, tenant)
        for batch in _batches(messages):
            yield self._errand(space, batch)
        space, filed = self.tiers.space(ORIGINALS, tenant), _filed(timeline, entries)
        known = yield Errand(self.tiers, space.reading(list(filed)))
        merged = {key: _merged(new, known.get(key)) for key, new in filed.items()}
        for batch in _batches({key: _packed(all_) for key, all_ in merged.items()}):
            yield self._errand(space, batch)

    def _errand(self, space: Space, batch: Mapping[bytes, bytes]) -> Errand:
        return Errand(self.tiers, space.writing_many(batch, self.ttl))

    def entries(self, tenant: str, handle: str) -> list[Filed]:
        """The entries that this handle, or the beginning of one, may stand for."""
        if len(handle) < SHORT:
            return []
        key = _key(handle)
        with patience(PATIENCE):
            packed = self._run(self.tiers.space(ORIGINALS, tenant).reading([key])).get(key)
        return [one for one in _unpacked(packed) if one.entry.named(handle)]

    def messages(self, tenant: str, filed: Filed) -> list[tuple[bytes, bytes]] | None:
        """What was written under each value in the chain; None where a message is gone."""
        with patience(PATIENCE):
            found = self._run(self.tiers.space(MESSAGES, tenant).reading(filed.links))
        there = [(link, found[link]) for link in filed.links if link in found]
        return there if len(there) == len(filed.links) else None

    def _run(self, plan: Plan[dict[bytes, bytes]]) -> dict[bytes, bytes]:
        return self.tiers.run(plan)


def shared_originals(settings: ArchiveSettings, tiers: Tiers | None) -> SharedOriginals | None:
    """None where originals are kept elsewhere. Memory is no place for them where there is another:
    whole conversations would drive all else out of it. Raises `SettingsError` without tiers."""
    if settings.where != "caches":
        return None
    if tiers is None:
        raise SettingsError(
            'archive.where: "caches" keeps originals in the tiers of `caches`, which names none'
        )
    far = [tier for tier in tiers.tiers if tier.reach != "process"]
    return SharedOriginals(Tiers(far or tiers.tiers, tiers.seal, tiers.clock), settings.ttl)


def _key(handle: str) -> bytes:
    return handle[:SHORT].encode("utf-8", "surrogatepass")


def _filed(timeline: Timeline, entries: Sequence[Entry]) -> dict[bytes, list[Filed]]:
    found: dict[bytes, list[Filed]] = {}
    for one in entries:
        links = timeline.chain[one.index - one.count + 1 : one.index + 1]
        found.setdefault(_key(one.digest), []).append(Filed(one, links))
    return found


def _merged(new: Sequence[Filed], packed: bytes | None) -> list[Filed]:
    """The new ones, and those of other originals and conversations."""
    mine = {(one.entry.digest, one.entry.link) for one in new}
    others = [one for one in _unpacked(packed) if (one.entry.digest, one.entry.link) not in mine]
    return [*others, *new]


def _batches(entries: Mapping[bytes, bytes]) -> Iterator[dict[bytes, bytes]]:
    batch: dict[bytes, bytes] = {}
    held = 0
    for key, value in entries.items():
        if batch and held + len(value) > BATCH:
            yield batch
            batch, held = {}, 0
        batch[key] = value
        held += len(value)
    if batch:
        yield batch


def _packed(filed: Sequence[Filed]) -> bytes:
    return msgspec.msgpack.encode((FORMAT, filed))


def _unpacked(packed: bytes | None) -> list[Filed]:
    if packed is None:
        return []
    try:
        version, filed = msgspec.msgpack.decode(packed, type=tuple[int, list[Filed]])
    except msgspec.MsgspecError:
        return []
    return filed if version == FORMAT else []

"""Looking into tiers, for people: what is there, and whether its seals hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from brim.store.base import Cache
from brim.store.seal import Seal
from brim.store.tier import Tier

__all__ = ["Census", "Listing", "census", "clear", "names_in"]

BATCH = 500


@runtime_checkable
class Listing(Cache, Protocol):
    """A cache that can tell its keys."""

    def keys(self) -> Iterable[str]: ...


@frozen
class Census:
    """What a tier holds. `spaces` has the entries of each space. The seals of `version` are of
    another version of Brim, those of `refused` do not hold: another key, or not ours."""

    entries: int = 0
    bytes: int = 0
    spaces: Mapping[str, int] = field(factory=dict)
    version: int = 0
    refused: int = 0


def census(tier: Tier, seal: Seal, remove: bool = False) -> Census | None:
    """Read everything; None when the tier cannot list. `remove` what does not open.

    Raises what the cache raises.
    """
    cache = tier.cache
    if not isinstance(cache, Listing):
        return None
    length, spaces, faults = 0, Counter[str](), Counter[str]()
    for names in _batches(cache):
        found = cache.get_many(names)
        length += sum(len(value) for value in found.values())
        spaces.update(name.partition(":")[0] for name in found)
        bad = {name: fault for name, v in found.items() if (fault := seal.fault(name, v))}
        faults.update(bad.values())
        if remove and bad:
            cache.delete_many(list(bad))
    total = sum(spaces.values())
    return Census(total, length, dict(spaces), faults["version"], faults["seal"])


def clear(tier: Tier) -> int | None:
    """Remove everything; how many entries that were, None when the tier cannot list.

    Raises what the cache raises.
    """
    cache = tier.cache
    if not isinstance(cache, Listing):
        return None
    removed = 0
    for names in _batches(cache):
        cache.delete_many(names)
        removed += len(names)
    return removed


def names_in(tier: Tier) -> Iterator[list[str]]:
    """The names a tier holds, in batches; none when it cannot list."""
    if isinstance(tier.cache, Listing):
        yield from _batches(tier.cache)


def _batches(cache: Listing) -> Iterator[list[str]]:
    """The keys as they are at the beginning: removing some must not confuse the list."""
    rest = iter(list(cache.keys()))
    while batch := list(islice(rest, BATCH)):
        yield batch

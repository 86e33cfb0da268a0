"""Recognizes a growing list of messages, so that only what is new is parsed and counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence

import msgspec
from attrs import Factory, define

from brim.errors import MalformedRequest
from brim.road.intake.wires import as_object
from brim.road.plans.timeline import Timeline

__all__ = ["Recall"]

REMARKED = 8
"""How many messages of one request may have got or lost a cache mark since the last."""

BRANCHES = 64
"""How many conversations that begin alike are kept and compared: those of one agent do."""


@define(eq=False)
class Recall:
    """Timelines of the conversations seen last, at most `size` of them.

    A request finds its timeline by comparing its messages with copies of those seen before, so a
    message that the caller has changed since is never taken for the old one. `hits` counts the
    messages that were recognized.
    """

    size: int = 256
    hits: int = 0
    _kept: int = 0
    _buckets: OrderedDict[Hashable, list[Timeline]] = Factory(OrderedDict)

    def timeline(
        self, fresh: Timeline, messages: Sequence[object], scope: Hashable, offset: int
    ) -> Timeline:
        """The timeline of exactly these messages.

        `fresh` is an empty one to begin with; `scope` keeps apart what must not share;
        `offset` is what to add to positions in errors. Raises `MalformedRequest`.
        """
        if not messages:
            return fresh
        given = list(messages)
        if isinstance(given[-1], msgspec.Raw):  # then all are, or each is looked at below
            given = [bytes(one) if isinstance(one, msgspec.Raw) else one for one in given]
        key = (scope, _handle(given[0]))
        bucket = self._buckets.get(key, [])
        best, length = _longest(fresh, [one for one in bucket if _seems_whole(one, given)], given)
        if length < len(best) or best is fresh:
            best, length = _longest(fresh, bucket, given)
        self.hits += length
        length = _remarked(best, length, messages, given)
        if length < len(best) or best.busy:
            best = best.fork(length)
        new = [
            as_object(message, offset + i, fresh.depth)
            for i, message in enumerate(messages[length:], length)
        ]
        best.extend(new, offset)
        self._keep(key, bucket, best)
        return best

    def clear(self) -> None:
        """Forget all. What is seen again is read again."""
        self._buckets.clear()
        self._kept = 0

    def _keep(self, key: Hashable, bucket: list[Timeline], used: Timeline) -> None:
        """The timeline used last stands last; the oldest make room."""
        others = [known for known in bucket if known is not used]
        self._buckets[key] = [*others[-BRANCHES + 1 :], used]
        self._buckets.move_to_end(key)
        self._kept += len(self._buckets[key]) - len(bucket)
        while self._kept > self.size:
            first, oldest = next(iter(self._buckets.items()))
            del oldest[0]
            self._kept -= 1
            if not oldest:
                del self._buckets[first]


def _seems_whole(known: Timeline, given: list[object]) -> bool:
    """Whether all of it may stand in what is given, by its last message."""
    return len(known) <= len(given) and known.wires[-1] == given[len(known) - 1]


def _longest(
    fresh: Timeline, timelines: Sequence[Timeline], given: list[object]
) -> tuple[Timeline, int]:
    """The timeline that has most of these messages, and how many."""
    best, length = fresh, 0
    for known in reversed(timelines):
        common = _common(known, given)
        if (common, -len(known)) > (length, -len(best)):
            best, length = known, common
    return best, length


def _handle(first: object) -> Hashable:
    """Something cheap that is equal for equal first messages."""
    if isinstance(first, bytes):
        return first[:200]
    content = first.get("content") if isinstance(first, Mapping) else None
    return content[:200] if isinstance(content, str) else None


def _common(known: Timeline, messages: list[object], start: int = 0) -> int:
    """How many messages at the beginning are the same; those before `start` are."""
    old = known.wires[start : len(messages)]
    given = messages[start : len(known)]
    if old != given:
        agreed = _agreed(old, given)
        given = [*given[:agreed], *_alike(old[agreed:], given[agreed:])]
    same = start + len(given)
    for index, path, kind in known.numbers:
        if index >= same:
            break
        if index >= start and not _exact(given[index - start], path, kind):
            return index
    return same


def _agreed(old: Sequence[object], given: Sequence[object]) -> int:
    """How many are equal from the first one on, by comparing halves of what is left."""
    low, high = 0, len(old)
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == given[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _alike(old: Sequence[object], messages: Sequence[object]) -> Iterator[object]:
    """The messages up to the first that differs; SDK objects as the JSON that they stand for."""
    for index, (known, message) in enumerate(zip(old, messages, strict=True)):
        if known == message:
            yield message
            continue
        try:
            own = as_object(message, index)
        except MalformedRequest:
            return
        if known != own:
            return
        yield own


def _remarked(known: Timeline, length: int, messages: Sequence[object], given: list[object]) -> int:
    """As `_common`, past messages that say the same in other words: clients move their cache
    marks with every turn."""
    for _ in range(REMARKED):
        if length >= min(len(known), len(messages)) or known.busy:
            break
        if not known.refresh(length, as_object(messages[length], length)):
            break
        length = _common(known, given, length + 1)
    return length


def _exact(message: object, path: tuple[str | int, ...], kind: type) -> bool:
    """Whether the number at this place is of this very type: 1, 1.0 and True are equal."""
    value = message
    for step in path:
        value = value[step]  # type: ignore[index]
    return type(value) is kind

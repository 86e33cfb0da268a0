"""Recognizes a growing list of messages, so that only what is new is parsed and counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence

import msgspec
from attrs import Factory, define

from brim.errors import MalformedRequest
from brim.road.timeline import Timeline
from brim.road.wires import as_object

__all__ = ["Recall"]

REMARKED = 8
"""How many messages of one request may have got or lost a cache mark since the last."""

BRANCHES = 4
"""How many conversations that begin alike are kept and compared."""


@define(eq=False)
class Recall:
    """Timelines of the conversations seen last, at most `size` of them.

    A request finds its timeline by comparing its messages with copies of those seen before, so a
    message that the caller has changed since is never taken for the old one. `hits` counts the
    messages that were recognized.
    """

    size: int = 64
    hits: int = 0
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
        key = (scope, _handle(messages[0]))
        bucket = self._buckets.get(key, [])
        best, length = fresh, 0
        for known in reversed(bucket):
            common = _common(known, messages)
            if (common, -len(known)) > (length, -len(best)):
                best, length = known, common
        self.hits += length
        length = _remarked(best, length, messages)
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

    def _keep(self, key: Hashable, bucket: list[Timeline], used: Timeline) -> None:
        """The timeline used last stands last; the oldest make room."""
        others = [known for known in bucket if known is not used]
        self._buckets[key] = [*others[-BRANCHES + 1 :], used]
        self._buckets.move_to_end(key)
        while len(self._buckets) > self.size:
            self._buckets.popitem(last=False)


def _handle(first: object) -> Hashable:
    """Something cheap that is equal for equal first messages."""
    if isinstance(first, msgspec.Raw):
        return bytes(first)[:200]
    content = first.get("content") if isinstance(first, Mapping) else None
    return content[:200] if isinstance(content, str) else None


def _common(known: Timeline, messages: Sequence[object], start: int = 0) -> int:
    """How many messages at the beginning are the same; those before `start` are."""
    old = known.wires[start : len(messages)]
    given = messages[start : len(known)]
    if old != (given if isinstance(given, list) else list(given)):
        given = list(_alike(old, given))
    same = start + len(given)
    for index, path, kind in known.numbers:
        if index >= same:
            break
        if index >= start and not _exact(given[index - start], path, kind):
            return index
    return same


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


def _remarked(known: Timeline, length: int, messages: Sequence[object]) -> int:
    """As `_common`, past messages that say the same in other words: clients move their cache
    marks with every turn."""
    for _ in range(REMARKED):
        if length >= min(len(known), len(messages)) or known.busy:
            break
        if not known.refresh(length, as_object(messages[length], length)):
            break
        length = _common(known, messages, length + 1)
    return length


def _exact(message: object, path: tuple[str | int, ...], kind: type) -> bool:
    """Whether the number at this place is of this very type: 1, 1.0 and True are equal."""
    value = message
    for step in path:
        value = value[step]  # type: ignore[index]
    return type(value) is kind

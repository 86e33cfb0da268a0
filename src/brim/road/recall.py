"""Recognizes a growing list of messages, so that only what is new is parsed and counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence

import msgspec
from attrs import Factory, define

from brim.dialects.base import Wire
from brim.road.timeline import Timeline
from brim.road.wires import as_object

__all__ = ["Recall"]

BRANCHES = 4
"""How many conversations that begin alike are kept and compared."""


@define(eq=False)
class Recall:
    """Timelines of the conversations seen last, at most `size` of them.

    A request finds its timeline by comparing its messages with copies of those seen before, so a
    message that the caller has changed since is never taken for the old one.
    """

    size: int = 64
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
            if common > length:
                best, length = known, common
            if common == len(known):
                break
        if length < len(best) or best.busy:
            best = best.fork(length)
        new = [as_object(m, offset + length + i) for i, m in enumerate(messages[length:])]
        best.extend(new, offset)
        self._keep(key, bucket, best)
        return best

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
    wire = first if isinstance(first, Mapping) else as_object(first, 0)
    content = wire.get("content") if isinstance(wire, Mapping) else None
    return content[:200] if isinstance(content, str) else None


def _common(known: Timeline, messages: Sequence[object]) -> int:
    """How many messages at the beginning are the same."""
    size = min(len(known), len(messages))
    old = known.wires
    if old[:size] == list(messages[:size]):
        same = size
    else:
        same = next((i for i in range(size) if old[i] != _comparable(messages[i])), size)
    for index, path, kind in known.numbers:
        if index >= same:
            break
        if not _exact(messages[index], path, kind):
            return index
    return same


def _comparable(message: object) -> Wire | bytes:
    return message if isinstance(message, Mapping) else as_object(message, 0)


def _exact(message: object, path: tuple[str | int, ...], kind: type) -> bool:
    """Whether the number at this place is of this very type: 1, 1.0 and True are equal."""
    value: object = _comparable(message)
    for step in path:
        value = value[step]  # type: ignore[index]
    return type(value) is kind

"""The bodies of requests seen last, so that of a longer one only what is new is read."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from itertools import accumulate
from math import inf
from typing import TypeVar

from attrs import Factory, define, frozen

from brim.model.messages import INSTRUCTION_ROLES, Message
from brim.road.glancing.slicing import ends, opening, whole
from brim.road.tokens.counting import Counter

T = TypeVar("T")

__all__ = ["Beginning", "Beginnings", "Tally"]

HEAD = 512
"""Bytes that conversations must have in common to be compared."""

TAIL = 64
"""Bytes in front of a message's end by which a conversation is told at first glance."""

NEAR = 8
"""How many messages at the end may differ for a request to be of the same conversation: clients
move their cache marks, or try again. Who goes back further begins another one."""

BRANCHES = 64
"""Conversations with the same head that are kept."""

MESSAGE = 150
"""Bytes that is taken by what is known of a message, about."""


@define(eq=False)
class Tally:
    """What a counter said of messages: `costs` and `prints` (fingerprints) have one entry for
    each, `spoken` how many of the user's own there are up to it. `lead` instructions stand in
    front, `inner` are the places of others."""

    costs: list[int] = Factory(list)
    prints: list[bytes] = Factory(list)
    spoken: list[int] = Factory(list)
    lead: int = 0
    inner: list[int] = Factory(list)

    def __len__(self) -> int:
        return len(self.costs)

    def first(self, count: int) -> Tally:
        """Of the first messages alone."""
        inner = [place for place in self.inner if place < count]
        lead = min(self.lead, count)
        return Tally(self.costs[:count], self.prints[:count], self.spoken[:count], lead, inner)

    def add(self, messages: Sequence[Message], costs: Sequence[int], own: Sequence[bool]) -> None:
        """Go on with these messages; `own` tells which are words of the user's own."""
        at = len(self.costs)
        for place, one in enumerate(messages, at):
            if place >= self.lead and one.role in INSTRUCTION_ROLES:
                self.inner.append(place)
        self.costs += costs
        self.prints += [one.fingerprint for one in messages]
        before = self.spoken[-1] if self.spoken else 0
        self.spoken += list(accumulate(own, initial=before))[1:]

    @property
    def turns(self) -> int:
        return self.spoken[-1] if self.spoken else 0

    @property
    def instructions(self) -> int:
        """Tokens of all instructions."""
        costs = self.costs
        return sum(costs[: self.lead]) + sum(costs[place] for place in self.inner)

    def body(self, column: list[T]) -> list[T]:
        """The entries of a column for the messages that are not instructions."""
        if not self.inner:
            return column[self.lead :]
        apart = set(self.inner)
        return [one for i, one in enumerate(column) if i >= self.lead and i not in apart]


@frozen(eq=False)
class Marks:
    """Where in a body messages end, and the fields in front of all messages."""

    fields: dict[str, bytes]
    ends: list[int]


@define(eq=False)
class Beginning:
    """A body whose messages in field `key` are known. What is `over` takes the whole road from
    now on. `grown` says what is known of it as it goes on from another one."""

    body: bytes
    key: str
    tally: Tally
    counter: Counter
    over: bool = False
    grown: tuple[dict[str, bytes], list[int]] | None = None
    kept: float = 0.0

    @property
    def weight(self) -> int:
        return len(self.body) + MESSAGE * len(self.tally.costs)

    @cached_property
    def marks(self) -> Marks:
        """Looked for when a request may go on from this one: most single requests see none."""
        return Marks(*(self.grown or self._placed()))

    def _placed(self) -> tuple[dict[str, bytes], list[int]]:
        opened, found = opening(self.body, self.key), whole(self.body, self.key)
        if opened is None or found is None:
            return {}, []
        return opened.fields, ends(self.body, opened.start, found.messages)

    @cached_property
    def tip(self) -> tuple[bytes, int]:
        """The end of the last message, and its place, which tell most other bodies apart."""
        end = self.marks.ends[-1] if self.marks.ends else 0
        at = max(end - TAIL, 0)
        return self.body[at:end], at

    def begins(self, body: bytes) -> int:
        """How many messages this body begins with: all, or none."""
        count = len(self.marks.ends)
        return count if count and self._has(body, count) else 0

    def shares(self, body: bytes, least: int) -> int:
        """How many of the first messages this body begins with, which does not begin with all;
        0 where they are not `least`. Looked for from the end, where they mostly differ."""
        high, step = len(self.marks.ends), 1
        low = max(least, high - NEAR) if self.over else least
        if low >= high or not self._has(body, low):
            return 0
        while low < (count := high - step):
            if self._has(body, count):
                low = count
                break
            high, step = count, 2 * step
        between = range(low + 1, high)
        return low + bisect_left(between, True, key=lambda count: not self._has(body, count))

    def _has(self, body: bytes, count: int) -> bool:
        """Whether the body begins with so many messages."""
        end = self.marks.ends[count - 1]
        at = max(end - TAIL, 0)
        if not body.startswith(self.body[at:end], at):
            return False
        return body.startswith(memoryview(self.body)[:end])  # which copies nothing


@define(eq=False)
class Beginnings:
    """At most `most` of them, in `size` bytes, each for `ttl` seconds of `clock`; the least
    recently used go first."""

    most: float = inf
    ttl: float = inf
    clock: Callable[[], float] = lambda: 0.0
    size: int = 64 * 1024 * 1024
    held: int = 0
    count: int = 0
    _buckets: OrderedDict[Hashable, list[Beginning]] = Factory(OrderedDict)

    def find(self, scope: Hashable, body: bytes) -> tuple[Beginning, int] | None:
        """The one that this body has most of, and how many of its messages."""
        bucket = self._buckets.get((scope, body[:HEAD]))
        if bucket is None:
            return None
        limit = self.clock() - self.ttl
        for known in reversed(bucket):
            if known.kept < limit or not body.startswith(*known.tip):
                continue
            if count := known.begins(body):
                return known, count
        return _behind([known for known in bucket if known.kept >= limit], body)

    def keep(self, scope: Hashable, new: Beginning, old: Beginning | None) -> None:
        """Remember this one, in the place of the `old` one that it goes on from."""
        key = (scope, new.body[:HEAD])
        new.kept = self.clock()
        bucket = self._buckets.setdefault(key, [])
        self._buckets.move_to_end(key)
        if old is not None and old in bucket:
            self._forget(bucket, bucket.index(old))
        bucket.append(new)
        self.held += new.weight
        self.count += 1
        if len(bucket) > BRANCHES:
            self._forget(bucket, 0)
        self._make_room(new.kept - self.ttl)

    def _make_room(self, limit: float) -> None:
        """Forget the first ones while there are too many, or they were kept before `limit`."""
        while self._buckets:
            key, bucket = next(iter(self._buckets.items()))
            full = self.held > self.size or self.count > self.most
            if not full and bucket[0].kept >= limit:
                return
            self._forget(bucket, 0)
            if not bucket:
                del self._buckets[key]

    def _forget(self, bucket: list[Beginning], place: int) -> None:
        self.held -= bucket.pop(place).weight
        self.count -= 1


def _behind(bucket: list[Beginning], body: bytes) -> tuple[Beginning, int] | None:
    """The newest of those that the body has most of, where it begins with none of them."""
    found, most = None, 0
    for known in reversed(bucket):
        if count := known.shares(body, most + 1):
            found, most = known, count
    return (found, most) if found is not None else None

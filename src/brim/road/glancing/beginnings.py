"""The bodies of requests seen last, so that of a longer one only what is new is read."""

from __future__ import annotations

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

BACK = (0, 1, 2, 3, 4, 6, 8)
"""How many messages at the end may differ: clients move their cache marks, or try again."""

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
    """Where in a body messages end, with the last bytes in front of some of these places, and
    the fields in front of all messages."""

    fields: dict[str, bytes]
    ends: list[int]
    tails: list[tuple[int, int, bytes]]


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
        return len(self.body) + MESSAGE * len(self.tally)

    @cached_property
    def marks(self) -> Marks:
        """Looked for when a request may go on from this one: most single requests see none."""
        fields, places = self.grown or self._placed()
        counts = [len(places) - back for back in BACK if len(places) > back]
        starts = [(count, max(places[count - 1] - TAIL, 0)) for count in counts]
        tails = [(count, at, self.body[at : places[count - 1]]) for count, at in starts]
        return Marks(fields, places, tails)

    def _placed(self) -> tuple[dict[str, bytes], list[int]]:
        opened, found = opening(self.body, self.key), whole(self.body, self.key)
        if opened is None or found is None:
            return {}, []
        return opened.fields, ends(self.body, opened.start, found.messages)

    def begins(self, body: bytes, back: int = 0) -> int:
        """How many messages this body begins with: all but those at the end, which grow in
        number with `back`, or none."""
        marks = self.marks
        if back >= len(marks.tails):
            return 0
        count, at, tail = marks.tails[back]
        if not body.startswith(tail, at) or not body.startswith(self.body[: marks.ends[count - 1]]):
            return 0
        return count


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
        limit = self.clock() - self.ttl
        bucket = [
            known for known in self._buckets.get((scope, body[:HEAD]), ()) if known.kept >= limit
        ]
        for back in range(len(BACK)):
            counts = [(known.begins(body, back), i) for i, known in enumerate(bucket)]
            most, place = max(counts, default=(0, 0))
            if most:
                return bucket[place], most
        return None

    def keep(self, scope: Hashable, new: Beginning, old: Beginning | None) -> None:
        """Remember this one, in the place of the `old` one that it goes on from."""
        key = (scope, new.body[:HEAD])
        new.kept = self.clock()
        bucket = self._buckets.setdefault(key, [])
        self._buckets.move_to_end(key)
        if old in bucket:
            self._forget(bucket, bucket.index(old))
        bucket.append(new)
        self.held += new.weight
        self.count += 1
        if len(bucket) > BRANCHES:
            self._forget(bucket, 0)
        while self.held > self.size or self.count > self.most or self._has_old():
            self._forget_one()

    def _has_old(self) -> bool:
        """Whether the time of the first one is over."""
        bucket = next(iter(self._buckets.values()), None)
        return bucket is not None and bucket[0].kept < self.clock() - self.ttl

    def _forget_one(self) -> None:
        key, bucket = next(iter(self._buckets.items()))
        self._forget(bucket, 0)
        if not bucket:
            del self._buckets[key]

    def _forget(self, bucket: list[Beginning], place: int) -> None:
        self.held -= bucket.pop(place).weight
        self.count -= 1

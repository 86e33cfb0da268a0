"""How much of what a conversation held is still there after a condensation."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import itemgetter
from threading import Lock

from attrs import define, field, frozen

from brim.model.messages import Document, Message, Part, Text, ToolCall, ToolResult
from brim.road.grading.specifics import Holding, Mention, Words, holding, joined
from brim.statements import Statement

__all__ = ["BINDING", "MISSING", "Share", "Survey", "Survival", "There", "survival"]

BINDING = 3
"""The weight of a sentence that states a constraint, a prohibition or a decision."""

SAME = 0.6
"""Share of a sentence's words that must stand together for it to have survived."""

MISSING, SHOWN = 20, 160
"""How many missing specifics are named, and how many characters of each."""

COMMON = 64
"""A word in more sentences than this tells none of them."""

SAMPLE, SEARCHED = 500_000, 2_000_000
"""Characters read of what was there before, every n-th message where there is more (about 128k
tokens), n odd, since calls and results take turns; and characters searched of what is there now,
the newest."""

HELD = 60_000
"""Specifics remembered, of the messages read last: about 20 MB."""


@frozen
class Survival:
    """`score` is the share by weight of specifics that survived, 1 where there were none.

    `held` counts the specifics, `kept` those that survived; `missing` names others, the most
    important first, 20 at most.
    """

    score: float
    held: int
    kept: int
    missing: tuple[str, ...] = ()


def survival(before: Iterable[Message], after: Iterable[Message]) -> Survival:
    """How much of what `before` held survives in `after`.

    A specific survives where it still stands near one of the words that stood near it, or under
    a column or key of that name; a sentence that binds, where most of its words still stand in
    one such sentence.
    """
    return Survey().compare([(one, None) for one in before], after)


_weight = itemgetter(0)

Left = tuple[set[str], set[str]]
"""Specifics and sentences that survived."""


@define(eq=False)
class There:
    """All that was there: specifics by what they say, and sentences that bind; `weight` is that of
    all together.

    `held` has the first mention of each specific, `again` those that stand in several messages.
    The words near all mentions of one are seldom asked for, so they are joined when they are.
    """

    holdings: Sequence[Holding]
    held: dict[str, Mention] = field(init=False, factory=dict)
    said: dict[str, Statement] = field(init=False, factory=dict)
    again: set[str] = field(init=False, factory=set)
    weight: int = field(init=False)
    _near: dict[str, Words] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        held, again = self.held, self.again
        for one in reversed(self.holdings):
            again |= held.keys() & one.mentions.keys()
            held.update(one.mentions)
        for one in self.holdings:
            self.said.update((statement.text, statement) for statement in one.statements)
        self.weight = sum(map(_weight, held.values())) + BINDING * len(self.said)

    def stands(self, value: str, known: Words, words: Words) -> bool:
        """Whether it stands near one of these words, if near any. `known` are those that stood near
        its first mention."""
        near = set(words)
        if value in self.again and near.isdisjoint(known):
            known = self._near.get(value) or self._near_any(value)
        return not known or not near.isdisjoint(known)

    def _near_any(self, value: str) -> Words:
        """The words that stood near any mention of it."""
        found = [one.mentions[value] for one in self.holdings if value in one.mentions]
        near = self._near[value] = reduce(joined, found)[1]
        return near

    def result(self, left: Left, missing: tuple[str, ...] = ()) -> Survival:
        kept, same = left
        there = sum([self.held[value][0] for value in kept]) + BINDING * len(same)
        score = there / self.weight if self.weight else 1.0
        return Survival(score, len(self.held) + len(self.said), len(kept) + len(same), missing)

    def lost(self, left: Left) -> tuple[str, ...]:
        """What is not left, the most important first."""
        kept, same = left
        said = [text for text in reversed([*self.said]) if text not in same]
        times = Counter[str]()
        for one in self.holdings:
            times.update({value: mention[2] for value, mention in one.mentions.items()})
        names = sorted(
            (value for value in times if value not in kept),
            key=lambda value: (-self.held[value][0], -times[value]),
        )
        return tuple(text[:SHOWN] for text in (*said, *names)[:MISSING])


Share = tuple[Message, Sequence[int] | None]
"""A message, and which of its parts; None for all."""


@define(eq=False)
class Survey:
    """Compares, and remembers what messages hold: at most `size` specifics."""

    size: int = HELD
    held: int = 0
    _known: OrderedDict[object, Holding] = field(init=False, factory=OrderedDict)
    _lock: Lock = field(init=False, factory=Lock)

    def compare(self, before: Iterable[Share], after: Iterable[Message]) -> Survival:
        """See `survival`; of each message before only some parts may be meant. Of more than half a
        million characters an even sample is compared."""
        there = self.there(before)
        left = self.left(there, after)
        return there.result(left, there.lost(left))

    def score(self, before: Iterable[Share], after: Iterable[Message]) -> float:
        """Just the score of `compare`."""
        return self.share(self.there(before), after)

    def there(self, before: Iterable[Share]) -> There:
        """What was there, for comparing it with more than one outcome."""
        shares = [*before]
        step = (1 + sum(_size_of(message) for message, _ in shares) // SAMPLE) | 1
        return There([self._holding(message, parts) for message, parts in shares[::step]])

    def share(self, there: There, after: Iterable[Message]) -> float:
        """The score of what is left of it."""
        return there.result(self.left(there, after)).score

    def left(self, there: There, after: Iterable[Message]) -> Left:
        """Which specifics and sentences are left."""
        if not there.held and not there.said:
            return set(), set()
        found = [self._holding(message, None) for message in _newest(after)]
        sentences = [statement for one in found for statement in one.statements if there.said]
        return _bound(there, found), _stated(there.said, sentences)

    def clear(self) -> None:
        """Forget all messages."""
        with self._lock:
            self._known.clear()
            self.held = 0

    def _holding(self, message: Message, parts: Sequence[int] | None) -> Holding:
        if not message.fingerprint:
            return holding(message)
        key = (message.fingerprint, None if parts is None else tuple(parts))
        with self._lock:
            found = self._known.get(key)
            if found is None:
                found = holding(message if parts is None else message.only(parts))
                self._keep(key, found)
            self._known.move_to_end(key)
        return found

    def _keep(self, key: object, found: Holding) -> None:
        self._known[key] = found
        self.held += 1 + len(found)
        while self.held > self.size and len(self._known) > 1:
            _, gone = self._known.popitem(last=False)
            self.held -= 1 + len(gone)


def _newest(messages: Iterable[Message]) -> Iterator[Message]:
    """The newest messages, the newest first, as far as they are searched."""
    room = SEARCHED
    for message in reversed([*messages]):
        if room > 0:
            yield message
        room -= _size_of(message)


def _size_of(message: Message) -> int:
    """Characters in which specifics are looked for."""
    return sum(map(_length, message.parts))


def _length(part: Part) -> int:
    """Of what is read of it."""
    match part:
        case Text():
            return len(part.text)
        case ToolResult():
            sizes = [len(item.text) + 1 for item in part.content if isinstance(item, Text)]
            return max(sum(sizes) - 1, 0)
        case ToolCall():
            return len(part.name) + 1 + len(part.arguments)
        case Document():
            return len(part.title) + 1 + len(part.text)
        case _:
            return 0


def _bound(there: There, left: Iterable[Holding]) -> set[str]:
    """The specifics that still stand beside a word that stood near them."""
    kept: set[str] = set()
    lost = set(there.held)
    held = there.held
    for one in left:
        mine = one.mentions
        found: list[str] = []
        for value in mine.keys() & lost:
            known, words = held[value][1], mine[value][1]
            if (known and known[0] in words) or there.stands(value, known, words):
                found.append(value)
        lost.difference_update(found)
        kept.update(found)
    return kept


def _stated(said: Mapping[str, Statement], left: Sequence[Statement]) -> set[str]:
    """The sentences that are still said, if in fewer words."""
    there = {statement.text for statement in left}
    kept = said.keys() & there
    rest = [statement for text, statement in said.items() if text not in there]
    if not rest:
        return kept
    places: dict[str, list[int]] = {}
    for at, statement in enumerate(left):
        for word in statement.words:
            places.setdefault(word, []).append(at)
    return kept | {one.text for one in rest if _is_said(one, left, places)}


def _is_said(
    one: Statement, left: Sequence[Statement], places: Mapping[str, Collection[int]]
) -> bool:
    found = [places.get(word, ()) for word in one.words]
    shared = Counter(at for ats in found if len(ats) <= COMMON for at in ats)
    common = sum(len(ats) > COMMON for ats in found)
    return any(
        count + common >= SAME * len(one.words) and left[at].denies == one.denies
        for at, count in shared.items()
    )

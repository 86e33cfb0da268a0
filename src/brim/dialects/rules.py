"""How provider rules are written and run: a book of small checks, each with its number.

The numbers are those of the table in `docs/reference/rules.md`; what they mean in
words stands in `catalogue`. A rule that one message can break by itself is tested
once, when the message is read; all others on every check, in linear time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import evolve, field, frozen

from brim.dialects.base import Envelope, Parsed, Violation, Wire
from brim.dialects.pairing import Pairing
from brim.model.messages import Message, Opaque, Thinking, ToolCall
from brim.model.profiles import ModelProfile

__all__ = ["Case", "Finding", "Flaw", "MessageRule", "Rule", "RuleBook", "same_roles"]

Finding = tuple[str, str, int | None]
"""subject, detail, and the message's position (None for the request)."""

Flaw = tuple[str, str]
"""subject and detail of what is wrong inside of one message."""


@frozen
class Case:
    """What the rules of a request look at."""

    messages: Sequence[Parsed]
    envelope: Envelope
    profile: ModelProfile
    pairing: Pairing


def _always(case: Case) -> bool:
    return True


@frozen
class MessageRule:
    """A rule that a message breaks by itself."""

    number: int
    test: Callable[[Message, Wire], Iterable[Flaw]]


@frozen
class Rule:
    """A rule over the whole request. `applies` tells for which models and requests it holds."""

    number: int
    test: Callable[[Case], Iterable[Finding]]
    applies: Callable[[Case], bool] = _always


@frozen
class RuleBook:
    """The rules of one provider. `pair` matches tool calls with their results.

    `seals` are parts that may go but not change: "thinking", or the kind of an opaque
    part, each with the number of its rule. `bond` is the number of the rule by which a
    call keeps the thinking before it, for models with `reasoning_items`.
    """

    message_rules: tuple[MessageRule, ...]
    rules: tuple[Rule, ...]
    pair: Callable[[Sequence[Parsed]], Pairing]
    seals: Mapping[str, int] = field(factory=dict)
    bond: int | None = None

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of all rules that are checked."""
        return frozenset(
            [rule.number for rule in self.message_rules]
            + [rule.number for rule in self.rules]
            + list(self.seals.values())
            + ([] if self.bond is None else [self.bond])
        )

    def faults(self, message: Message, wire: Wire, index: int) -> tuple[Violation, ...]:
        """The rules that this message breaks by itself."""
        return tuple(
            Violation(rule.number, subject, detail, index)
            for rule in self.message_rules
            for subject, detail in rule.test(message, wire)
        )

    def check(
        self, messages: Sequence[Parsed], envelope: Envelope, profile: ModelProfile
    ) -> tuple[Violation, ...]:
        """All rules that the request breaks, those of the request first, then by message."""
        case = Case(messages, envelope, profile, self.pair(messages))
        found = [*_faults(messages), *self._findings(case)]
        return tuple(sorted(found, key=_place)) if found else ()

    def altered(
        self,
        before: Sequence[Parsed],
        after: Sequence[Parsed],
        profile: ModelProfile | None = None,
    ) -> tuple[Violation, ...]:
        """What must not change on the way: sealed parts, and the thinking before a call."""
        found = self._resealed(before, after)
        if self.bond is not None and profile is not None and profile.reasoning_items:
            found.extend(self._parted(before, after, self.bond))
        return tuple(found)

    def _parted(
        self, before: Sequence[Parsed], after: Sequence[Parsed], rule: int
    ) -> Iterator[Violation]:
        known = {(call_id, thought) for call_id, thought, _ in _bonds(before)}
        for call_id, thought, index in _bonds(after):
            if (call_id, thought) not in known:
                detail = f"the call {call_id!r} lost the reasoning item before it"
                yield Violation(rule, call_id, detail, index)

    def _resealed(self, before: Sequence[Parsed], after: Sequence[Parsed]) -> list[Violation]:
        """Sealed parts of `after` that `before` has not, or not in this order."""
        sealed = [*self._sealed(after)]
        places: dict[str, list[int]] = {}
        for place, (_, digest, _) in enumerate(self._sealed(before) if sealed else ()):
            places.setdefault(digest, []).append(place)
        found, last = [], -1
        for rule, digest, index in sealed:
            own = places.get(digest, ())
            at = bisect_right(own, last)
            if at < len(own):
                last = own[at]
            else:
                found.append(Violation(rule, digest, "a sealed part was changed or moved", index))
        return found

    def _sealed(self, messages: Sequence[Parsed]) -> Iterator[tuple[int, str, int]]:
        for index, parsed in enumerate(messages):
            for part in parsed.message.parts:
                if isinstance(part, (Thinking, Opaque)):
                    kind = part.kind if isinstance(part, Opaque) else "thinking"
                    if kind in self.seals:
                        yield self.seals[kind], part.digest, index

    def _findings(self, case: Case) -> Iterator[Violation]:
        for rule in self.rules:
            if rule.applies(case):
                for subject, detail, index in rule.test(case):
                    yield Violation(rule.number, subject, detail, index)


def _faults(messages: Sequence[Parsed]) -> Iterator[Violation]:
    for index, parsed in enumerate(messages):
        if parsed.faults:
            yield from (evolve(fault, index=index) for fault in parsed.faults)


def _bonds(messages: Sequence[Parsed]) -> Iterator[tuple[str, str, int]]:
    """Each call's id, the digest of the thinking before it and its parallel calls ("" for
    none), and the position of its message."""
    thought = ""
    for index, parsed in enumerate(messages):
        for part in parsed.message.parts:
            if isinstance(part, Thinking):
                thought = part.digest
            elif isinstance(part, ToolCall):
                yield part.id, thought, index
            else:
                thought = ""


def _place(violation: Violation) -> tuple[int, int]:
    return (-1 if violation.index is None else violation.index, violation.rule)


def same_roles(case: Case) -> Iterator[Finding]:
    """Rule 19: users and assistants take turns. The subject is the second message."""
    before = ""
    for index, parsed in enumerate(case.messages):
        role = parsed.message.role
        if role == before and role in ("user", "assistant"):
            detail = f"two {role} messages in a row"
            yield parsed.message.fingerprint.hex(), detail, index
        before = role

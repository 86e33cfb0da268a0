"""What is known of a growing list of messages: parsed, counted and grouped once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol, Self

import msgspec
from attrs import Factory, define, field, frozen

from brim.dialects.base import Dialect, Parsed, Wire
from brim.dialects.jsonin import json_value
from brim.dialects.jsontext import DEEPEST
from brim.errors import MalformedRequest
from brim.model.messages import Message
from brim.road.plans.grouping import Group, Grouping

if TYPE_CHECKING:
    from brim.road.tokens.counting import Counter

__all__ = ["Block", "Timeline", "decoded", "link"]

Path = tuple[str | int, ...]


class Follower(Protocol):
    """What was made of a timeline and is kept with it."""

    def refreshed(self, index: int) -> Self | None:
        """Itself after message `index` got other marks; None if it must be made anew."""

    def mixed(self, index: int) -> Self | None:
        """Itself after context was put behind message `index`; None if it must be made anew."""


@frozen
class Block:
    """Context that goes out behind a message, and its tokens."""

    text: str
    tokens: int


@define(eq=False)
class Timeline:
    """The messages of one conversation in one dialect, as one counter counts them.

    `wires` are copies of its own (JSON objects, or the bytes of one); `tokens[i]` is the cost
    of message i; `chain` has one value for each message that is
    not an instruction, and one in front. `numbers` are the places and
    types of numbers, because 1 equals True. `busy` counts the fits that are reading it. `injected`
    is what goes out behind messages of the user's; of the first `looked` messages it is known.
    `digests` are those of places in it, forgotten when a message comes.
    """

    dialect: Dialect
    counter: Counter
    seed: bytes
    wires: list[Wire | bytes] = Factory(list)
    parsed: list[Parsed] = Factory(list)
    tokens: list[int] = Factory(list)
    grouping: Grouping = field(init=False)
    chain: list[bytes] = field(init=False)
    body: int = 0
    instructions: list[int] = Factory(list)
    instruction_tokens: int = 0
    numbers: list[tuple[int, Path, type]] = Factory(list)
    turns: int = 0
    rendering: Follower | None = None
    sent: object = None
    busy: int = 0
    depth: int = DEEPEST
    injected: dict[int, Block] = Factory(dict)
    looked: int = 0
    digests: dict[tuple[int, ...], str] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        self.grouping = Grouping(items=self.dialect.items)
        self.chain = [self.seed]

    def __len__(self) -> int:
        return len(self.parsed)

    @property
    def groups(self) -> list[Group]:
        return self.grouping.groups

    @property
    def injected_tokens(self) -> int:
        return sum(block.tokens for block in self.injected.values())

    def inject(self, index: int, text: str) -> None:
        """From now on send this behind message `index`."""
        self.injected[index] = Block(text, self.counter.texts([text])[0])
        if self.rendering is not None:
            self.rendering = self.rendering.mixed(index)

    def strip(self, length: int) -> None:
        """From now on send the first `length` messages as they came."""
        kept = {index: block for index, block in self.injected.items() if index >= length}
        if len(kept) < len(self.injected):
            self.injected, self.rendering = kept, None

    def extend(self, wires: Sequence[Wire | bytes], offset: int = 0) -> None:
        """Parse, count and group what is new; on an error nothing has changed.

        `offset` is added to positions in errors. Raises `MalformedRequest`.
        """
        start = len(self) + offset
        numbered = enumerate(wires, start)
        parsed = [self.dialect.parse(decoded(w, i, self.depth), i) for i, w in numbered]
        tokens = self.counter.messages([one.message for one in parsed])
        for wire, one, cost in zip(wires, parsed, tokens, strict=True):
            self._add(wire, one, cost)

    def fork(self, length: int) -> Timeline:
        """The first `length` messages as a timeline of their own, without parsing again."""
        twin = Timeline(self.dialect, self.counter, self.seed, depth=self.depth)
        twin.wires, twin.parsed = self.wires[:length], self.parsed[:length]
        twin.tokens = self.tokens[:length]
        twin.instructions = [i for i in self.instructions if i < length]
        twin.instruction_tokens = sum(twin.tokens[i] for i in twin.instructions)
        twin.body = sum(twin.tokens) - twin.instruction_tokens
        twin.chain = self.chain[: 1 + length - len(twin.instructions)]
        twin.numbers = [number for number in self.numbers if number[0] < length]
        twin.injected = {i: block for i, block in self.injected.items() if i < length}
        twin.looked = min(self.looked, length)
        for one in twin.parsed:
            twin._group(one.message)
        return twin

    def refresh(self, index: int, wire: Wire | bytes) -> bool:
        """Take over a message that says the same with other marks; False if it does not."""
        try:
            one = self.dialect.parse(decoded(wire), index)
        except (MalformedRequest, msgspec.DecodeError):
            return False
        if one.message != self.parsed[index].message:
            return False
        self.wires[index], self.parsed[index] = wire, one
        others = [place for place in self.numbers if place[0] != index]
        here = [(index, path, kind) for path, kind in numbers_in(wire)]
        if here or len(others) < len(self.numbers):
            self.numbers = sorted([*others, *here], key=lambda place: place[0])
        if self.rendering is not None:
            self.rendering = self.rendering.refreshed(index)
        return True

    def _add(self, wire: Wire | bytes, one: Parsed, cost: int) -> None:
        message = one.message
        self.digests = {}
        if message.is_instruction:
            self.instructions.append(len(self.parsed))
            self.instruction_tokens += cost
        else:
            self.body += cost
            self.chain.append(link(self.chain[-1], message.fingerprint))
        here = len(self.parsed)
        self.numbers.extend((here, path, kind) for path, kind in numbers_in(wire))
        self._group(message)
        self.wires.append(wire)
        self.parsed.append(one)
        self.tokens.append(cost)

    def _group(self, message: Message) -> None:
        last_user = self.grouping.last_user
        self.grouping.add(message)
        self.turns += self.grouping.last_user != last_user

    def chain_to(self, length: int) -> Sequence[bytes]:
        """The chain of the first `length` messages."""
        apart = sum(place < length for place in self.instructions)
        return self.chain[: 1 + length - apart]

    def wire(self, index: int) -> Wire:
        """The JSON object of message `index`. Not to be changed."""
        return decoded(self.wires[index])

    def message(self, index: int) -> Message:
        return self.parsed[index].message

    def sizes(self) -> list[int]:
        """Tokens of the messages that are not instructions."""
        if not self.instructions:
            return self.tokens
        apart = set(self.instructions)
        return [cost for i, cost in enumerate(self.tokens) if i not in apart]


def decoded(wire: Wire | bytes, index: int | None = None, depth: int = DEEPEST) -> Wire:
    """The JSON object itself. Raises `MalformedRequest` where the bytes are none."""
    if not isinstance(wire, bytes):
        return wire
    try:
        value = json_value(wire, depth + 1)
    except MalformedRequest as error:
        raise MalformedRequest(error.detail, index=index, rule=error.rule) from None
    if isinstance(value, dict):
        return value
    kind = type(value).__name__
    raise MalformedRequest(f"a message must be an object, not {kind}", index=index)


def numbers_in(value: object, path: Path = ()) -> Iterator[tuple[Path, type]]:
    """The places of all numbers and truth values, with their types."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers_in(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from numbers_in(item, (*path, place))
    elif isinstance(value, (int, float)):
        yield path, type(value)


def link(last: bytes, fingerprint: bytes) -> bytes:
    """The next value of a chain."""
    return blake2b(last + fingerprint, digest_size=16).digest()

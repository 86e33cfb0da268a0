"""What a wire format must be able to do, and how a broken rule is reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from attrs import field, frozen

from brim.model.conversation import Tool
from brim.model.messages import Image, Message, Part
from brim.model.profiles import ModelProfile

__all__ = ["Dialect", "Envelope", "Parsed", "Rewrites", "Violation", "Wire"]

Wire = Mapping[str, object]
"""One message as the provider's JSON has it. Never modified."""

Rewrites = Mapping[int, Mapping[tuple[str | int, ...], str]]
"""part index -> path inside the part (empty for the whole) -> new text."""


@frozen
class Violation:
    """A broken rule. `rule` is its number in the table of provider rules.

    `subject` names what breaks it, independent of position, so that violations of two
    requests can be compared; `index` is the message's position, None for the request.
    """

    rule: int
    subject: str
    detail: str
    index: int | None = None

    @property
    def key(self) -> tuple[int, str]:
        return (self.rule, self.subject)


@frozen
class Parsed:
    """One message as read: its view, the rules it breaks by itself, and its cache marks.

    `size` is the least number of characters it takes, base64 included; `images` are its
    pictures, those inside of results too.
    """

    message: Message
    faults: tuple[Violation, ...] = ()
    cache_marks: int = 0
    size: int = 0
    images: tuple[Image, ...] = ()


@frozen
class Envelope:
    """Everything of a request but its messages.

    `continues` tells that the provider keeps earlier messages, which these go on from.
    """

    model: str = ""
    system: tuple[Part, ...] = ()
    tools: tuple[Tool, ...] = ()
    max_output: int | None = None
    cache_marks: int = 0
    continues: bool = False
    fields: Mapping[str, object] = field(factory=dict)


class Dialect(Protocol):
    """One provider's wire format.

    `messages_key` is the request field that holds the messages, `system_key` the one for a
    system prompt apart from them. With
    `merges_notes`, a note next to a user message becomes a part of it. With
    `starts_with_user`, the first message must be a user's. With `items`, an assistant's
    turn comes as several messages, one for each item. With `thinking_opens_turns`, thinking at
    the beginning of a turn must stay until its tools are done.
    """

    @property
    def name(self) -> str: ...

    @property
    def messages_key(self) -> str: ...

    @property
    def system_key(self) -> str: ...

    @property
    def merges_notes(self) -> bool: ...

    @property
    def starts_with_user(self) -> bool: ...

    @property
    def items(self) -> bool: ...

    @property
    def thinking_opens_turns(self) -> bool: ...

    def claims(self, request: Wire, messages: Sequence[object]) -> bool:
        """Whether this request is unmistakably of this dialect. `request` may be empty."""

    def envelope(self, request: Wire) -> Envelope:
        """Read all but the messages. Raises `MalformedRequest`."""

    def parse(self, wire: Wire, index: int) -> Parsed:
        """Read one message. Raises `MalformedRequest` naming `index` and the rule."""

    def select(self, wire: Wire, parts: Collection[int], rewrites: Rewrites) -> dict[str, object]:
        """A new message with just these parts, some of them rewritten as marked text.

        Unknown fields stay. Parts are the positions in the parsed view.
        """

    def note(self, text: str, marked: Sequence[Wire] = ()) -> dict[str, object]:
        """A user message with this text, in place of messages of which `marked` bear a cache
        mark; the last of these marks goes over to it."""

    def merge(self, first: Wire, second: Wire) -> dict[str, object]:
        """One message with the blocks of both, which have the same role."""

    def check(
        self, messages: Sequence[Parsed], envelope: Envelope, profile: ModelProfile
    ) -> tuple[Violation, ...]:
        """The rules of the provider that this request breaks, `faults` included."""

    def altered(
        self,
        before: Sequence[Parsed],
        after: Sequence[Parsed],
        profile: ModelProfile | None = None,
    ) -> tuple[Violation, ...]:
        """Thinking and other sealed parts that changed on the way from `before` to `after`;
        for models with `reasoning_items` also calls that lost the reasoning before them."""

"""The texts of a conversation that may be rewritten, each with its place and its name."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from brim.api import Conversation, Exchange, Message, Rewrite, Text, ToolCall, ToolResult
from brim.defaults.labels import called
from brim.defaults.shortening import strings

__all__ = ["Place", "places_of"]

Path = tuple[str | int, ...]


@frozen
class Place:
    """A text of a tool's result, of a call's arguments, or of a user. `free` says whether it may
    be rewritten, `name` what it is."""

    kind: str
    text: str
    name: str
    exchange: int
    message: int
    part: int
    path: Path
    free: bool
    newest: bool

    def rewritten(self, text: str) -> Rewrite:
        return Rewrite(self.exchange, self.message, self.part, text, self.path)


def places_of(conversation: Conversation) -> Iterator[Place]:
    """All of them, in order. Notes are none."""
    for exchange in conversation.exchanges:
        if exchange.note:
            continue
        calls = {call.id: call for message in exchange.messages for call in message.calls}
        for number, message in enumerate(exchange.messages):
            yield from _in_message(exchange, number, message, calls)


def _in_message(
    exchange: Exchange, number: int, message: Message, calls: dict[str, ToolCall]
) -> Iterator[Place]:
    last = exchange.newest
    for position, part in enumerate(message.parts):
        at = (exchange.index, number, position)
        if isinstance(part, ToolResult):
            name = f"the result of {called(calls.get(part.call_id))}"
            for place, item in enumerate(part.content):
                if isinstance(item, Text):
                    yield Place("result", item.text, name, *at, (place,), not exchange.keep, last)
        elif isinstance(part, ToolCall):
            for path, text in strings(part.arguments):
                name = f"{path[-1]} of {called(part)}"
                free = not exchange.keep and not last
                yield Place("argument", text, name, *at, path, free, last)
        elif isinstance(part, Text) and message.role == "user":
            free = not exchange.keep and not last
            yield Place("user", part.text, "a user's message", *at, (), free, last)

"""A conversation as strategies, policies and counters see it."""

from __future__ import annotations

from attrs import field, frozen

from brim.model.messages import Message, Part

__all__ = ["Conversation", "Exchange", "Tool"]


@frozen
class Tool:
    """A tool the model may call. `parameters` is JSON text of its schema.

    `kind` is the provider's type of tool; `size` the bytes of its whole JSON.
    """

    name: str
    description: str = ""
    parameters: str = ""
    kind: str = "function"
    size: int = 0


@frozen
class Exchange:
    """The smallest closed unit of a conversation: one message, or an assistant
    message with tool calls together with all their results.

    `tokens` includes message overheads. `keep` exchanges may not be touched.
    Of a `newest` exchange (the last one, and the one that opens an unfinished turn with
    thinking) only tool results may be rewritten. A `note` stands
    for exchanges that were condensed before. `original` are the messages as they came, where a
    part of them was rewritten since; else the same ones.
    """

    index: int
    messages: tuple[Message, ...]
    tokens: int
    keep: bool = False
    newest: bool = False
    note: bool = False
    turn: int = 0
    _came: tuple[Message, ...] | None = field(default=None, repr=False)

    @property
    def original(self) -> tuple[Message, ...]:
        return self.messages if self._came is None else self._came


@frozen
class Conversation:
    """A whole request: `system` and `tools` are the fixed head, `exchanges` the body."""

    dialect: str
    model: str
    system: tuple[Part, ...]
    tools: tuple[Tool, ...]
    instructions: tuple[Message, ...]
    exchanges: tuple[Exchange, ...]

"""Parts of messages: which of them last, and what they say in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from brim.model.messages import Image, Message, Opaque, Part, Text, Thinking, ToolCall, ToolResult

__all__ = ["lasting", "spoken", "told"]


def lasting(parts: Sequence[Part]) -> list[int]:
    """Positions of all parts but thinking, which callers may leave out of later requests.

    Plans count parts in this list, so that they mean the same ones with thinking or without.
    """
    return [i for i, part in enumerate(parts) if not isinstance(part, Thinking)]


def told(part: Part) -> str:
    """The part as text: a text itself, a call with its arguments, of what is not text its
    name."""
    match part:
        case Text():
            return part.text
        case ToolCall():
            return f"{part.name}({part.arguments})"
        case ToolResult():
            return "\n".join(map(told, part.content))
        case Opaque():
            return f"[{part.kind}]"
    return "[image]" if isinstance(part, Image) else f"[{type(part).__name__.lower()}]"


def spoken(message: Message, chosen: Iterable[int] | None = None) -> str:
    """What a message says, or only these parts of it. Its unknown fields are passed over."""
    parts = message.parts if chosen is None else [message.parts[i] for i in chosen]
    said = [one for one in parts if not (isinstance(one, Opaque) and one.kind.startswith("field:"))]
    return "\n".join(map(told, said))

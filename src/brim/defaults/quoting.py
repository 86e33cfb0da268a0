"""Conversations as material for a model to read, and what it writes about them, both made harmless.

What is quoted can neither end its block nor speak as another role: the tags around it are
defused, and so are the control tokens of chat templates, which servers of open models may take
at their word wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from brim.api import Document, Exchange, Image, Message, Opaque, Text, ToolCall, ToolResult
from brim.defaults.labels import document, line, picture

__all__ = ["MATERIAL", "NOTES", "block", "harmless", "lines"]

NOTES, MATERIAL = "notes-so-far", "conversation"

_OPENERS = "<＜﹤〈‹"
_TAG = re.compile(
    rf"[{_OPENERS}](?=\s{{0,8}}[/／]?\s{{0,8}}(?:brim-note|{NOTES}|{MATERIAL})\b"
    r"|[|｜]|/?s>|/?(?:start|end)_of_turn>|</?SYS>>)",
    re.IGNORECASE,
)
_INST = re.compile(r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS)\])", re.IGNORECASE)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def harmless(text: str) -> str:
    """The text without characters that nobody sees, its tags and control tokens defused."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n"))
    return _INST.sub("(", _TAG.sub("&lt;", text))


def block(tag: str, text: str) -> str:
    """A delimited block; what is inside must be harmless."""
    return f"<{tag}>\n{text}\n</{tag}>"


def lines(exchange: Exchange) -> Iterator[str]:
    """What was said, called and returned in an exchange, each with its speaker. The model's
    thinking stays its own."""
    calls = {call.id: call for message in exchange.messages for call in message.calls}
    for message in exchange.messages:
        for part in message.parts:
            match part:
                case Text(text) if text.strip():
                    yield _line(_speaker(message), text)
                case ToolCall(name=name, arguments=arguments):
                    yield _line(f"assistant calls {line(name)}", arguments)
                case ToolResult(call_id=call_id):
                    name = line(calls[call_id].name) if call_id in calls else "a tool"
                    kind = "error" if part.is_error else "result"
                    yield _line(f"{kind} of {name}", _result(part))
                case Image() | Document() | Opaque():
                    yield _line(_speaker(message), _described(part))


def _line(speaker: str, text: str) -> str:
    return harmless(f"[{speaker}] {text.strip()}")


def _speaker(message: Message) -> str:
    return f"{message.role} {line(message.name)}" if message.name else message.role


def _result(part: ToolResult) -> str:
    return "\n".join(
        item.text if isinstance(item, Text) else _described(item) for item in part.content
    )


def _described(part: Image | Document | Opaque) -> str:
    match part:
        case Image():
            return f"({picture(part)})"
        case Document(text=text):
            return f"({document(part)})\n{text}".strip()
        case Opaque(kind=kind):
            return f"({line(kind)})"

"""What tool masking may put away: results, pictures, documents, and long values in calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import frozen

from brim.api import (
    Document,
    Exchange,
    Image,
    Opaque,
    Part,
    Text,
    ToolCall,
    ToolResult,
)
from brim.defaults.facts import reports_failure
from brim.defaults.labels import called, document, picture
from brim.defaults.marks import is_whole
from brim.defaults.shortening import strings

__all__ = ["Item", "arguments_of", "items_of"]

Counting = Callable[[Sequence[Part]], Sequence[int]]
Spot = tuple[int, int, int]


@frozen
class Item:
    """A text or picture that may become one line: its place, what it is, its text, and the
    tokens of what is no text."""

    exchange: int
    message: int
    part: int
    path: tuple[str | int, ...]
    name: str
    text: str
    media: int = 0


def items_of(exchange: Exchange, count: Counting) -> list[Item | None]:
    """An exchange's results, pictures and documents, in order; None for one that must stay:
    errors, and what was cut or masked before."""
    calls = {call.id: call for message in exchange.messages for call in message.calls}
    items: list[Item | None] = []
    for number, message in enumerate(exchange.messages):
        for position, part in enumerate(message.parts):
            at = (exchange.index, number, position)
            if isinstance(part, ToolResult):
                items += _of_result(part, at, calls.get(part.call_id), count)
            elif isinstance(part, Image | Document):
                item = Item(*at, (), *_shown(part), _media([part], count))
                items.append(None if exchange.newest else item)
    return items


def arguments_of(exchange: Exchange) -> Iterator[Item]:
    """The long strings in an exchange's calls."""
    for number, message in enumerate(exchange.messages):
        for position, part in enumerate(message.parts):
            if isinstance(part, ToolCall):
                for path, text in strings(part.arguments):
                    if is_whole(text):
                        yield Item(exchange.index, number, position, path, str(path[-1]), text)


def _of_result(
    result: ToolResult, at: Spot, call: ToolCall | None, count: Counting
) -> list[Item | None]:
    name = f"result of {called(call)}"
    text = "\n".join(_text(item) for item in result.content if _text(item))
    if result.is_error or not is_whole(text) or reports_failure(text):
        return [None]
    shown = [_shown(item)[0] for item in result.content if isinstance(item, Image | Document)]
    if not any(isinstance(item, Opaque) for item in result.content):
        told = ", ".join([name, *shown])
        return [Item(*at, (), told, text, _media(result.content, count))]
    return [
        Item(*at, (place,), f"part of {name}", _text(item), _media([item], count))
        for place, item in enumerate(result.content)
        if not isinstance(item, Opaque)
    ]


def _text(part: Part) -> str:
    return part.text if isinstance(part, Text | Document) else ""


def _shown(part: Image | Document) -> tuple[str, str]:
    """What it is, and its text."""
    return (picture(part), "") if isinstance(part, Image) else (document(part), part.text)


def _media(parts: Sequence[Part], count: Counting) -> int:
    """Tokens of the pictures, and of the documents that have no text."""
    media = [part for part in parts if _is_media(part)]
    return sum(count(media)) if media else 0


def _is_media(part: Part) -> bool:
    return isinstance(part, Image) or (isinstance(part, Document) and not part.text)

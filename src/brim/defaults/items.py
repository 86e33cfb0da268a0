"""What tool masking may put away: results, pictures, documents, and long values in calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil

from attrs import frozen

from brim.api import (
    Document,
    Exchange,
    Image,
    Message,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from brim.defaults.facts import reports_failure
from brim.defaults.labels import called, document, picture
from brim.defaults.marks import is_whole
from brim.defaults.shortening import strings

__all__ = ["Item", "arguments_of", "items_of"]

SHELL = 24
"""Tokens that a message or part may cost beyond its texts; so much is never counted as a
picture's."""

BYTES_PER_TOKEN = 2
"""As the kernel counts parts it does not know."""

PAGE, PAGE_BYTES = 3_000, 25_000
"""Tokens of a document's page, and the bytes taken for one where pages cannot be counted, as the
kernel counts them."""

PICTURE, PIXELS, UNKNOWN = 85, 500, 1_000
"""Tokens of the smallest picture, about; the pixels for one more; and those of a picture whose size
is unknown. Rules of models differ: this tells how pictures and documents share what they cost."""

Counting = Callable[[Sequence[str]], Sequence[int]]
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
    scale = _media_scale(exchange, count)
    items: list[Item | None] = []
    for number, message in enumerate(exchange.messages):
        for position, part in enumerate(message.parts):
            at = (exchange.index, number, position)
            if isinstance(part, ToolResult):
                items += _of_result(part, at, calls.get(part.call_id), scale)
            elif isinstance(part, Image | Document):
                item = Item(*at, (), *_shown(part), _media([part], scale))
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
    result: ToolResult, at: Spot, call: ToolCall | None, scale: float
) -> list[Item | None]:
    name = f"result of {called(call)}"
    text = "\n".join(_text(item) for item in result.content if _text(item))
    if result.is_error or not is_whole(text) or reports_failure(text):
        return [None]
    shown = [_shown(item)[0] for item in result.content if isinstance(item, Image | Document)]
    if not any(isinstance(item, Opaque) for item in result.content):
        told = ", ".join([name, *shown])
        return [Item(*at, (), told, text, _media(result.content, scale))]
    return [
        Item(*at, (place,), f"part of {name}", _text(item), _media([item], scale))
        for place, item in enumerate(result.content)
        if not isinstance(item, Opaque)
    ]


def _text(part: Part) -> str:
    return part.text if isinstance(part, Text | Document) else ""


def _shown(part: Image | Document) -> tuple[str, str]:
    """What it is, and its text."""
    return (picture(part), "") if isinstance(part, Image) else (document(part), part.text)


def _weight(part: Part) -> float:
    """What a picture or a document without text would cost by a common rule; 0 for all else."""
    if isinstance(part, Image):
        pixels = (part.width or 0) * (part.height or 0)
        return PICTURE + pixels / PIXELS if pixels else UNKNOWN
    if isinstance(part, Document) and not part.text:
        return PAGE * (part.pages or max(ceil(part.size / PAGE_BYTES), 1))
    return 0.0


def _media(parts: Sequence[Part], scale: float) -> int:
    return int(scale * sum(map(_weight, parts)))


def _media_scale(exchange: Exchange, count: Counting) -> float:
    """What the pictures and documents without text cost, at least, for each token of a common rule:
    together they are what the exchange costs beyond all that can be counted."""
    parts = list(_flat(exchange.messages))
    weights = [weight for weight in map(_weight, parts) if weight]
    if not weights:
        return 0.0
    texts = [text for part in parts for text in _counted(part)]
    opaque = sum(ceil(part.size / BYTES_PER_TOKEN) for part in parts if isinstance(part, Opaque))
    shells = SHELL * (len(exchange.messages) + len(parts) - len(weights))
    return max(exchange.tokens - sum(count(texts)) - opaque - shells, 0) / sum(weights)


def _flat(messages: Sequence[Message]) -> Iterator[Part]:
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield from part.content
            else:
                yield part


def _counted(part: Part) -> list[str]:
    if isinstance(part, ToolCall):
        return [part.name, part.arguments]
    if isinstance(part, Document):
        return [part.title, part.text]
    return [part.text] if isinstance(part, Text | Thinking) else []

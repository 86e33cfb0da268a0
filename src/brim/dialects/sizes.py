"""How much a message brings along: bytes and pictures, taken once, when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from brim.model.messages import Image, Part, Text, Thinking, ToolCall, ToolResult

__all__ = ["pictures", "utf8", "weight"]


def weight(parts: Iterable[Part], measure: Callable[[str], int] = len) -> int:
    """The least bytes that the parts take: texts, arguments, and the base64 of pictures.

    Counted by characters, it is at least a fourth of the bytes; `utf8` counts exactly.
    """
    return sum(_weight(part, measure) for part in parts)


def _weight(part: Part, measure: Callable[[str], int]) -> int:
    if isinstance(part, Text):
        return measure(part.text)
    if isinstance(part, ToolCall):
        return measure(part.arguments)
    if isinstance(part, ToolResult):
        return weight(part.content, measure)
    if isinstance(part, Thinking):
        return measure(part.text) + part.size
    return part.size * 4 // 3 if isinstance(part, Image) else part.size


def utf8(text: str) -> int:
    """The bytes of a text. Lone surrogates are allowed."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def pictures(parts: Iterable[Part]) -> tuple[Image, ...]:
    """The images among the parts and inside of results, in order."""
    found: list[Image] = []
    for part in parts:
        if isinstance(part, Image):
            found.append(part)
        elif isinstance(part, ToolResult):
            found.extend(item for item in part.content if isinstance(item, Image))
    return tuple(found)

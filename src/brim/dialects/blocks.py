"""Content blocks: what the dialects' readers and writers have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from brim.dialects.base import Wire
from brim.dialects.walk import MARK, Texts, opaque, string
from brim.errors import MalformedRequest
from brim.model.messages import Document, Image, Opaque, Part, Text

__all__ = [
    "TEXTS",
    "Readers",
    "as_text",
    "block_of",
    "kind_of",
    "read_block",
    "read_inside",
    "read_text",
    "rewritten",
    "whole",
]

Readers = Mapping[str, Callable[[Wire], Part]]
"""block type -> how to read it; all other types are opaque"""

TEXTS = frozenset({"text", "input_text", "output_text"})
"""Types of blocks that hold plain text in the field "text"."""

Inner = Text | Image | Document | Opaque


def block_of(value: object, what: str = "content block") -> Wire:
    """The value as an object. Raises `MalformedRequest` (rule "block")."""
    if isinstance(value, Mapping):
        return value
    raise MalformedRequest(f"{what} must be an object, not {type(value).__name__}", rule="block")


def kind_of(block: Wire) -> str:
    """The block's type. Raises `MalformedRequest` (rule "type")."""
    return string(block, "type", "content block")


def read_block(value: object, readers: Readers) -> Part:
    """One block as a part."""
    block = block_of(value)
    kind = kind_of(block)
    reader = readers.get(kind)
    return reader(block) if reader else opaque(kind, block)


def read_text(block: Wire) -> Text:
    """A block of plain text."""
    return Text(string(block, "text", "text block"))


def whole(texts: Texts) -> str:
    """The new text of a part that has no items. Raises ValueError where items are named."""
    if set(texts) != {()}:
        raise ValueError(f"this part has no items {sorted(map(repr, texts))}")
    return texts[()]


def read_inside(content: object, readers: Readers) -> tuple[Inner, ...]:
    """What stands inside of a tool's result: text, or blocks; calls and the like are opaque."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list):
        kind = type(content).__name__
        raise MalformedRequest(f"a result must be text or a list, not {kind}", rule="content")
    return tuple(_inner(value, readers) for value in content)


def _inner(value: object, readers: Readers) -> Inner:
    part = read_block(value, readers)
    if isinstance(part, (Text, Image, Document, Opaque)):
        return part
    return opaque(kind_of(block_of(value)), value)


def as_text(block: object, text: str, kind: str = "text") -> dict[str, object]:
    """A text block in place of this one, which keeps its fields or, if another kind, its mark."""
    if isinstance(block, Mapping) and block.get("type") in TEXTS:
        return {**block, "text": text}
    new: dict[str, object] = {"type": kind, "text": text}
    if isinstance(block, Mapping) and block.get(MARK) is not None:
        new[MARK] = block[MARK]
    return new


def rewritten(content: object, texts: Texts, kind: str = "text") -> object:
    """A result's content with new texts: the whole of it, or some of its items."""
    if () in texts:
        if isinstance(content, list):
            marked = (block for block in content if isinstance(block, Mapping) and MARK in block)
            return [as_text(_bare(next(marked, None)), texts[()], kind)]
        return texts[()]
    if isinstance(content, str) and set(texts) == {(0,)}:
        return texts[(0,)]
    if not isinstance(content, list):
        raise ValueError(f"a result without a list has no items {sorted(map(repr, texts))}")
    new = list(content)
    for path, text in texts.items():
        if len(path) != 1 or not isinstance(path[0], int) or not 0 <= path[0] < len(new):
            raise ValueError(f"no item {list(path)!r} in a result of {len(new)}")
        new[path[0]] = as_text(new[path[0]], text, kind)
    return new


def _bare(block: Wire | None) -> Wire | None:
    """Only the cache mark of a block."""
    return None if block is None else {MARK: block[MARK]}

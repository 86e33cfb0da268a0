"""Anthropic Messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from brim.dialects.base import Envelope, Wire
from brim.dialects.blocks import (
    Readers,
    as_text,
    block_of,
    read_block,
    read_inside,
    read_text,
    rewritten,
    whole,
)
from brim.dialects.images import picture
from brim.dialects.jsontext import compact, replace_in_value, to_text
from brim.dialects.requests import amount, list_field, marked, model_of, other_fields, tools_of
from brim.dialects.rules_anthropic import BOOK
from brim.dialects.signs import ANTHROPIC
from brim.dialects.walk import MARK, Slot, Texts, Walker, marks_in, string
from brim.errors import MalformedRequest
from brim.model.fingerprint import digest
from brim.model.messages import Document, Image, Part, Text, Thinking, ToolCall, ToolResult

__all__ = ["Anthropic"]

REWRITABLE = frozenset({"text", "image", "document"})

ANSWERED = frozenset({"type", "model", "stop_reason", "stop_sequence", "usage"})
"""Fields of the provider's answer, where its object itself is put among the messages."""


class Anthropic(Walker):
    """Messages of blocks; calls are `tool_use`, their results stand in the next user message."""

    name = "anthropic"
    messages_key = "messages"
    starts_with_user = True
    thinking_opens_turns = True
    roles: ClassVar = frozenset({"user", "assistant", "system"})
    own_fields: ClassVar = frozenset({"role", "content", "id"}) | ANSWERED
    book: ClassVar = BOOK

    def claims(self, request: Wire, messages: Sequence[object]) -> bool:
        return ANTHROPIC.seen(request, messages)

    def envelope(self, request: Wire) -> Envelope:
        return Envelope(
            model=model_of(request),
            system=_system(request),
            tools=tools_of(request, "tools"),
            max_output=amount(request, "max_tokens"),
            cache_marks=_head_marks(request),
            fields=other_fields(request, ("model", "messages", "system", "tools")),
        )

    def places(self, wire: Wire) -> Iterator[Slot]:
        content = wire.get("content")
        if isinstance(content, str):
            yield Slot("content", "text", content)
        else:
            for block in list_field(wire, "content"):
                yield Slot("content", "block", block, True)

    def read(self, slot: Slot, wire: Wire) -> Part:
        return Text(str(slot.value)) if slot.kind == "text" else read_block(slot.value, READERS)

    def write(self, slot: Slot, texts: Texts) -> object:
        if slot.kind == "block":
            return _write_block(block_of(slot.value), texts)
        if slot.kind != "text":
            raise ValueError(f"a {slot.kind} cannot be rewritten")
        return whole(texts)

    def emptied(self, field: str) -> object:
        return []

    def note(self, text: str, marked: Sequence[Wire] = ()) -> dict[str, object]:
        block: dict[str, object] = {"type": "text", "text": text}
        found = [mark for wire in marked for mark in marks_in(wire)]
        return {"role": "user", "content": [block | ({MARK: found[-1]} if found else {})]}

    def merge(self, first: Wire, second: Wire) -> dict[str, object]:
        """Results move to the front, as the provider asks, unless `first` ignores that order."""
        before, after = _blocks(first), _blocks(second)
        results = [block for block in after if _is_result(block)]
        own = [block for block in before if _is_result(block)]
        if results and own == before[: len(own)]:
            others = [block for block in (*before, *after) if not _is_result(block)]
            blocks = [*own, *results, *others]
        else:
            blocks = [*before, *after]
        return {**second, **first, "content": blocks}


def _system(request: Wire) -> tuple[Part, ...]:
    system = request.get("system")
    if system is None or isinstance(system, str):
        return (Text(system),) if system else ()
    return tuple(read_block(block, READERS) for block in list_field(request, "system"))


def _head_marks(request: Wire) -> int:
    """Marks on system and tools; one on the request itself places a mark of the provider's."""
    system = request.get("system")
    blocks = system if isinstance(system, list) else ()
    return marked(*blocks, *list_field(request, "tools")) + (request.get(MARK) is not None)


def _blocks(wire: Wire) -> list[object]:
    content = wire.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return list(list_field(wire, "content"))


def _is_result(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "tool_result"


def _write_block(block: Wire, texts: Texts) -> object:
    kind = block.get("type")
    if kind == "tool_result":
        return {**block, "content": rewritten(block.get("content"), texts)}
    if kind == "tool_use":
        return {**block, "input": replace_in_value(block.get("input"), texts)}
    if kind in REWRITABLE:
        return as_text(block, whole(texts))
    raise ValueError(f"a {kind} block cannot be rewritten")


def _thinking(block: Wire) -> Thinking:
    text = string(block, "thinking", "thinking block")
    signature = block.get("signature")
    signature = signature if isinstance(signature, str) else ""
    return Thinking(text, len(signature), digest(f"{text}\0{signature}"))


def _redacted(block: Wire) -> Thinking:
    data = string(block, "data", "redacted_thinking block")
    return Thinking("", len(data), digest(data))


def _call(block: Wire) -> ToolCall:
    given = block.get("input")
    if not isinstance(given, Mapping):
        kind = type(given).__name__
        raise MalformedRequest(f"tool_use.input must be an object, not {kind}", rule="input")
    call_id = string(block, "id", "tool_use")
    return ToolCall(call_id, string(block, "name", "tool_use"), to_text(given))


def _result(block: Wire) -> ToolResult:
    call_id = string(block, "tool_use_id", "tool_result")
    content = read_inside(block.get("content"), INSIDE)
    return ToolResult(call_id, content, bool(block.get("is_error")))


def _source(block: Wire) -> tuple[str, Wire]:
    source = block_of(block.get("source"), "source")
    return string(source, "type", "source"), source


def _image(block: Wire) -> Image:
    kind, source = _source(block)
    if kind == "base64":
        return picture(string(source, "data", "source"), _optional(source, "media_type"))
    return Image(digest(_reference(source)), _optional(source, "media_type"))


def _document(block: Wire) -> Document:
    kind, source = _source(block)
    title, media_type = _optional(block, "title"), _optional(source, "media_type")
    if kind == "base64":
        data = string(source, "data", "source")
        return Document(digest(data), media_type, len(data) * 3 // 4, title)
    if kind not in ("text", "content"):
        return Document(digest(_reference(source)), media_type, title=title)
    parts = read_inside(source.get("data" if kind == "text" else "content"), PLAIN)
    text = "\n".join(part.text for part in parts if isinstance(part, Text))
    return Document(digest(compact(source, sort=True)), media_type, len(text), title, text)


def _reference(source: Wire) -> str:
    """The address or file id that a source names; all of it where the kind is unknown."""
    given = source.get("url", source.get("file_id"))
    return given if isinstance(given, str) else to_text(source)


def _optional(block: Wire, key: str) -> str:
    value = block.get(key)
    return value if isinstance(value, str) else ""


PLAIN: Readers = {"text": read_text, "image": _image}
INSIDE: Readers = {**PLAIN, "document": _document}
READERS: Readers = {
    **INSIDE,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _call,
    "tool_result": _result,
}

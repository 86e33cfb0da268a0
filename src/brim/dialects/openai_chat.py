"""OpenAI Chat Completions, and all that speak it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from brim.dialects.documents import file_part
from brim.dialects.images import picture_of_url
from brim.dialects.jsontext import replace_in_text, to_text
from brim.dialects.requests import amount, list_field, model_of, other_fields, tools_of
from brim.dialects.rules_openai import BOOK
from brim.dialects.signs import ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, instructed
from brim.dialects.walk import Slot, Texts, Walker, string
from brim.model.messages import Image, Part, Text, ToolCall, ToolResult

__all__ = ["OpenAIChat"]

REWRITABLE = frozenset({"text", "image_url", "file"})
ARGUMENTS = {"function": "arguments", "custom": "input"}
"""call type -> the field inside of it that holds what the model passes"""


class OpenAIChat(Walker):
    """Messages with string or block content, `tool_calls`, and `tool` messages that answer.

    The older `function_call` and role `function` are read too; such a call has no id
    of its own and is known as "function:NAME".
    """

    name = "openai-chat"
    messages_key = "messages"
    roles: ClassVar = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
    own_fields: ClassVar = frozenset(
        {"role", "content", "name", "tool_calls", "tool_call_id", "function_call", "id"}
    )
    book: ClassVar = BOOK

    def claims(self, request: Wire, messages: Sequence[object]) -> bool:
        if OPENAI_CHAT.seen(request, messages):
            return True
        others = (ANTHROPIC, OPENAI_RESPONSES)
        return instructed(messages) and not any(one.seen(request, messages) for one in others)

    def envelope(self, request: Wire) -> Envelope:
        known = ("model", "messages", "system", "tools", "functions")
        return Envelope(
            model=model_of(request),
            system=() if request.get("system") is None else (Text(string(request, "system")),),
            tools=tools_of(request, "tools", "functions"),
            max_output=amount(request, "max_completion_tokens", "max_tokens"),
            fields=other_fields(request, known),
        )

    def places(self, wire: Wire) -> Iterator[Slot]:
        content = wire.get("content")
        if wire.get("role") in ("tool", "function"):
            yield Slot("content", "result", content)
        elif isinstance(content, str):
            yield Slot("content", "text", content)
        elif content is not None:
            yield from (Slot("content", "block", b, True) for b in list_field(wire, "content"))
        for call in list_field(wire, "tool_calls"):
            yield Slot("tool_calls", "call", call, True)
        if wire.get("function_call") is not None:
            yield Slot("function_call", "function_call", wire["function_call"])

    def read(self, slot: Slot, wire: Wire) -> Part:
        match slot.kind:
            case "text":
                return Text(str(slot.value))
            case "block":
                return read_block(slot.value, READERS)
            case "result":
                return ToolResult(_answered(wire), read_inside(slot.value, READERS))
            case "call":
                return _call(block_of(slot.value, "a tool call"))
        body = block_of(slot.value, "function_call")
        name = string(body, "name", "function_call")
        return ToolCall(_legacy_id(name), name, string(body, "arguments", "function_call"))

    def write(self, slot: Slot, texts: Texts) -> object:
        return _writer(slot)(slot.value, texts)

    def note(self, text: str, marked: Sequence[Wire] = ()) -> dict[str, object]:
        return {"role": "user", "content": text}

    def merge(self, first: Wire, second: Wire) -> dict[str, object]:
        merged = {**second, **first}
        merged["content"] = [*_blocks(first), *_blocks(second)] or None
        calls = [*list_field(first, "tool_calls"), *list_field(second, "tool_calls")]
        return {**merged, "tool_calls": calls} if calls else merged


def _answered(wire: Wire) -> str:
    if wire.get("role") == "function":
        return _legacy_id(string(wire, "name", "function message"))
    return string(wire, "tool_call_id", "tool message")


def _legacy_id(name: str) -> str:
    return f"function:{name}"


def _call(call: Wire) -> ToolCall:
    """A tool call. The input of a custom tool, which is free text, becomes a JSON string."""
    call_id = string(call, "id", "tool call")
    kind = string(call, "type", "tool call") if "type" in call else "function"
    body = block_of(call.get(kind), f"the {kind} of a tool call")
    name = string(body, "name", kind)
    if kind == "function":
        return ToolCall(call_id, name, string(body, "arguments", kind))
    return ToolCall(call_id, name, to_text(body.get(ARGUMENTS.get(kind, ""), body)))


def _writer(slot: Slot) -> Callable[[object, Texts], object]:
    writers: Mapping[str, Callable[[object, Texts], object]] = {
        "text": lambda _, texts: whole(texts),
        "block": _write_block,
        "result": rewritten,
        "call": _write_call,
        "function_call": lambda value, texts: _with_arguments(value, "arguments", texts),
    }
    if slot.kind not in writers:
        raise ValueError(f"a {slot.kind} cannot be rewritten")
    return writers[slot.kind]


def _write_block(value: object, texts: Texts) -> object:
    kind = block_of(value).get("type")
    if kind not in REWRITABLE:
        raise ValueError(f"a {kind} block cannot be rewritten")
    return as_text(value, whole(texts))


def _write_call(value: object, texts: Texts) -> object:
    call = block_of(value, "a tool call")
    kind = str(call.get("type", "function"))
    if kind not in ARGUMENTS:
        raise ValueError(f"a call of type {kind} cannot be rewritten")
    return {**call, kind: _with_arguments(call.get(kind), ARGUMENTS[kind], texts)}


def _with_arguments(value: object, key: str, texts: Texts) -> dict[str, object]:
    """The body of a call, with strings inside of its arguments replaced."""
    body = block_of(value, "a call")
    arguments = string(body, key, "call")
    if key == "input":
        return {**body, key: whole(texts)}
    return {**body, key: replace_in_text(arguments, texts)}


def _blocks(wire: Wire) -> Sequence[object]:
    content = wire.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list_field(wire, "content")


def _image(block: Wire) -> Image:
    image = block.get("image_url")
    if isinstance(image, str):  # accepted by many that speak this dialect
        return picture_of_url(image)
    image = block_of(image, "image_url")
    detail = image.get("detail")
    return picture_of_url(
        string(image, "url", "image_url"), detail if isinstance(detail, str) else ""
    )


def _file(block: Wire) -> Part:
    return file_part(block_of(block.get("file"), "file"))


READERS: Readers = {"text": read_text, "image_url": _image, "file": _file}

"""OpenAI Responses: a list of items, each read as one message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from brim.dialects.base import Envelope, Rewrites, Wire
from brim.dialects.blocks import (
    TEXTS,
    Readers,
    as_text,
    read_block,
    read_inside,
    read_text,
    rewritten,
    whole,
)
from brim.dialects.documents import file_part
from brim.dialects.images import picture_of_url
from brim.dialects.jsontext import compact, replace_in_text, replace_in_value, to_text
from brim.dialects.requests import amount, list_field, model_of, other_fields, tools_of
from brim.dialects.rules_responses import BOOK
from brim.dialects.signs import OPENAI_RESPONSES
from brim.dialects.walk import Slot, Texts, Walker, opaque, string
from brim.errors import MalformedRequest
from brim.model.fingerprint import digest
from brim.model.messages import Image, Part, Text, Thinking, ToolCall, ToolResult

__all__ = ["OpenAIResponses"]

OUTPUT = "_output"
"""Items of a type with this ending answer the call with the same `call_id`."""

ELSEWHERE = ("previous_response_id", "conversation")
"""Fields that say the provider keeps the earlier items."""

PASSED = {"function_call": "arguments", "custom_tool_call": "input"}
"""call type -> the field that holds what the model passes"""

NOT_CONTENT = frozenset({"id", "status", "created_by"})
"""Fields that the provider sets; they say nothing about what an item is."""

REWRITABLE = TEXTS | {"input_image", "input_file"}


class OpenAIResponses(Walker):
    """Messages, calls, their outputs, reasoning, and whatever else has a type.

    A call is an assistant's message and an output a tool's. Built-in tools that run at the
    client (with a `call_id`) are calls too; those that run at the provider are opaque.
    """

    name = "openai-responses"
    messages_key = "input"
    system_key = "instructions"
    items = True
    roles: ClassVar = frozenset({"system", "developer", "user", "assistant"})
    own_fields: ClassVar = frozenset({"type", "role", "content", "name"}) | NOT_CONTENT
    book: ClassVar = BOOK

    def claims(self, request: Wire, messages: Sequence[object]) -> bool:
        return OPENAI_RESPONSES.seen(request, messages)

    def envelope(self, request: Wire) -> Envelope:
        given = request.get("instructions")
        known = ("model", "input", "instructions", "tools")
        return Envelope(
            model=model_of(request),
            system=()
            if given is None
            else (Text(string({"instructions": given}, "instructions")),),
            tools=tools_of(request, "tools"),
            max_output=amount(request, "max_output_tokens"),
            continues=any(request.get(key) is not None for key in ELSEWHERE),
            fields=other_fields(request, known),
        )

    def role(self, wire: Wire) -> str:
        if _is_message(wire):
            return super().role(wire)
        return "tool" if _kind(wire).endswith(OUTPUT) else "assistant"

    def speaker(self, wire: Wire) -> str:
        return super().speaker(wire) if _is_message(wire) else ""

    def slots(self, wire: Wire) -> list[Slot]:
        return super().slots(wire) if _is_message(wire) else list(self.places(wire))

    def places(self, wire: Wire) -> Iterator[Slot]:
        if not _is_message(wire):
            kind = _kind(wire)
            field = "output" if kind.endswith(OUTPUT) else PASSED.get(kind, "type")
            yield Slot(field, _reading(wire, kind), wire.get(field))
        elif isinstance(wire.get("content"), str):
            yield Slot("content", "text", wire["content"])
        else:
            for block in list_field(wire, "content"):
                yield Slot("content", "block", block, True)

    def read(self, slot: Slot, wire: Wire) -> Part:
        if slot.kind == "text":
            return Text(str(slot.value))
        if slot.kind == "block":
            return read_block(slot.value, READERS)
        return ITEMS[slot.kind](wire)

    def write(self, slot: Slot, texts: Texts) -> object:
        if slot.kind not in WRITERS:
            raise ValueError(f"a {slot.kind} item cannot be rewritten")
        return WRITERS[slot.kind](slot.value, texts)

    def select(self, wire: Wire, parts: Collection[int], rewrites: Rewrites) -> dict[str, object]:
        """The arguments of a built-in tool's call are fields of the item itself."""
        texts = rewrites.get(0)
        if texts and not _is_message(wire) and _reading(wire, _kind(wire)) == "call":
            return {**wire, **_fields(replace_in_value(wire, texts))}
        return super().select(wire, parts, rewrites)

    def emptied(self, field: str) -> object:
        return [] if field == "content" else None

    def note(self, text: str, marked: Sequence[Wire] = ()) -> dict[str, object]:
        return {"role": "user", "content": text}

    def merge(self, first: Wire, second: Wire) -> dict[str, object]:
        return {**second, **first, "content": [*_blocks(first), *_blocks(second)]}


def _kind(wire: Wire) -> str:
    return string(wire, "type", "item")


def _fields(value: object) -> Wire:
    return value if isinstance(value, Mapping) else {}


def _is_message(wire: Wire) -> bool:
    return wire.get("type", "message") == "message"


def _reading(wire: Wire, kind: str) -> str:
    """How an item that is no message is read."""
    if kind in PASSED or kind == "reasoning":
        return kind
    if kind.endswith(OUTPUT):
        return "output"
    return "call" if isinstance(wire.get("call_id"), str) else "other"


def _blocks(wire: Wire) -> Sequence[object]:
    content = wire.get("content")
    if isinstance(content, str):
        kind = "output_text" if wire.get("role") == "assistant" else "input_text"
        return [{"type": kind, "text": content}]
    return list_field(wire, "content")


def _function(wire: Wire) -> ToolCall:
    arguments = string(wire, "arguments", "function_call")
    return ToolCall(string(wire, "call_id", "function_call"), string(wire, "name"), arguments)


def _custom(wire: Wire) -> ToolCall:
    """The input of a custom tool, which is free text, as a JSON string."""
    given = to_text(string(wire, "input", "custom_tool_call"))
    return ToolCall(string(wire, "call_id", "custom_tool_call"), string(wire, "name"), given)


def _built_in(wire: Wire) -> ToolCall:
    """A call of a tool that the provider defines; its own fields are the arguments."""
    given = {key: wire[key] for key in _own(wire) if key not in ("type", "call_id")}
    return ToolCall(string(wire, "call_id"), _kind(wire), to_text(given))


def _output(wire: Wire) -> ToolResult:
    call_id, content = string(wire, "call_id", _kind(wire)), wire.get("output")
    if isinstance(content, Mapping):  # a screenshot and the like
        return ToolResult(call_id, (opaque("output", content),))
    return ToolResult(call_id, read_inside(content, READERS))


def _reasoning(wire: Wire) -> Thinking:
    """The summary and, where it came, the reasoning itself; `size` is that of the sealed rest."""
    told = [*list_field(wire, "summary"), *list_field(wire, "content")]
    texts = [item.get("text") for item in told if isinstance(item, Mapping)]
    sealed = wire.get("encrypted_content")
    size = len(sealed) if isinstance(sealed, str) else 0
    text = "\n".join(one for one in texts if isinstance(one, str))
    return Thinking(text, size, digest(compact(dict(wire), sort=True)))


def _other(wire: Wire) -> Part:
    return opaque(_kind(wire), {key: wire[key] for key in _own(wire)})


def _own(wire: Wire) -> list[str]:
    return [key for key in wire if key not in NOT_CONTENT]


def _image(block: Wire) -> Image:
    url, detail = block.get("image_url"), block.get("detail")
    reference = url if isinstance(url, str) else block.get("file_id")
    if not isinstance(reference, str):
        raise MalformedRequest("input_image has neither image_url nor file_id", rule="image_url")
    return picture_of_url(reference, detail if isinstance(detail, str) else "")


def _write_block(value: object, texts: Texts) -> object:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind not in REWRITABLE:
        raise ValueError(f"a {kind} block cannot be rewritten")
    return as_text(value, whole(texts), "input_text")


READERS: Readers = {
    **dict.fromkeys(TEXTS, read_text),
    "input_image": _image,
    "input_file": file_part,
}
ITEMS: Mapping[str, Callable[[Wire], Part]] = {
    "function_call": _function,
    "custom_tool_call": _custom,
    "call": _built_in,
    "output": _output,
    "reasoning": _reasoning,
    "other": _other,
}
WRITERS: Mapping[str, Callable[[object, Texts], object]] = {
    "text": lambda _, texts: whole(texts),
    "block": _write_block,
    "output": lambda value, texts: rewritten(value, texts, "input_text"),
    "function_call": lambda value, texts: replace_in_text(str(value), texts),
    "custom_tool_call": lambda _, texts: whole(texts),
}

"""Pydantic AI's messages as those of OpenAI Chat, which Brim reads, and the way back.

A request becomes one wire for each of its parts, a response becomes one wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from attrs import frozen
from pydantic_ai.messages import (
    BinaryContent,
    ImageUrl,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextContent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

__all__ = ["Wires"]

Wire = dict[str, Any]

MARK = "brim-"
"""Begins the id that tells what a wire was made of. Brim keeps ids, and reads nothing in them."""


RETRIES = ("retry-prompt", "retry-feedback")


@frozen
class Wires:
    """Messages, and what was made of each. `pinned` are the places in `sent` of parts that are
    no part of the conversation: what they say to the agent must not be left out."""

    messages: Sequence[ModelMessage]
    sent: list[Wire]
    pinned: tuple[int, ...]

    @classmethod
    def of(cls, messages: Sequence[ModelMessage]) -> Wires:
        sent: list[Wire] = []
        pinned: list[int] = []
        for index, message in enumerate(messages):
            parts = message.parts if isinstance(message, ModelRequest) else [message]
            for place, part in enumerate(parts):
                wire = _asked(part) or _answered(part)
                if wire is None:
                    pinned.append(len(sent))
                    wire = {"role": "user", "content": [_other(part)]}
                sent.append({**wire, "id": f"{MARK}{index}.{place}"})
        return cls(messages, sent, tuple(pinned))

    def back(self, wires: Iterable[object]) -> list[ModelMessage]:
        """The same objects wherever all of their wires are as they were, copies of the others,
        and requests for Brim's notes."""
        return list(self._back(wires))

    def _back(self, wires: Iterable[object]) -> Iterator[ModelMessage]:
        whole = {id(wire) for wire in self.sent}
        for index, group in groupby(wires, _index):
            found = list(group)
            if index is None:
                yield from (ModelRequest([UserPromptPart(_field(w, "content"))]) for w in found)
                continue
            message = self.messages[index]
            count = len(message.parts) if isinstance(message, ModelRequest) else 1
            if len(found) == count and all(id(wire) in whole for wire in found):
                yield message
            elif isinstance(message, ModelRequest):
                parts = [_part(message, wire, id(wire) in whole) for wire in found]
                yield replace(message, parts=parts)
            else:
                yield replace(message, parts=_parts(message, found[0]))


def _asked(part: object) -> Wire | None:
    """The wire of a request's part."""
    if isinstance(part, SystemPromptPart):
        return {"role": "system", "content": part.content}
    if isinstance(part, UserPromptPart):
        content: Any = part.content
        if not isinstance(content, str):
            content = [_content(one) for one in content]
        return {"role": "user", "content": content}
    if isinstance(part, ToolReturnPart):
        text = part.model_response_str()
        return {"role": "tool", "tool_call_id": part.tool_call_id, "content": text}
    if getattr(part, "part_kind", "") in RETRIES:
        return _retried(part)
    return None


def _retried(part: Any) -> Wire:
    """A plea to try again: in the place of a tool's result, or as the user's words."""
    text = part.model_response()
    if getattr(part, "tool_name", None) is None:
        return {"role": "user", "content": text}
    return {"role": "tool", "tool_call_id": part.tool_call_id, "content": text}


def _answered(message: object) -> Wire | None:
    """The wire of a response."""
    if not isinstance(message, ModelResponse):
        return None
    wire: Wire = {"role": "assistant", "content": [_block(part) for part in _said(message)]}
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    if calls:
        wire["tool_calls"] = [_call(part) for part in calls]
    return wire


def _said(message: ModelResponse) -> list[Any]:
    return [part for part in message.parts if not isinstance(part, ToolCallPart)]


def _block(part: object) -> Wire:
    return {"type": "text", "text": part.content} if isinstance(part, TextPart) else _other(part)


def _call(part: ToolCallPart) -> Wire:
    body = {"name": part.tool_name, "arguments": part.args_as_json_str()}
    return {"type": "function", "id": part.tool_call_id, "function": body}


def _content(item: object) -> Wire:
    if isinstance(item, str):
        return {"type": "text", "text": item}
    if isinstance(item, TextContent):
        return {"type": "text", "text": item.content}
    if isinstance(item, ImageUrl):
        return {"type": "image_url", "image_url": {"url": item.url}}
    if isinstance(item, BinaryContent) and item.is_image:
        return {"type": "image_url", "image_url": {"url": item.data_uri}}
    return _other(item)


def _other(part: object) -> Wire:
    """What Brim does not look into; it is counted by its size."""
    kind = getattr(part, "part_kind", getattr(part, "kind", "other"))
    return {"type": f"pydantic-ai:{kind}", "part": repr(part)}


def _field(wire: object, name: str) -> Any:
    return wire.get(name) if isinstance(wire, Mapping) else None


def _place(wire: object) -> tuple[int, int] | None:
    mark = _field(wire, "id")
    if not isinstance(mark, str):
        return None
    index, _, place = mark.removeprefix(MARK).partition(".")
    return int(index), int(place)


def _index(wire: object) -> int | None:
    place = _place(wire)
    return None if place is None else place[0]


def _part(message: ModelRequest, wire: object, whole: bool) -> Any:
    """A request's part, with what its wire has come to say."""
    place = _place(wire)
    assert place is not None
    part: Any = message.parts[place[1]]
    if whole:
        return part
    content = _field(wire, "content")
    if isinstance(part, UserPromptPart) and not isinstance(content, str):
        before = (
            [None, None] if isinstance(part.content, str) else [_content(c) for c in part.content]
        )
        old = [part.content] if isinstance(part.content, str) else list(part.content)
        kept = dict(zip(map(repr, before), old, strict=False))
        content = [kept.get(repr(block), block.get("text", "")) for block in content]
    return replace(part, content=content)


def _parts(message: ModelResponse, wire: object) -> list[Any]:
    """A response's parts, with what their wire has come to say."""
    said = {
        id(part): block for part, block in zip(_said(message), _field(wire, "content"), strict=True)
    }
    calls = {call["id"]: call["function"] for call in _field(wire, "tool_calls") or ()}
    return [_renewed(part, said.get(id(part)), calls) for part in message.parts]


def _renewed(part: Any, block: Wire | None, calls: Mapping[str, Wire]) -> Any:
    if isinstance(part, TextPart) and block is not None and block["text"] != part.content:
        return replace(part, content=block["text"], id=None, provider_details=None)
    if isinstance(part, ToolCallPart):
        arguments = calls[part.tool_call_id]["arguments"]
        if arguments != part.args_as_json_str():
            return replace(part, args=arguments)
    return part

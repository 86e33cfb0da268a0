"""LangChain's messages as those of OpenAI Chat, which Brim reads, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    convert_to_openai_messages,
)

from brim import MalformedRequest

__all__ = ["Wires"]

Wire = dict[str, Any]

MARK = "brim-"
"""Begins the id that tells which message a wire was made of. Brim keeps ids, and reads nothing
in them."""


@frozen
class Wires:
    """Messages, and what was made of each: one wire for most, several for one that holds tool
    results among other content. `split` are the places in `sent` of the wires of such messages.
    """

    messages: Sequence[BaseMessage]
    sent: list[Wire]
    split: tuple[int, ...]

    @classmethod
    def of(cls, messages: Sequence[BaseMessage]) -> Wires:
        """Raises `MalformedRequest` for what cannot be a request's message."""
        sent: list[Wire] = []
        split: list[int] = []
        for index, message in enumerate(messages):
            made = _wires(message, index)
            if len(made) > 1:
                split += range(len(sent), len(sent) + len(made))
            sent += made
        return cls(messages, sent, tuple(split))

    def places(self, index: int) -> list[int]:
        """Where the wires of one message stand."""
        return [at for at, wire in enumerate(self.sent) if wire["id"] == f"{MARK}{index}"]

    def back(self, wires: Iterable[object]) -> list[BaseMessage]:
        """The same objects wherever their wires are, copies of those that Brim rewrote, and
        messages for its notes."""
        return list(self._back(wires))

    def _back(self, wires: Iterable[object]) -> Iterator[BaseMessage]:
        whole, given = {id(wire) for wire in self.sent}, -1
        for wire in wires:
            index = _index(wire)
            if index is None:
                yield HumanMessage(_field(wire, "content"))
            elif id(wire) not in whole:
                yield _copy(self.messages[index], wire)
            elif index != given:
                yield self.messages[index]
            given = given if index is None else index


def _wires(message: BaseMessage, index: int) -> list[Wire]:
    try:
        made = convert_to_openai_messages([message])
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedRequest(f"{type(error).__name__}: {error}", index=index) from error
    if isinstance(message, AIMessage) and message.invalid_tool_calls:
        calls = [_invalid(call) for call in message.invalid_tool_calls if call.get("id")]
        made[0]["tool_calls"] = [*made[0].get("tool_calls", []), *calls]
    return [{**wire, "id": f"{MARK}{index}"} for wire in made]


def _invalid(call: Mapping[str, Any]) -> Wire:
    """A call whose arguments are no JSON; what answers it is no orphan."""
    body = {"name": call.get("name") or "", "arguments": call.get("args") or ""}
    return {"type": "function", "id": call["id"], "function": body}


def _field(wire: object, name: str) -> Any:
    return wire.get(name) if isinstance(wire, Mapping) else None


def _index(wire: object) -> int | None:
    mark = _field(wire, "id")
    return int(mark.removeprefix(MARK)) if isinstance(mark, str) else None


def _copy(message: BaseMessage, wire: object) -> BaseMessage:
    """A copy of a message with what its wire has come to say."""
    changes: dict[str, Any] = {"content": _field(wire, "content") or ""}
    if isinstance(message, AIMessage) and message.tool_calls:
        calls = {call["id"]: call for call in _field(wire, "tool_calls") or ()}
        changes["tool_calls"] = [
            {**call, "args": json.loads(calls[call["id"]]["function"]["arguments"])}
            for call in message.tool_calls
            if call["id"] in calls
        ]
        kept = message.additional_kwargs
        changes["additional_kwargs"] = {k: kept[k] for k in kept if k != "tool_calls"}
    return message.model_copy(update=changes)

"""Models, tools and observers for the tests of the chat loop."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from brim.api import Completion, Operation, ToolCall, hookimpl

MODEL = "gpt-4o"


def calls(*wanted: tuple[str, str] | tuple[str, str, str], text: str = "") -> Completion:
    """An answer that calls: (name, arguments) or (name, arguments, id)."""
    made = [ToolCall(*(*one[2:], f"c{i}")[:1], *one[:2]) for i, one in enumerate(wanted)]
    return Completion(text, "other", MODEL, 10, 5, 2, tuple(made))


@define
class Observer:
    """Keeps all operations."""

    name: str = "observer"
    seen: list[Operation] = field(factory=list)

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.seen.append(operation)

    def of(self, name: str) -> list[Operation]:
        return [one for one in self.seen if one.name == name]


def roles(messages: list[Any]) -> list[str]:
    return [message["role"] for message in messages]

"""Conversations and plugins for the tests of the road."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from brim import Brim
from brim.api import CondenseTask, hookimpl
from brim.road.plans.timeline import Timeline

Wire = dict[str, Any]

SETTINGS: dict[str, object] = {
    "strategies": ["smart-truncation"],  # `auto` and the gate have tests of their own
    "condensation": {"quality": 0},
    "models": {
        "m": {"window": 2_000, "max_output": 200},
        "strict": {"window": 2_000, "max_output": 200, "strict_alternation": True},
    },
}


class Strategy:
    """A strategy made of a function; `seen` are the tasks it was given."""

    name = "mine"

    def __init__(self, answer: Callable[[CondenseTask], Any]) -> None:
        self.answer = answer
        self.seen: list[CondenseTask] = []

    @hookimpl
    def condense(self, task: CondenseTask) -> Any:
        self.seen.append(task)
        return self.answer(task)


def words(count: int, salt: object = "") -> str:
    """About one token for each word."""
    return " ".join(f"word{salt if i % 7 == 0 else ''}" for i in range(count))


def bare(value: Any) -> Any:
    """The same without the handles in notes and marks."""
    text = json.dumps(value)
    return json.loads(re.sub(r"(<brim-note|\[brim) [a-z2-7]{6,26}(>|: )", r"\1\2", text))


def user(text: str) -> Wire:
    return {"role": "user", "content": text}


def assistant(text: str) -> Wire:
    return {"role": "assistant", "content": text}


def chat(turns: int, size: int = 30) -> list[Wire]:
    """Turns of question and answer, a last question without one."""
    found = []
    for i in range(turns):
        found += [user(f"question {i} {words(size)}"), assistant(f"answer {i} {words(size)}")]
    return [*found, user("and now?")]


def call(*ids: str, arguments: str = "{}") -> Wire:
    calls = [
        {"id": i, "type": "function", "function": {"name": "look", "arguments": arguments}}
        for i in ids
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def answer(call_id: str, text: str = "found") -> Wire:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def use(*ids: str, given: object = None, before: tuple[Wire, ...] = ()) -> Wire:
    """Anthropic calls."""
    uses = [{"type": "tool_use", "id": i, "name": "look", "input": given or {}} for i in ids]
    return {"role": "assistant", "content": [*before, *uses]}


def results(*ids: str, text: str = "found", after: str = "") -> Wire:
    """Anthropic results, with a text behind them."""
    blocks: list[Wire] = [{"type": "tool_result", "tool_use_id": i, "content": text} for i in ids]
    return {"role": "user", "content": blocks + ([block(after)] if after else [])}


def block(text: str) -> Wire:
    return {"type": "text", "text": text}


def loop(steps: int, size: int = 40, *, anthropic: bool = False) -> list[Wire]:
    """One prompt, then calls with a long result each."""
    found = [user("do it all")]
    for i in range(steps):
        text = f"result {i} {words(size)}"
        if anthropic:
            found += [use(f"c{i}"), results(f"c{i}", text=text)]
        else:
            found += [call(f"c{i}"), answer(f"c{i}", text)]
    return found


def timeline(brim: Brim, messages: list[Wire], dialect: str = "openai-chat") -> Timeline:
    """A timeline that owns copies of these messages."""
    fresh = Timeline(brim.host.calls.dialects()[dialect], brim.engine.counter("m"), b"seed")
    fresh.extend(json.loads(json.dumps(messages)))
    return fresh


def texts(messages: list[Any]) -> str:
    """All that is sent, as one text to look into."""
    return json.dumps(messages)

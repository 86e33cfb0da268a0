"""Short ways to write requests, and to ask which rules they break."""

from __future__ import annotations

from typing import Any

from brim.dialects.anthropic import Anthropic
from brim.dialects.base import Parsed, Violation
from brim.dialects.openai_chat import OpenAIChat
from brim.dialects.openai_responses import OpenAIResponses
from brim.dialects.walk import Walker
from brim.model.profiles import ModelProfile

Json = dict[str, Any]

OPENAI, ANTHROPIC, RESPONSES = OpenAIChat(), Anthropic(), OpenAIResponses()
DIALECTS: dict[str, Walker] = {one.name: one for one in (OPENAI, ANTHROPIC, RESPONSES)}


def user(*content: Any) -> Json:
    return {"role": "user", "content": _content(content)}


def assistant(*content: Any, **fields: Any) -> Json:
    return {"role": "assistant", "content": _content(content), **fields}


def _content(content: tuple[Any, ...]) -> Any:
    return content[0] if len(content) == 1 and isinstance(content[0], str) else [*content]


def text(value: str, **fields: Any) -> Json:
    return {"type": "text", "text": value, **fields}


def call(call_id: str, name: str = "look", arguments: str = "{}") -> Json:
    """An OpenAI tool call."""
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def calls(*ids: str) -> Json:
    return {"role": "assistant", "content": None, "tool_calls": [call(one) for one in ids]}


def tool(call_id: str, content: Any = "found") -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def use(call_id: str, **given: Any) -> Json:
    """An Anthropic tool call."""
    return {"type": "tool_use", "id": call_id, "name": "look", "input": given}


def result(call_id: str, content: Any = "found", **fields: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **fields}


def asks(call_id: str, name: str = "look", arguments: str = "{}", **fields: Any) -> Json:
    """A call as a Responses item."""
    item = {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
    return {**item, **fields}


def output(call_id: str, content: Any = "found") -> Json:
    return {"type": "function_call_output", "call_id": call_id, "output": content}


def reasoning(item_id: str = "rs_1") -> Json:
    summary = [{"type": "summary_text", "text": "hm"}]
    return {"type": "reasoning", "id": item_id, "summary": summary, "encrypted_content": "c2VhbA"}


def thinking(value: str = "hm") -> Json:
    return {"type": "thinking", "thinking": value, "signature": "c2ln"}


def parsed(dialect: Walker, messages: list[Json]) -> list[Parsed]:
    return [dialect.parse(message, index) for index, message in enumerate(messages)]


def check(
    dialect: Walker, request: Json | list[Json], profile: ModelProfile | None = None
) -> tuple[Violation, ...]:
    key = dialect.messages_key
    fields = request if isinstance(request, dict) else {key: request}
    messages = parsed(dialect, fields[key])
    return dialect.check(messages, dialect.envelope(fields), profile or ModelProfile("any"))


def broken(
    dialect: Walker, request: Json | list[Json], profile: ModelProfile | None = None
) -> set[int]:
    return {violation.rule for violation in check(dialect, request, profile)}

"""A Messages request as a Chat Completions request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

import msgspec
from msgspec import Raw

from brim_proxy.translation.anthropic_openai.content import (
    Part,
    block_parts,
    content_of,
    is_kept,
    parts_of,
    result_of,
    text_of,
)
from brim_proxy.translation.anthropic_openai.shapes import (
    Block,
    Messages,
    Spoken,
    Tool,
    ToolChoice,
    given,
)
from brim_proxy.translation.base import Untranslatable

__all__ = ["chat_of", "left_out", "read"]

_MESSAGES = msgspec.json.Decoder(Messages)
_FIELDS = msgspec.json.Decoder(dict[str, Raw])

_REASONS = re.compile(r"(?:[\w.-]+/)?(?:o\d|gpt-[5-9])")
"""OpenAI's models that know `max_completion_tokens` only."""

USER_CHARS = 64
"""The longest `user` that OpenAI takes."""

CHOICES = {"auto": "auto", "any": "required", "none": "none"}

SAID = frozenset(Messages.__struct_fields__) - {"thinking", "output_config"} | {"output_format"}
"""Fields that go up in one way or another. Thinking only tells whether it is shown, and of
`output_config` only the format is taken."""


def read(body: bytes) -> Messages:
    """The request. Raises `Untranslatable` for one that Anthropic would not take either."""
    try:
        return _MESSAGES.decode(body)
    except RecursionError:
        raise Untranslatable("The JSON body is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Untranslatable(str(error)) from None


def left_out(body: bytes) -> tuple[str, ...]:
    """Names of the request's fields that do not go up."""
    fields = {name for name, value in _FIELDS.decode(body).items() if given(value)}
    return tuple(sorted(fields - SAID))


def chat_of(asked: Messages) -> dict[str, object]:
    """The same request for Chat Completions. Raises `Untranslatable`."""
    if asked.mcp_servers:
        raise Untranslatable("mcp_servers: this upstream does not connect to MCP servers")
    limit = "max_completion_tokens" if _REASONS.match(asked.model) else "max_tokens"
    fields: dict[str, object] = {"model": asked.model, "messages": list(_messages(asked))}
    plain = ((limit, asked.max_tokens), ("temperature", asked.temperature), ("top_p", asked.top_p))
    fields |= {name: value for name, value in plain if given(value)}
    if asked.stop_sequences:
        fields["stop"] = asked.stop_sequences
    if asked.metadata is not None and asked.metadata.user_id:
        fields["user"] = _user_of(asked.metadata.user_id)
    if asked.tools:
        fields["tools"] = [_tool(tool, at) for at, tool in enumerate(asked.tools)]
        fields |= _choice(asked.tool_choice)
    fields |= _format(asked)
    if asked.stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    return fields


def _user_of(name: str) -> str:
    return name if len(name) <= USER_CHARS else sha256(name.encode()).hexdigest()


def _tool(tool: Tool, at: int) -> Part:
    if tool.type not in {None, "custom"} or not given(tool.input_schema):
        kind = tool.type or tool.name
        raise Untranslatable(f"tools.{at}: this upstream does not have the tool {kind!r}")
    function: Part = {"name": tool.name, "parameters": tool.input_schema}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _choice(choice: ToolChoice | None) -> dict[str, object]:
    if choice is None:
        return {}
    alone = choice.disable_parallel_tool_use
    fields: dict[str, object] = {"parallel_tool_calls": False} if alone else {}
    if choice.type == "tool":
        return {**fields, "tool_choice": {"type": "function", "function": {"name": choice.name}}}
    if choice.type not in CHOICES:
        raise Untranslatable(f"tool_choice.type: {choice.type!r} is not known")
    return {**fields, "tool_choice": CHOICES[choice.type]}


def _format(asked: Messages) -> dict[str, object]:
    """A structured answer."""
    config = asked.output_config
    wanted = asked.output_format or (config.format if config is not None else None)
    if wanted is None or not given(wanted.schema):
        return {}
    schema = {"name": "answer", "schema": wanted.schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _messages(asked: Messages) -> Iterator[Part]:
    if asked.system:
        yield {"role": "system", "content": text_of(parts_of(asked.system, "system"))}
    for at, message in enumerate(asked.messages):
        yield from _message(message, f"messages.{at}")


def _message(message: Spoken, where: str) -> Iterator[Part]:
    inside = f"{where}.content"
    if message.role == "user":
        yield from _by_user(message.content, inside)
    elif message.role == "assistant":
        yield from _by_assistant(message.content, inside)
    elif message.role == "system":
        yield {"role": "system", "content": text_of(parts_of(message.content, inside))}
    else:
        raise Untranslatable(f"{where}.role: {message.role!r} is not known")


def _by_user(content: str | list[Block], where: str) -> Iterator[Part]:
    """Tool results first, each a message of its own: nothing may stand between them and the
    calls that they answer."""
    if isinstance(content, str):
        yield {"role": "user", "content": content}
        return
    parts: list[Part] = []
    for at, block in enumerate(content):
        if block.type != "tool_result":
            parts += block_parts(block, f"{where}.{at}")
            continue
        result, rest = result_of(block, f"{where}.{at}")
        parts += rest
        yield result
    if parts or all(block.type != "tool_result" for block in content):
        yield {"role": "user", "content": content_of(parts)}


def _by_assistant(content: str | list[Block], where: str) -> Iterator[Part]:
    if isinstance(content, str):
        yield {"role": "assistant", "content": content}
        return
    calls: list[Part] = []
    parts: list[Part] = []
    for at, block in enumerate(content):
        if block.type == "tool_use":
            calls.append(_call(block))
        else:
            parts += block_parts(block, f"{where}.{at}")
    text = text_of(parts)
    if calls:
        yield {"role": "assistant", "content": text or None, "tool_calls": calls}
    elif any(map(is_kept, content)):
        yield {"role": "assistant", "content": text}


def _call(block: Block) -> Part:
    arguments = bytes(block.input).decode() if given(block.input) else "{}"
    return {
        "id": block.id,
        "type": "function",
        "function": {"name": block.name, "arguments": arguments},
    }

"""What tells one provider's request from another's. Only unmistakable signs count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from attrs import frozen

from brim.dialects.base import Wire
from brim.model.messages import INSTRUCTION_ROLES

__all__ = ["ANTHROPIC", "OPENAI_CHAT", "OPENAI_RESPONSES", "Signs", "instructed"]

WINDOW = 12
"""Messages to look at from either end."""


@frozen
class Signs:
    """Request fields, tool field, message fields, roles and types, block types of one provider."""

    request: frozenset[str]
    tool: str
    message: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()

    def seen(self, request: Wire, messages: Sequence[object]) -> bool:
        """Whether any sign occurs. Stops at the first."""
        return (
            any(request.get(key) is not None for key in self.request)
            or any(self.tool in tool for tool in _objects(request.get("tools")))
            or any(self._in_message(message) for message in _ends(messages))
        )

    def _in_message(self, message: Mapping[str, object]) -> bool:
        return (
            message.get("role") in self.roles
            or message.get("type") in self.types
            or any(message.get(key) is not None for key in self.message)
            or any(block.get("type") in self.blocks for block in _objects(message.get("content")))
        )


def instructed(messages: Sequence[object]) -> bool:
    """Whether the first message gives instructions, as several providers have it."""
    first = messages[0] if messages else None
    return isinstance(first, Mapping) and first.get("role") in INSTRUCTION_ROLES


def _ends(messages: Sequence[object]) -> Iterator[Mapping[str, object]]:
    """Objects among the first and the last messages."""
    tail = range(max(WINDOW, len(messages) - WINDOW), len(messages))
    sample: Iterable[object] = chain(islice(messages, WINDOW), (messages[i] for i in tail))
    return (message for message in sample if isinstance(message, (dict, Mapping)))


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    items = value if isinstance(value, (list, tuple)) else ()
    return (item for item in items if isinstance(item, (dict, Mapping)))


ANTHROPIC = Signs(
    request=frozenset({"system", "anthropic_version", "anthropic_beta", "stop_sequences"}),
    tool="input_schema",
    blocks=frozenset(
        {
            "compaction",
            "container_upload",
            "document",
            "image",
            "mcp_tool_result",
            "mcp_tool_use",
            "redacted_thinking",
            "search_result",
            "server_tool_use",
            "thinking",
            "tool_result",
            "tool_use",
            "web_search_tool_result",
        }
    ),
)

OPENAI_CHAT = Signs(
    request=frozenset(
        {
            "frequency_penalty",
            "function_call",
            "functions",
            "logit_bias",
            "max_completion_tokens",
            "presence_penalty",
            "response_format",
            "stream_options",
        }
    ),
    tool="function",
    message=frozenset({"tool_calls", "tool_call_id", "function_call"}),
    roles=frozenset({"tool", "function"}),
    blocks=frozenset({"image_url", "input_audio", "file"}),
)

OPENAI_RESPONSES = Signs(
    request=frozenset(
        {"instructions", "max_output_tokens", "previous_response_id", "prompt", "truncation"}
    ),
    tool="parameters",
    types=frozenset(
        {
            "compaction",
            "custom_tool_call",
            "custom_tool_call_output",
            "function_call",
            "function_call_output",
            "item_reference",
            "message",
            "reasoning",
        }
    ),
    blocks=frozenset({"input_text", "output_text", "input_image", "input_file"}),
)

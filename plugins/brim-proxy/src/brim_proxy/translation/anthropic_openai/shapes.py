"""What is read of requests and answers; all else in them is left out."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

__all__ = [
    "Block",
    "Called",
    "Chunk",
    "Format",
    "Messages",
    "Said",
    "Source",
    "Spoken",
    "Tool",
    "ToolChoice",
    "Usage",
    "given",
]

NOTHING = Raw(b"")


def given(raw: Raw) -> bool:
    """Whether a field was there, and not null."""
    return bytes(raw) not in {b"", b"null"}


class Source(Struct):
    """Of an image or a document."""

    type: str
    media_type: str = ""
    data: str = ""
    url: str = ""
    content: Raw = NOTHING


class Block(Struct):
    """A content block of any type. What differs between types is read when the type is known."""

    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: Raw = NOTHING
    tool_use_id: str = ""
    content: Raw = NOTHING
    source: Raw = NOTHING
    title: str | None = None
    context: str | None = None
    is_error: bool | None = None


class Spoken(Struct):
    """A message."""

    role: str
    content: str | list[Block]


class Tool(Struct):
    """A tool; those that the vendor runs or describes itself have a type of their own."""

    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Raw = NOTHING
    strict: bool | None = None


class ToolChoice(Struct):
    type: str
    name: str = ""
    disable_parallel_tool_use: bool = False


class Metadata(Struct):
    user_id: str | None = None


class Thinking(Struct):
    type: str = ""


class Format(Struct):
    """Of a structured answer."""

    type: str
    schema: Raw = NOTHING


class OutputConfig(Struct):
    format: Format | None = None


class Messages(Struct):
    """A request."""

    model: str
    messages: list[Spoken]
    max_tokens: Raw = NOTHING
    system: str | list[Block] | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    stop_sequences: list[str] | None = None
    temperature: Raw = NOTHING
    top_p: Raw = NOTHING
    stream: bool | None = None
    metadata: Metadata | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: Format | None = None
    mcp_servers: list[Raw] | None = None


class Function(Struct):
    name: str | None = None
    arguments: object = None


class Called(Struct):
    """A tool call, or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: Function = msgspec.field(default_factory=Function)


class Said(Struct):
    """What the model says, or a piece of it. Some servers have `reasoning_content`, some
    `reasoning`."""

    content: object = None
    refusal: str | None = None
    reasoning_content: object = None
    reasoning: object = None
    tool_calls: list[Called] | None = None


class Choice(Struct):
    """`stop_reason` is vLLM's: the stop sequence that was met."""

    index: int = 0
    message: Said | None = None
    delta: Said | None = None
    finish_reason: str | None = None
    stop_reason: object = None


class Details(Struct):
    cached_tokens: int | None = None


class Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: Details | None = None


class Chunk(Struct):
    """A whole answer, or one event of a streamed one."""

    id: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Raw = NOTHING

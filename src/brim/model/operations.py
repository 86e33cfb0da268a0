"""Model calls a strategy asks for, injected context, and timed steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from typing import Literal

from attrs import field, frozen

from brim.model.conversation import Conversation, Exchange, Tool
from brim.model.messages import Message, ToolCall

__all__ = ["Ask", "Completion", "Delta", "InjectTask", "Operation", "Request", "Snippet"]

Vectors = Sequence[Sequence[float]]


@frozen
class Ask:
    """A request for a completion, of a strategy or of a chat loop. `prompt` is (role, text) pairs.

    `seconds` is the time there is for the answer; the kernel sets it. Where there are `messages`,
    they are the whole conversation, tool calls and results included, and `prompt` is what they say
    as plain text, for plugins that know no tools. `tools` may be called as `tool_choice` says:
    "none" keeps them described and not called.
    """

    prompt: tuple[tuple[str, str], ...]
    purpose: str = "condense"
    max_tokens: int = 1024
    temperature: float = 0.0
    model: str = ""
    seconds: float = field(default=inf, eq=False)
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none"] = "auto"


@frozen
class Completion:
    """The answer to an `Ask`; tokens are as the provider reported them. `tool_calls` are those
    that the model wants made before it goes on; `reasoning` is what it thought before it answered,
    where the provider tells. It is only shown, and never becomes part of a conversation."""

    text: str
    stop: Literal["end", "length", "refusal", "other"] = "end"
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = field(default="", repr=False)


@frozen
class Delta:
    """A piece of a streamed answer, or of its `reasoning`. The last one carries the
    `Completion`."""

    text: str = ""
    completion: Completion | None = None
    reasoning: str = ""


def _about(texts: Sequence[str]) -> Sequence[int]:
    return [len(text) // 4 + 1 for text in texts]


async def _no_vectors(texts: Sequence[str]) -> Vectors | None:
    return None


@frozen
class InjectTask:
    """What an injector may work with. `query` is the last user message's text, `budget` tokens.

    `conversation` is what goes out; `gone` are the exchanges, as they came and with their numbers
    in the whole conversation, that were left out of it or shortened. `embed` gives one vector for
    each text, None where no plugin embeds; equal texts have equal vectors as long as `embedder`
    stays the same. `count` counts texts in one batch.
    """

    conversation: Conversation
    query: str
    budget: int
    gone: tuple[Exchange, ...] = ()
    count: Callable[[Sequence[str]], Sequence[int]] = field(default=_about, eq=False, repr=False)
    embed: Callable[[Sequence[str]], Awaitable[Vectors | None]] = field(
        default=_no_vectors, eq=False, repr=False
    )
    embedder: str = ""


@frozen
class Snippet:
    """A piece of context to inject, with where it came from."""

    text: str
    source: str
    score: float = 0.0
    tokens: int = 0


@frozen
class Request:
    """A request that is about to be served, for admission and rate limits."""

    tenant: str
    model: str
    tokens: int


@frozen
class Operation:
    """One timed step. `seconds` is wall time; `facts` are small plain values."""

    name: str
    seconds: float
    ok: bool = True
    error: str = ""
    facts: Mapping[str, str | int | float | bool] = field(factory=dict)

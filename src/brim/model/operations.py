"""Model calls a strategy asks for, injected context, and timed steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

from brim.model.conversation import Conversation

__all__ = ["Ask", "Completion", "Delta", "InjectTask", "Operation", "Request", "Snippet"]


@frozen
class Ask:
    """A strategy's request for a completion. `prompt` is (role, text) pairs."""

    prompt: tuple[tuple[str, str], ...]
    purpose: str = "condense"
    max_tokens: int = 1024
    temperature: float = 0.0
    model: str = ""


@frozen
class Completion:
    """The answer to an `Ask`; tokens are as the provider reported them."""

    text: str
    stop: Literal["end", "length", "refusal", "other"] = "end"
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@frozen
class Delta:
    """A piece of a streamed answer. The last one carries the `Completion`."""

    text: str = ""
    completion: Completion | None = None


@frozen
class InjectTask:
    """What an injector may work with. `query` is the last user message's text, `budget` tokens."""

    conversation: Conversation
    query: str
    budget: int


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

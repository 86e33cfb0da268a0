"""Completions from OpenAI, and from all that speak its chat dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Literal

import msgspec
from attrs import define, field, frozen

from brim.api import (
    Ask,
    Completion,
    CompletionError,
    Delta,
    Message,
    Tool,
    ToolCall,
    hookimpl,
)
from brim.defaults.model_http import ModelSettings, Provider, deltas, unreadable

__all__ = ["OpenAICompletion", "OpenAICompletionSettings"]

Stop = Literal["end", "length", "refusal", "other"]
_STOPS: Mapping[str, Stop] = {"stop": "end", "length": "length", "content_filter": "refusal"}


@frozen
class OpenAICompletionSettings(ModelSettings):
    """See `ModelSettings`. `limit_field` is the name under which the server takes the length of
    the longest answer: models that reason want `max_completion_tokens`, and no temperature."""

    base_url: str = "https://api.openai.com/v1"
    model: str = "gpt-4o-mini"
    key_variable: str = "OPENAI_API_KEY"
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"


class OpenAICompletion:
    """Answers over `chat/completions`."""

    name = "openai-completion"

    def __init__(self, settings: OpenAICompletionSettings) -> None:
        self._settings = settings
        self._provider = Provider(
            f"{settings.base_url.rstrip('/')}/chat/completions",
            settings.key,
            lambda key: {"authorization": f"Bearer {key}"} if key else {},
            settings.timeout,
            settings.retries,
        )

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        read = _Reading(ask)
        read.take(await self._provider.post(self._body(ask), ask.seconds))
        return read.completion()

    @hookimpl
    def stream(self, ask: Ask) -> AsyncIterator[Delta]:
        body = self._body(ask) | {"stream": True, "stream_options": {"include_usage": True}}
        return deltas(self._provider.events(body, ask.seconds), _Reading(ask))

    def _body(self, ask: Ask) -> dict[str, object]:
        settings = self._settings
        warmth = {"temperature": ask.temperature} if settings.temperature else {}
        return {
            "model": ask.model or settings.model,
            "messages": _messages(ask),
            settings.limit_field: ask.max_tokens,
            **warmth,
            **_tools(ask),
        }


def _messages(ask: Ask) -> list[dict[str, object]]:
    if not ask.messages:
        return [{"role": role, "content": text} for role, text in ask.prompt]
    return [wire for message in ask.messages for wire in _wires(message)]


def _wires(message: Message) -> Iterator[dict[str, object]]:
    """A message as this dialect has it: each result is one of its own."""
    for result in message.results:
        yield {"role": "tool", "tool_call_id": result.call_id, "content": result.text}
    if message.calls:
        calls = [_called(call) for call in message.calls]
        yield {"role": "assistant", "content": message.text or None, "tool_calls": calls}
    elif not message.results:
        yield {"role": message.role, "content": message.text}


def _called(call: ToolCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _tools(ask: Ask) -> dict[str, object]:
    if not ask.tools:
        return {}
    choice = {} if ask.tool_choice == "auto" else {"tool_choice": ask.tool_choice}
    return {"tools": [_tool(tool) for tool in ask.tools], **choice}


def _tool(tool: Tool) -> dict[str, object]:
    parameters = msgspec.json.decode(tool.parameters or "{}")
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    """A call, or a piece of one: those of one `index` belong together."""

    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Said(msgspec.Struct):
    """Servers of models that reason tell what they thought under one of two names."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: object = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None

    @property
    def thought(self) -> str:
        named = self.reasoning if isinstance(self.reasoning, str) else ""
        return self.reasoning_content or named


class _Choice(msgspec.Struct):
    message: _Said | None = None
    delta: _Said | None = None
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Event(msgspec.Struct):
    """A whole answer, or one event of a streamed one."""

    choices: list[_Choice] = []
    model: str | None = None
    usage: _Usage | None = None
    error: object = None


@define
class _Reading:
    """What has been read of an answer."""

    ask: Ask
    texts: list[str] = field(factory=list)
    thoughts: list[str] = field(factory=list)
    calls: dict[int, list[str]] = field(factory=dict)
    refused: bool = False
    finish: str = ""
    model: str = ""
    usage: _Usage = field(factory=_Usage)

    def take(self, event: bytes) -> Delta:
        if event in (b"", b"[DONE]"):
            return Delta()
        try:
            found = msgspec.json.decode(event, type=_Event)
        except msgspec.DecodeError:
            raise unreadable("it is no JSON of a chat completion") from None
        if found.error is not None:
            raise CompletionError("the provider broke off with an error", kind="server")
        self.model = found.model or self.model
        self.usage = found.usage or self.usage
        return self._chosen(found.choices[0]) if found.choices else Delta()

    def _chosen(self, choice: _Choice) -> Delta:
        said = choice.message or choice.delta or _Said()
        self.finish = choice.finish_reason or self.finish
        self.refused = self.refused or bool(said.refusal)
        self.texts.append(said.content or "")
        self.thoughts.append(said.thought)
        for call in said.tool_calls or ():
            self._call(call)
        return Delta(said.content or "", reasoning=said.thought)

    def _call(self, piece: _Call) -> None:
        """Servers that give no index send whole calls, each with an id."""
        last = max(self.calls, default=-1)
        new = last + 1 if piece.id else max(last, 0)
        parts = self.calls.setdefault(new if piece.index is None else piece.index, ["", "", ""])
        function = piece.function or _Function()
        parts[0] = parts[0] or piece.id or ""
        parts[1] = parts[1] or function.name or ""
        parts[2] += function.arguments or ""

    def completion(self) -> Completion:
        if not self.finish:
            raise unreadable("it ends before it is finished")
        usage = self.usage
        details = usage.prompt_tokens_details
        read = max(usage.prompt_tokens, 0)
        return Completion(
            "".join(self.texts),
            "refusal" if self.refused else _STOPS.get(self.finish, "other"),
            self.model or self.ask.model,
            read,
            max(usage.completion_tokens, 0),
            min(max(details.cached_tokens or 0, 0), read) if details else 0,
            tuple(ToolCall(*parts) for _, parts in sorted(self.calls.items())),
            "".join(self.thoughts),
        )

"""Completions from Anthropic, and from all that speak its messages dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import groupby
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
    ToolResult,
    hookimpl,
)
from brim.defaults.model_http import ModelSettings, Provider, deltas, unreadable

__all__ = ["AnthropicCompletion", "AnthropicCompletionSettings"]

VERSION = "2023-06-01"

Stop = Literal["end", "length", "refusal", "other"]
_STOPS: Mapping[str, Stop] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_INSTRUCTIONS = frozenset({"system", "developer"})


@frozen
class AnthropicCompletionSettings(ModelSettings):
    """See `ModelSettings`."""

    base_url: str = "https://api.anthropic.com"
    model: str = "claude-haiku-4-5"
    key_variable: str = "ANTHROPIC_API_KEY"


class AnthropicCompletion:
    """Answers over `/v1/messages`."""

    name = "anthropic-completion"

    def __init__(self, settings: AnthropicCompletionSettings) -> None:
        self._settings = settings
        self._provider = Provider(
            f"{settings.base_url.rstrip('/')}/v1/messages",
            settings.key,
            lambda key: {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})},
            settings.timeout,
            settings.retries,
        )

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        read = _Reading(ask)
        read.answer(await self._provider.post(self._body(ask), ask.seconds))
        return read.completion()

    @hookimpl
    def stream(self, ask: Ask) -> AsyncIterator[Delta]:
        body = self._body(ask) | {"stream": True}
        return deltas(self._provider.events(body, ask.seconds), _Reading(ask))

    def _body(self, ask: Ask) -> dict[str, object]:
        settings = self._settings
        body: dict[str, object] = {
            "model": ask.model or settings.model,
            "max_tokens": ask.max_tokens,
            "messages": _said(ask.messages)
            or _turns((r, text) for r, text in ask.prompt if r not in _INSTRUCTIONS),
        }
        system = [text for role, text in ask.prompt if role in _INSTRUCTIONS]
        if not body["messages"]:  # there must be one
            body["messages"], system = _turns(("user", text) for text in system), []
        if system:
            body["system"] = "\n\n".join(system)
        if settings.temperature:
            body["temperature"] = min(ask.temperature, 1.0)
        if ask.tools:
            body["tools"] = [_tool(tool) for tool in ask.tools]
            if ask.tool_choice != "auto":
                body["tool_choice"] = {"type": ask.tool_choice}
        return body


def _turns(prompt: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    """Messages; what one role says twice in a row becomes one (rule 19)."""
    return [
        {"role": role, "content": "\n\n".join(text for _, text in said)}
        for role, said in groupby(prompt, lambda pair: pair[0])
    ]


def _said(messages: Iterable[Message]) -> list[dict[str, object]]:
    """Messages in blocks; what one side says in a row becomes one, results before texts."""
    sides = [
        ("assistant" if message.role == "assistant" else "user", _blocks(message))
        for message in messages
        if message.role not in _INSTRUCTIONS
    ]
    return [
        {"role": role, "content": [block for _, blocks in said for block in blocks]}
        for role, said in groupby([side for side in sides if side[1]], lambda side: side[0])
    ]


def _blocks(message: Message) -> list[dict[str, object]]:
    """Empty texts are refused there, and left out."""
    results = [_result(result) for result in message.results]
    said = message.text
    texts: list[dict[str, object]] = [{"type": "text", "text": said}] if said.strip() else []
    calls: list[dict[str, object]] = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call.arguments)}
        for call in message.calls
    ]
    return [*results, *texts, *calls]


def _result(result: ToolResult) -> dict[str, object]:
    failed = {"is_error": True} if result.is_error else {}
    return {
        "type": "tool_result",
        "tool_use_id": result.call_id,
        "content": result.text,
        **failed,
    }


def _input(arguments: str) -> object:
    """The object that is wanted here; a model's own JSON may be none, and its result says so."""
    try:
        found = msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _tool(tool: Tool) -> dict[str, object]:
    schema = msgspec.json.decode(tool.parameters or '{"type": "object"}')
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Block(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    id: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")


class _Message(msgspec.Struct):
    """A whole answer, and the beginning of a streamed one."""

    content: list[_Block] = []
    model: str = ""
    stop_reason: str | None = None
    usage: _Usage | None = None


class _Delta(msgspec.Struct):
    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None
    partial_json: str | None = None


class _Event(msgspec.Struct):
    type: str = ""
    content_block: _Block | None = None
    message: _Message | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None


@define
class _Reading:
    """What has been read of an answer. Usage comes in two parts, the later ones cumulative."""

    ask: Ask
    texts: list[str] = field(factory=list)
    thoughts: list[str] = field(factory=list)
    calls: list[list[str]] = field(factory=list)
    stop: str = ""
    model: str = ""
    tokens: dict[str, int] = field(factory=dict)

    def answer(self, whole: bytes) -> None:
        try:
            self._begun(msgspec.json.decode(whole, type=_Message))
        except msgspec.DecodeError:
            raise unreadable("it is no JSON of a message") from None

    def take(self, event: bytes) -> Delta:
        try:
            found = msgspec.json.decode(event, type=_Event) if event else _Event()
        except msgspec.DecodeError:
            raise unreadable("an event of it is no JSON") from None
        if found.type == "error":
            raise CompletionError("the provider broke off with an error", kind="server")
        if found.message:
            self._begun(found.message)
        self._used(found.usage)
        delta = found.delta or _Delta()
        if found.content_block and found.content_block.type == "tool_use":
            self.calls.append([found.content_block.id, found.content_block.name, ""])
        if delta.partial_json and self.calls:  # blocks come one after the other
            self.calls[-1][2] += delta.partial_json
        self.stop = delta.stop_reason or self.stop
        self.texts.append(delta.text or "")
        self.thoughts.append(delta.thinking or "")
        return Delta(delta.text or "", reasoning=delta.thinking or "")

    def _begun(self, message: _Message) -> None:
        self.model, self.stop = message.model, message.stop_reason or ""
        self.texts += [block.text or "" for block in message.content if block.type == "text"]
        self.thoughts += [block.thinking or "" for block in message.content]
        self.calls += [
            [block.id, block.name, bytes(block.input).decode()]
            for block in message.content
            if block.type == "tool_use"
        ]
        self._used(message.usage)

    def _used(self, usage: _Usage | None) -> None:
        for name, number in msgspec.structs.asdict(usage).items() if usage else ():
            self.tokens[name] = max(number or 0, self.tokens.get(name, 0))

    def completion(self) -> Completion:
        if not self.stop:
            raise unreadable("it ends before it is finished")
        tokens = self.tokens
        cached = tokens.get("cache_read_input_tokens", 0)
        fresh = tokens.get("input_tokens", 0) + tokens.get("cache_creation_input_tokens", 0)
        return Completion(
            "".join(self.texts),
            _STOPS.get(self.stop, "other"),
            self.model or self.ask.model,
            fresh + cached,
            tokens.get("output_tokens", 0),
            cached,
            tuple(ToolCall(call, name, said or "{}") for call, name, said in self.calls),
            "".join(self.thoughts),
        )

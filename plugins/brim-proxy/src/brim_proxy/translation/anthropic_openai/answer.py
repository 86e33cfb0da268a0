"""A chat completion as a message, and what whole and streamed answers share."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import msgspec
from attrs import frozen
from msgspec import Raw

from brim_proxy.translation.anthropic_openai.shapes import Called, Choice, Chunk, Said, Usage

__all__ = ["CHUNK", "Style", "arguments_of", "is_object", "message_id", "message_of", "stop_of"]

CHUNK = msgspec.json.Decoder(Chunk)

STOPS = {
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
}
INVALID = "INVALID_JSON"
"""The key under which Anthropic's documentation has clients hand back what is no JSON."""

_OBJECT = msgspec.json.Decoder(dict[str, Raw])


@frozen
class Style:
    """What of an answer depends on its request: the model's name that the client reads, and
    whether it asked for thinking."""

    model: str
    thinking: bool = False

    def reasoning(self, said: Said) -> str:
        """The thinking in this, empty where nobody asked for it."""
        return text_in(said.reasoning_content or said.reasoning) if self.thinking else ""


def text_in(content: object) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def arguments_of(called: Called) -> str:
    """A call's arguments, or a piece of them, as JSON text. Some servers give the object."""
    found = called.function.arguments
    if found is None or isinstance(found, str):
        return found or ""
    return msgspec.json.encode(found).decode()


def is_object(text: str) -> bool:
    """Whether this is one whole JSON object."""
    try:
        _OBJECT.decode(text)
        msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def message_id(given: str | None) -> str:
    """An id in Anthropic's form."""
    return f"msg_{given or uuid.uuid4().hex}"


def used(usage: Usage | None) -> dict[str, int]:
    """Tokens, those from the cache apart."""
    usage = usage or Usage()
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens if details is not None else None) or 0
    return {
        "input_tokens": max((usage.prompt_tokens or 0) - cached, 0),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.completion_tokens or 0,
    }


def stop_of(choice: Choice, *, called: bool, refused: bool) -> dict[str, str | None]:
    """Why it ended. Servers that were told which tool to call say `stop`, and some always do."""
    reason = STOPS.get(choice.finish_reason or "", "end_turn")
    met = choice.stop_reason if isinstance(choice.stop_reason, str) else None
    if reason == "end_turn":
        reason = "tool_use" if called else "refusal" if refused else reason
    if reason == "end_turn" and met is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": met}
    return {"stop_reason": reason, "stop_sequence": None}


def envelope(style: Style, given: str | None) -> dict[str, object]:
    """A message without its content."""
    about = {"id": message_id(given), "type": "message", "role": "assistant", "model": style.model}
    return {
        **about,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": used(None),
    }


def message_of(chunk: Chunk, choice: Choice, said: Said, style: Style) -> dict[str, object]:
    """The message of a whole answer."""
    message = envelope(style, chunk.id)
    blocks: list[dict[str, object]] = []
    if thought := style.reasoning(said):
        blocks.append({"type": "thinking", "thinking": thought, "signature": ""})
    if text := text_in(said.content) + (said.refusal or ""):
        blocks.append({"type": "text", "text": text})
    calls: Sequence[Called] = said.tool_calls or ()
    blocks += [_tool_use(called, at, message["id"]) for at, called in enumerate(calls)]
    stop = stop_of(choice, called=bool(calls), refused=bool(said.refusal))
    return {**message, **stop, "content": blocks, "usage": used(chunk.usage)}


def tool_use(called: Called, at: int, message: object) -> dict[str, object]:
    """A call's block, without its input."""
    own = called.id or f"toolu_{at}_{message}"
    return {"type": "tool_use", "id": own, "name": called.function.name or "", "input": {}}


def _tool_use(called: Called, at: int, message: object) -> dict[str, object]:
    block = tool_use(called, at, message)
    arguments = arguments_of(called)
    if arguments.strip():
        block["input"] = Raw(arguments.encode()) if is_object(arguments) else {INVALID: arguments}
    return block

"""What a provider says when a request is too long for its model: the only place that reads it.

Texts: those of OpenAI, Anthropic, Google, llama.cpp, vLLM, Mistral, xAI, text-generation-inference,
Bedrock, and of LiteLLM and OpenRouter around them, as their users report them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from attrs import frozen

__all__ = ["Overflow", "overflow_of"]

_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error", "context_too_large"})
_NAMES = frozenset({"ContextWindowExceededError"})
_NUMBER = r"[\d,]{2,15}(?!,?\d)"  # never the first half of one
_USED, _LIMIT = rf"(?P<used>{_NUMBER})", rf"(?P<limit>{_NUMBER})"
_TEXTS = tuple(
    re.compile(text, re.IGNORECASE | re.DOTALL)
    for text in (
        rf"prompt is too long: {_USED} tokens > {_LIMIT}",
        rf"exceed context limit: {_USED} \+ {_NUMBER} > {_LIMIT}",
        rf"maximum context length is {_LIMIT}.{{0,200}}?\({_USED} (?:in|of)"
        r" the (?:messages|prompt|text)",
        rf"maximum context length is {_LIMIT}.{{0,200}}?{_USED} (?:input )?tokens",
        rf"maximum context length is {_LIMIT}",
        rf"input length \({_USED}\) exceeds .{{0,40}}maximum context length \({_LIMIT}\)",
        rf"maximum prompt length is {_LIMIT}.{{0,80}}?contains {_USED} tokens",
        rf"prompt contains {_USED} tokens.{{0,80}}?model with {_LIMIT} maximum context length",
        rf"prompt \(length {_USED}\) is longer than .{{0,40}}model length of {_LIMIT}",
        rf"must be <= {_LIMIT}\. Given: {_USED} `inputs` tokens",
        rf"input token count \({_USED}\) exceeds .{{0,80}}\({_LIMIT}\)",
        rf"input token count is {_USED} .{{0,40}}up to {_LIMIT}",
        rf"request \({_USED} tokens\) exceeds the available context size \({_LIMIT} tokens\)",
    )
)
_PLAIN = re.compile(
    r"exceeds? the (?:available )?context (?:window|size|length)|context_length_exceeded"
    r"|(?:prompt|input) is too long|ContextWindowExceededError",
    re.IGNORECASE,
)


@frozen
class Overflow:
    """`limit` is the model's window, `used` what the prompt takes of it by the provider's own
    count; 0 where it does not say."""

    limit: int = 0
    used: int = 0


def overflow_of(error: object) -> Overflow | None:
    """The overflow that an error tells of, None when it is about something else.

    Takes an error's body as bytes, text or JSON object, or an exception of a vendor's library.
    """
    if isinstance(error, BaseException):
        return _raised(error)
    if isinstance(error, str | bytes | bytearray):
        return _written(error)
    found = _error(error)
    return None if found is None else _described(found)


def _raised(error: BaseException) -> Overflow | None:
    """What an exception says: in its fields, as Brim's own has it, in its `body`, as vendors'
    libraries have it, or in words."""
    if getattr(error, "kind", "") == "overflow":
        return Overflow(getattr(error, "window", 0), getattr(error, "used", 0))
    body = getattr(error, "body", None)
    found = overflow_of(body) if isinstance(body, Mapping | list) else _told(str(error))
    if found is None and type(error).__name__ in _NAMES:
        return Overflow()
    return found


def _written(body: str | bytes | bytearray) -> Overflow | None:
    try:
        found = _error(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None if isinstance(body, bytes | bytearray) else _told(body)
    return None if found is None else _described(found)


def _described(error: Mapping[str, Any]) -> Overflow | None:
    limit, used = error.get("n_ctx"), error.get("n_prompt_tokens")
    if isinstance(limit, int) and isinstance(used, int):
        return Overflow(limit, used)
    text = error.get("message")
    found = _told(text) if isinstance(text, str) else None
    coded = {code for code in (error.get("code"), error.get("type")) if isinstance(code, str)}
    return found or (Overflow() if coded & _CODES else None)


def _told(text: str) -> Overflow | None:
    for pattern in _TEXTS:
        if found := pattern.search(text):
            groups = found.groupdict()
            return Overflow(_int(groups["limit"]), _int(groups.get("used") or "0"))
    return Overflow() if _PLAIN.search(text) else None


def _error(value: object) -> Mapping[str, Any] | None:
    """The error object, which some providers send bare and some in a list."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping):
        return None
    error = value.get("error", value)
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, Mapping) else None


def _int(text: str) -> int:
    return int(text.replace(",", "") or "0")

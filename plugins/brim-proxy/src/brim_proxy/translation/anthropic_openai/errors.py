"""Errors of OpenAI and of servers that speak like it, as Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from brim.api import Overflow, overflow_of

__all__ = ["UNREADABLE", "error_of", "failed", "status_in"]

UNREADABLE = "The upstream's answer could not be read"

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
OVERLOADED = 529
LONGEST = 2_000
"""Characters of an upstream's own words."""

Error = dict[str, object]


def failed(status: int, message: str) -> Error:
    """An error's object."""
    other = "invalid_request_error" if 400 <= status < 500 else "api_error"
    return {"type": "error", "error": {"type": TYPES.get(status, other), "message": message}}


def error_of(status: int, body: bytes, tokens: int) -> tuple[int, Error]:
    """Status and object of an error. `tokens` is Brim's count of what had been sent.

    A request that was too long gets the words that Anthropic's clients look for.
    """
    overflow = overflow_of(body)
    if overflow is not None:
        return 400, failed(400, _too_long(overflow, tokens, _message(body)))
    if not 400 <= status < 600:
        return 502, failed(502, UNREADABLE)
    message = _message(body) or f"The upstream answered with status {status}"
    return OVERLOADED if status == 503 else status, failed(status, message)


def _too_long(overflow: Overflow, tokens: int, message: str) -> str:
    if not overflow.limit:
        return f"prompt is too long: {message}" if message else "prompt is too long"
    used = max(overflow.used or tokens, overflow.limit + 1)
    return f"prompt is too long: {used} tokens > {overflow.limit} maximum"


def _message(body: bytes) -> str:
    """The words of an error: `{"error": {"message"}}`, and what others make of it."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    for name in ("error", "message", "detail"):
        if isinstance(found, Mapping) and name in found:
            found = found[name]
    return found[:LONGEST] if isinstance(found, str) else ""


def status_in(body: bytes) -> int:
    """The status that an error inside of an answer names; 500 where it names none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return 500
    error = found.get("error") if isinstance(found, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500

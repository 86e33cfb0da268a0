"""JSON as it comes in: strict where values would be lost, lenient with lone surrogates.

Numbers follow RFC 8259, section 6: integers are exact up to `MAX_DIGITS` digits, all other
numbers are doubles. NaN, the infinities, and numbers that no double can hold are refused.
Where an object names a key twice, the last value counts, as with most readers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import NoReturn

import msgspec

from brim.dialects.jsontext import SPACE, refuse_deep
from brim.errors import MalformedRequest

__all__ = ["MAX_DIGITS", "check_number", "from_text", "json_value", "outline", "text_of"]

MAX_DIGITS = 4_300
"""Digits of an integer. The bound of Python itself, whose conversion takes quadratic time."""

MAX_BITS = 14_285
"""The same in bits: 4,300 · log2(10), rounded up."""


def json_value(data: bytes, levels: int | None = None) -> object:
    """The value of JSON bytes, nested in at most so many levels.

    Raises `MalformedRequest`, rule "json", "number" or "depth".
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = from_text(text_of(data))
    if levels is not None and data.count(b"{") + data.count(b"[") > levels:
        refuse_deep(value, levels)
    return value


def text_of(data: bytes) -> str:
    """JSON bytes as text: UTF-8, with or without a byte order mark, UTF-16 or UTF-32."""
    try:
        return data.decode(json.detect_encoding(data)).strip(SPACE)
    except UnicodeError as error:
        raise MalformedRequest(f"not valid JSON: {error}", rule="json") from error


def from_text(text: str) -> object:
    """The value of JSON text, which may hold lone surrogates."""
    return _loaded(text, parse_constant=_constant, parse_float=_float, parse_int=_int)


def outline(text: str) -> object:
    """As `from_text`, for a first look: numbers are not read, so that none can be refused."""
    return _loaded(text, parse_float=len, parse_int=len)


def _loaded(text: str, **readers: Callable[[str], object]) -> object:
    try:
        return json.loads(text, **readers)  # type: ignore[arg-type]
    except RecursionError:
        raise MalformedRequest("nested too deeply to be read", rule="depth") from None
    except json.JSONDecodeError as error:
        raise MalformedRequest(f"not valid JSON: {error}", rule="json") from error


def check_number(value: object) -> None:
    """Refuse a number that JSON cannot hold. Other values pass."""
    if isinstance(value, float) and not isfinite(value):
        _constant(str(value))
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        _too_long(f"over {MAX_DIGITS:,}")


def _constant(name: str) -> NoReturn:
    raise MalformedRequest(f"{name} is no JSON number", rule="number")


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise MalformedRequest(f"the number {text[:40]} is too large to be read", rule="number")
    return value


def _int(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        _too_long(f"{len(text):,}")
    return int(text)


def _too_long(digits: str) -> NoReturn:
    raise MalformedRequest(
        f"an integer of {digits} digits; {MAX_DIGITS:,} are the most", rule="number"
    )

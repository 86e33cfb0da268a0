"""JSON as the dialects need it: compact, bounded in depth, changed in one place only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from brim.errors import MalformedRequest

__all__ = [
    "MAX_DEPTH",
    "Path",
    "compact",
    "replace_in_text",
    "replace_in_value",
    "to_text",
    "values_in",
]

MAX_DEPTH = 100
"""Levels of nesting that are read; deeper input is refused (rule "depth")."""

Path = Sequence[str | int]
"""Keys and list positions that lead to a value inside of JSON."""

DECODER = json.JSONDecoder()
ENDINGS = {"{": "}", "[": "]"}
SPACE = " \t\r\n"

_WIDE = "surrogatepass"
"""Lone surrogates are no valid text, yet they come in and must go out again."""


def compact(value: object, *, sort: bool = False) -> bytes:
    """Compact JSON, keys in their order or sorted. Lone surrogates stay.

    Raises `MalformedRequest` where the value is nested deeper than `MAX_DEPTH` (rule
    "depth") or is no JSON (rule "json").
    """
    try:
        data = _encoded(value, sort)
    except RecursionError:
        raise _too_deep() from None
    except (TypeError, ValueError) as error:
        raise MalformedRequest(f"not JSON: {error}", rule="json") from error
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        _check_depth(value)
    return data


def _encoded(value: object, sort: bool) -> bytes:
    try:
        return msgspec.json.encode(value, order="deterministic" if sort else None)
    except UnicodeEncodeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
        return text.encode("utf-8", _WIDE)


def to_text(value: object) -> str:
    """`compact` as text."""
    return compact(value).decode("utf-8", _WIDE)


def _check_depth(value: object) -> None:
    level = {id(value): value}
    for _ in range(MAX_DEPTH):
        level = {id(inner): inner for outer in level.values() for inner in _inside(outer)}
        if not level:
            return
    raise _too_deep()


def _too_deep() -> MalformedRequest:
    return MalformedRequest(f"nested deeper than {MAX_DEPTH} levels", rule="depth")


def _inside(value: object) -> list[object]:
    """The containers that stand directly inside of this one."""
    values: Sequence[object] = ()
    if isinstance(value, Mapping):
        values = tuple(value.values())
    elif isinstance(value, (list, tuple)):
        values = value
    return [item for item in values if isinstance(item, (dict, list, tuple))]


def replace_in_value(value: object, path: Path, text: str) -> object:
    """A copy of JSON data whose string at `path` is `text`. Raises ValueError if there is none."""
    if not path:
        if isinstance(value, str):
            return text
    elif isinstance(value, Mapping) and path[0] in value:
        key = str(path[0])
        return {**value, key: replace_in_value(value[key], path[1:], text)}
    elif isinstance(value, list) and isinstance(path[0], int) and 0 <= path[0] < len(value):
        inner = replace_in_value(value[path[0]], path[1:], text)
        return [*value[: path[0]], inner, *value[path[0] + 1 :]]
    raise ValueError(f"no string at {list(path)!r}")


def replace_in_text(source: str, path: Path, text: str) -> str:
    """JSON text whose string at `path` is `text`; everything else keeps its bytes.

    Raises ValueError where `source` is no JSON or has no string there.
    """
    try:
        json.loads(source)
        start = _after_space(source, 0)
        for step in path:
            start = {key: at for key, at, _ in values_in(source, start)}[step]
        value, end = DECODER.raw_decode(source, start)
    except (KeyError, RecursionError):
        raise ValueError(f"nothing at {list(path)!r} of this JSON") from None
    if not isinstance(value, str):
        raise ValueError(f"no string at {list(path)!r} of this JSON")
    return source[:start] + _quoted(text) + source[end:]


def values_in(source: str, start: int = 0) -> Iterator[tuple[str | int, int, int]]:
    """Keys or positions in the object or list that begins here, with each value's begin and end."""
    ending = ENDINGS.get(source[start], "")
    at, number = _after_space(source, start + 1), 0
    while ending and source[at] != ending:
        key: str | int = number
        if ending == "}":
            key, colon = DECODER.raw_decode(source, at)
            at = _after_space(source, _after_space(source, colon) + 1)
        end = DECODER.raw_decode(source, at)[1]
        yield key, at, end
        number += 1
        at = _after_space(source, end)
        if source[at] == ",":
            at = _after_space(source, at + 1)


def _after_space(source: str, start: int) -> int:
    while start < len(source) and source[start] in SPACE:
        start += 1
    return start


def _quoted(text: str) -> str:
    """A JSON string. Lone surrogates are escaped, so that the text can be sent."""
    lone = not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)
    return json.dumps(text, ensure_ascii=lone)

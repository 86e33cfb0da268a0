"""JSON values as they stand in a text: numbers keep their digits, no key is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

__all__ = ["Found", "Number", "compact", "find", "is_empty", "is_scalar", "name", "plain", "pruned"]

MOST = 400_000
"""Characters of a text beyond which it is not read: parsed, it takes about ten times that."""

AROUND = 200
"""Characters of other text that may stand before and after the JSON."""

DEPTH = 40
TRIES = 3

_START = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[\w$@/#.+-]+(?: [\w$@/#.+-]+)*")
_WORDS = frozenset({"true", "false", "null"})


class Number(str):
    """A number, digit by digit as it was written."""

    __slots__ = ()


class _Refused(ValueError):
    """JSON that a shorter form would not say completely."""


@frozen
class Found:
    """A JSON value inside of a text, and what stands before and after it."""

    before: str
    value: object
    after: str


def find(text: str) -> Found | None:
    """The object, array or lines of objects that make up nearly all of a text.

    None where there is none, where a key stands twice in an object, and for texts of over
    400,000 characters or 40 levels.
    """
    if len(text) > MOST:
        return None
    for number, start in enumerate(_START.finditer(text, 0, AROUND + 1)):
        if number == TRIES:
            return None
        try:
            values, end = _values(text, start.end())
        except (ValueError, RecursionError):
            continue
        if values and len(text) - end <= AROUND:
            value = values[0] if len(values) == 1 else values
            return Found(text[: start.end()].strip(), value, text[end:].strip())
    return None


def _values(text: str, start: int) -> tuple[list[object], int]:
    """The values from here on, and where they end: one, or as many objects as follow."""
    value, end = _DECODER.raw_decode(text, start)
    values = [value]
    while isinstance(value, dict):
        place = _SPACE.match(text, end)
        after = place.end() if place else end
        if not text.startswith("{", after):
            break
        value, end = _DECODER.raw_decode(text, after)
        values.append(value)
    if any(_depth(value) > DEPTH for value in values):
        raise _Refused("nested too deeply")
    return values, end


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused("a key stands twice")
    return found


_DECODER = json.JSONDecoder(
    parse_int=Number, parse_float=Number, parse_constant=Number, object_pairs_hook=_distinct
)


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [inner for one in level for inner in _inner(one)]
    return depth


def _inner(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def is_scalar(value: object) -> bool:
    return not isinstance(value, dict | list)


def is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def pruned(value: object) -> object:
    """The value without fields that hold nothing."""
    if isinstance(value, dict):
        kept = {key: pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not is_empty(item)}
    if isinstance(value, list):
        return [pruned(item) for item in value]
    return value


def plain(value: object, forbidden: str = "") -> str:
    """A scalar without quotes where none of `forbidden` and nothing misleading stands in it."""
    if not isinstance(value, str):
        return {None: "null", True: "true", False: "false"}[value]  # type: ignore[index]
    if isinstance(value, Number) or _is_plain(value, forbidden):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str, forbidden: str) -> bool:
    return (
        text == text.strip()
        and text != ""
        and text[0] != '"'
        and text not in _WORDS
        and text.isprintable()
        and not any(mark in text for mark in forbidden)
    )


def name(key: str) -> str:
    """A key without quotes where it reads as a name."""
    return key if _NAME.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def compact(value: object) -> str:
    """JSON without white space."""
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{compact(v)}" for k, v in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, str) and not isinstance(value, Number):
        return json.dumps(value, ensure_ascii=False)
    return plain(value)

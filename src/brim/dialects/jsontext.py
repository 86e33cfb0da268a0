"""JSON as the dialects need it: compact, bounded in depth, changed in one place only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from brim.errors import MalformedRequest

__all__ = [
    "DEEPEST",
    "SPACE",
    "Texts",
    "compact",
    "refuse_deep",
    "replace_in_text",
    "replace_in_value",
    "to_text",
    "values_in",
]

DEEPEST = 100
"""Levels of nesting that are ever read; deeper input is refused (rule "depth")."""

Texts = Mapping[tuple[str | int, ...], str]
"""Keys and list positions that lead to a string inside of JSON -> new text."""

Tree = str | Mapping[str | int, "Tree"]

DECODER = json.JSONDecoder(parse_int=len, parse_float=len)
"""Finds where values end. Numbers are not read, however long they are."""

ENDINGS = {"{": "}", "[": "]"}
SPACE = " \t\r\n"
_GAP = re.compile(f"[{SPACE}]*")

_WIDE = "surrogatepass"
"""Lone surrogates are no valid text, yet they come in and must go out again."""


def compact(value: object, *, sort: bool = False) -> bytes:
    """Compact JSON, keys in their order or sorted. Lone surrogates stay.

    Raises `MalformedRequest` where the value is nested deeper than `DEEPEST` (rule
    "depth") or is no JSON (rule "json").
    """
    try:
        data = _encoded(value, sort)
    except RecursionError:
        raise _too_deep(DEEPEST) from None
    except (TypeError, ValueError) as error:
        raise MalformedRequest(f"not JSON: {error}", rule="json") from error
    if data.count(b"{") + data.count(b"[") > DEEPEST:
        refuse_deep(value, DEEPEST)
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


def refuse_deep(value: object, levels: int) -> None:
    """Raise `MalformedRequest` where containers are nested in more than `levels` levels."""
    level = {id(value): value}
    for _ in range(levels):
        level = {id(inner): inner for outer in level.values() for inner in _inside(outer)}
        if not level:
            return
    raise _too_deep(levels)


def _too_deep(levels: int) -> MalformedRequest:
    return MalformedRequest(f"nested deeper than {levels} levels", rule="depth")


def _inside(value: object) -> list[object]:
    """The containers that stand directly inside of this one."""
    values: Sequence[object] = ()
    if isinstance(value, Mapping):
        values = tuple(value.values())
    elif isinstance(value, (list, tuple)):
        values = value
    return [item for item in values if isinstance(item, (dict, list, tuple))]


def replace_in_value(value: object, texts: Texts) -> object:
    """A copy of JSON data with other strings at these paths. Raises ValueError if one is none."""
    return _with(value, _tree(texts))


def _with(value: object, tree: Tree) -> object:
    if isinstance(tree, str):
        if isinstance(value, str):
            return tree
    elif isinstance(value, Mapping) and tree.keys() <= value.keys():
        return {key: _with(item, tree[key]) if key in tree else item for key, item in value.items()}
    elif isinstance(value, list) and set(tree) <= set(range(len(value))):
        return [_with(item, tree[at]) if at in tree else item for at, item in enumerate(value)]
    raise ValueError(f"no string at one of {_named(tree)}")


def replace_in_text(source: str, texts: Texts) -> str:
    """JSON text with other strings at these paths; everything else keeps its bytes.

    Raises ValueError where `source` is no JSON or has no string there.
    """
    try:
        json.loads(source)
        found = sorted(_places(source, _after_space(source, 0), _tree(texts)))
    except (KeyError, RecursionError):
        raise ValueError(f"not all of {sorted(map(list, texts), key=repr)!r} are there") from None
    pieces, last = [], 0
    for start, end, text in found:
        pieces += [source[last:start], _quoted(text)]
        last = end
    return "".join([*pieces, source[last:]])


def _places(source: str, start: int, tree: Tree) -> Iterator[tuple[int, int, str]]:
    """Where the strings to be replaced begin and end, each with its new text."""
    if isinstance(tree, str):
        value, end = DECODER.raw_decode(source, start)
        if not isinstance(value, str):
            raise ValueError("no string where one was to be replaced")
        yield start, end, tree
        return
    inside = {key: at for key, at, _ in values_in(source, start)}
    for step, branch in tree.items():
        yield from _places(source, inside[step], branch)


def _tree(texts: Texts) -> Tree:
    """The paths as a tree, so that each level is gone through once."""
    if () in texts:
        if len(texts) > 1:
            raise ValueError("a whole and its parts cannot both be replaced")
        return texts[()]
    below: dict[str | int, dict[tuple[str | int, ...], str]] = {}
    for (step, *rest), text in texts.items():
        below.setdefault(step, {})[tuple(rest)] = text
    return {step: _tree(inner) for step, inner in below.items()}


def _named(tree: Tree) -> list[str | int]:
    return [] if isinstance(tree, str) else list(tree)


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
    gap = _GAP.match(source, start)
    return gap.end() if gap else start


def _quoted(text: str) -> str:
    """A JSON string. Lone surrogates are escaped, so that the text can be sent."""
    lone = not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)
    return json.dumps(text, ensure_ascii=lone)

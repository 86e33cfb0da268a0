"""JSON as units: tables of like objects, records of pairs, lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

from brim.defaults.keypoints.prose import lines
from brim.defaults.keypoints.units import Head, Header, Kind, Turn, Unit

__all__ = ["Sheets", "parsed"]

INLINE = 110
"""Characters up to which a nested object stands on one line."""

COLUMNS = 24
OVERLAP = 0.7
ITEMS = 12
LONG_TEXT = 200
DEEPEST = 40

_LABEL = re.compile(r"(?:.*_)?(?:id|number|name|key|code|path|file|url)", re.IGNORECASE)
_LABEL_VALUE = re.compile(r"\S{3,39}")


def parsed(text: str) -> Any:
    """The JSON object or array that a text is; None where it is none."""
    inner = text.strip()
    if inner[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(inner)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) and value else None


@define(eq=False)
class Sheets:
    """Turns JSON values into units. Tables of one conversation share headers."""

    _headers: dict[str, Header] = field(factory=dict)
    _line: int = 0

    def units(self, turn: Turn, value: Any) -> list[Unit]:
        """The units of a JSON value, in its order."""
        return list(self._of(turn, "", value, None, 0))

    def _of(
        self, turn: Turn, path: str, value: Any, head: Head | None, depth: int
    ) -> Iterator[Unit]:
        if depth > DEEPEST:
            return
        if isinstance(value, dict):
            yield from self._object(turn, path, value, head, depth)
        elif isinstance(value, list):
            yield from self._list(turn, path, value, head, depth)
        elif isinstance(value, str) and (len(value) > LONG_TEXT or "\n" in value):
            yield from self._long(turn, path, value, depth)
        elif _filled(value):
            yield self._pair(turn, path, _scalar(value), head)

    def _object(
        self, turn: Turn, path: str, value: Mapping[str, Any], head: Head | None, depth: int
    ) -> Iterator[Unit]:
        rows = list(value.values())
        if len(rows) > 2 and _alike(rows):
            keyed = [{"key": key, **_without_key(key, row)} for key, row in value.items()]
            yield from self._table(turn, path, keyed)
            return
        if _inline(value) and path:
            yield self._pair(turn, path, value, head)
            return
        if len(json.dumps(value, default=str)) > INLINE:
            head = self._label(value) or head
        self._line += 1
        for key, inner in value.items():
            name = f"{path}.{key}" if path else key
            if head and head.text == f"{key}={inner}":
                yield Unit(turn, Kind.PAIR, "", self._line, head, ", ")
            elif isinstance(inner, dict) and _inline(inner):
                shown = _without_key(key, inner)
                yield self._pair(turn, name, shown, head)
            else:
                yield from self._of(turn, name, inner, head, depth + 1)

    def _list(
        self, turn: Turn, path: str, value: Sequence[Any], head: Head | None, depth: int
    ) -> Iterator[Unit]:
        if len(value) > 1 and _alike(value):
            yield from self._table(turn, path, value)
        elif value and all(isinstance(one, list) and one and _alike(one) for one in value):
            yield from self._options(turn, path, value)
        elif all(not isinstance(one, dict | list) for one in value):
            yield from self._scalars(turn, path, value, head, depth)
        else:
            for number, inner in enumerate(value, 1):
                yield from self._of(turn, f"{path}[{number}]", inner, None, depth + 1)

    def _scalars(
        self, turn: Turn, path: str, value: Sequence[Any], head: Head | None, depth: int
    ) -> Iterator[Unit]:
        short = [one for one in value if _filled(one) and not _is_long(one)]
        for start in range(0, len(short), ITEMS):
            cells = ", ".join(_scalar(one) for one in short[start : start + ITEMS])
            yield Unit(
                turn, Kind.PAIR, f"{path}: {cells}" if path else cells, self._line, head, ", "
            )
        for one in value:
            if _is_long(one):
                yield from self._long(turn, path, one, depth)

    def _long(self, turn: Turn, path: str, value: str, depth: int) -> Iterator[Unit]:
        inner = parsed(value)
        if inner is not None:
            yield from self._of(turn, path, inner, None, depth + 1)
            return
        head = Head(f"{path}:") if path else None
        for line in lines(value):
            self._line += 1
            yield Unit(turn, Kind.LINE, line, self._line, head)

    def _pair(self, turn: Turn, path: str, value: Any, head: Head | None) -> Unit:
        if isinstance(value, Mapping):
            inner = ", ".join(f"{key}={_scalar(one)}" for key, one in value.items() if _filled(one))
            text = f"{path} ({inner})"
        else:
            text = f"{path}={value}" if path else str(value)
        return Unit(turn, Kind.PAIR, text, self._line, head, ", ")

    def _label(self, value: Mapping[str, Any]) -> Head | None:
        for key, inner in value.items():
            plain = isinstance(inner, str | int) and not isinstance(inner, bool)
            if plain and _LABEL.fullmatch(key) and _LABEL_VALUE.fullmatch(str(inner)):
                return Head(f"{key}={inner}")
        return None

    def _table(
        self, turn: Turn, path: str, rows: Sequence[Mapping[str, Any]], name: str = "table"
    ) -> Iterator[Unit]:
        flat = [_flat(row) for row in rows]
        columns = list(dict.fromkeys(key for row in flat for key in row))
        same = [
            key
            for key in columns
            if len({row.get(key) for row in flat}) == 1 and len(flat) > 1 and key in flat[0]
        ]
        shown = [key for key in columns if key not in same] or columns[:1]
        common = "".join(f", all {key}={flat[0][key]}" for key in same if key not in shown)
        text, shown = _folded(shown)
        header = self._headers.setdefault(text, Header(text, tuple(shown)))
        caption = f"{path} {name} of {len(rows)}{common}".strip()
        head = Head(caption, header, min(4, len(rows)))
        for row in flat:
            self._line += 1
            cells = "|".join(row.get(key, "") for key in shown)
            yield Unit(turn, Kind.ROW, cells, self._line, head)

    def _options(
        self, turn: Turn, path: str, value: Sequence[Sequence[Mapping[str, Any]]]
    ) -> Iterator[Unit]:
        distinct: dict[str, Mapping[str, Any]] = {}
        for option in value:
            for row in option:
                distinct.setdefault(json.dumps(row, sort_keys=True, default=str), row)
        rows = list(distinct.values())
        names = dict(zip(distinct, _names(rows), strict=True))
        yield from self._table(turn, path, rows)
        head = Head("options:")
        self._line += 1
        for option in value:
            keys = [json.dumps(row, sort_keys=True, default=str) for row in option]
            joined = " + ".join(names[key] for key in keys)
            yield Unit(turn, Kind.ROW, joined, self._line, head, "; ")


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What tells rows apart: the first column that does, else their numbers."""
    for key, value in rows[0].items():
        if isinstance(value, str) and len(value) < 40:
            found = [str(row.get(key, "")) for row in rows]
            if len(set(found)) == len(found):
                return found
    return [str(number) for number in range(1, len(rows) + 1)]


def _alike(values: Sequence[Any]) -> bool:
    if not all(isinstance(one, dict) and one for one in values):
        return False
    union = {key for one in values for key in one}
    filled = sum(len(one) for one in values)
    short = not any(_is_long(inner) for one in values for inner in one.values())
    return short and len(union) <= COLUMNS and filled >= OVERLAP * len(union) * len(values)


def _without_key(key: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if inner != key}


def _inline(value: Mapping[str, Any]) -> bool:
    flat = all(not isinstance(one, dict | list) and not _is_long(one) for one in value.values())
    return flat and len(json.dumps(value, default=str)) <= INLINE


def _is_long(value: object) -> bool:
    return isinstance(value, str) and (len(value) > LONG_TEXT or "\n" in value)


def _filled(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A row with dotted names and texts as values; what is empty left out."""
    cells: dict[str, str] = {}
    for key, value in row.items():
        if isinstance(value, Mapping) and value:
            cells.update(_flat(value, f"{prefix}{key}."))
        elif _filled(value):
            cells[f"{prefix}{key}"] = _cell(value)
    return cells


def _cell(value: Any) -> str:
    if isinstance(value, list) and all(not isinstance(one, dict | list) for one in value):
        return ", ".join(map(_scalar, value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return _scalar(value)


def _folded(columns: Sequence[str]) -> tuple[str, list[str]]:
    """The header over these columns, those inside of one object in brackets behind its name;
    and the columns in that order."""
    groups: dict[str, list[str]] = {}
    for column in columns:
        groups.setdefault(column.rpartition(".")[0] or f".{column}", []).append(column)
    parts = [
        outer[1:]
        if outer.startswith(".")
        else f"{outer}({'|'.join(one.rpartition('.')[2] for one in inner)})"
        for outer, inner in groups.items()
    ]
    return "|".join(parts), [column for inner in groups.values() for column in inner]


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(str(value).split())

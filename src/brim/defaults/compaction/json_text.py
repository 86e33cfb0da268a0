"""JSON in fewer tokens: tables for like objects, `name=value` for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from brim.defaults.compaction.tables import Table, of_entries, of_options, of_rows
from brim.defaults.compaction.values import find, is_scalar, name, plain, pruned

__all__ = ["compacted"]

INLINE = 110
"""Characters up to which a small object stands on one line."""

OPEN, CLOSE = "<<<", ">>>"
"""Around a text of several lines."""


def compacted(text: str) -> str | None:
    """A JSON text as lines, without quotes, braces, and fields that hold nothing.

    Every key and value that says something is still there, numbers digit by digit. None where
    the text is no JSON; whether the result is shorter is for the caller to see.
    """
    found = find(text)
    if found is None:
        return None
    value = pruned(found.value)
    if is_scalar(value) or not value:
        return None
    lines: list[str] = []
    if isinstance(value, dict):
        _object(value, lines, 0)
    elif isinstance(value, list):
        _list("", value, lines, 0)
    return "\n".join(part for part in (found.before, *lines, found.after) if part)


def _object(value: Mapping[str, object], lines: list[str], level: int) -> None:
    for key, item in value.items():
        _pair(name(key), item, lines, level)


def _pair(title: str, value: object, lines: list[str], level: int) -> None:
    pad = " " * level
    if isinstance(value, list):
        _list(title, value, lines, level)
    elif not isinstance(value, dict):
        lines.append(pad + _field(title, value))
    elif (table := of_entries(value)) is not None:
        _put(title, table, lines, level)
    elif (line := _inline(value)) is not None:
        lines.append(f"{pad}{title} ({line})")
    else:
        lines.append(f"{pad}{title}:")
        _object(_without_name(title, value), lines, level + 1)


def _without_name(title: str, value: Mapping[str, object]) -> Mapping[str, object]:
    """Without a field that only repeats under which key the object stands."""
    kept = {key: item for key, item in value.items() if item != title}
    return kept or value


def _field(title: str, value: object) -> str:
    if isinstance(value, str) and _is_block(value):
        return f"{title} {OPEN}\n{value}\n{CLOSE}"
    return f"{title}={plain(value)}"


def _is_block(text: str) -> bool:
    return "\n" in text and CLOSE not in text and "\r" not in text


def _list(title: str, values: Sequence[object], lines: list[str], level: int) -> None:
    pad = " " * level
    head = f"{title}: " if title else ""
    if all(map(is_scalar, values)):
        lines.append(pad + head + ", ".join(plain(item, ",") for item in values))
        return
    table = of_rows(values) or of_options(values)
    if table is not None:
        _put(title, table, lines, level)
        return
    if title:
        only = _only(values)
        lines.append(f"{pad}{head}{f'({only})' if only else f'{len(values)} items'}")
        values = [] if only else values
    for item in values:
        _item(item, lines, level + bool(title))


def _only(values: Sequence[object]) -> str | None:
    """The one small object of a list, on one line."""
    value = values[0] if len(values) == 1 else None
    return _inline(value) if isinstance(value, dict) else None


def _item(value: object, lines: list[str], level: int) -> None:
    pad = " " * level
    if is_scalar(value):
        lines.append(f"{pad}- {plain(value)}")
    elif isinstance(value, dict) and (line := _inline(value)) is not None:
        lines.append(f"{pad}- {line}")
    else:
        lines.append(f"{pad}-")
        if isinstance(value, dict):
            _object(value, lines, level + 1)
        elif isinstance(value, list):
            _list("", value, lines, level + 1)


def _inline(value: Mapping[str, object]) -> str | None:
    """All fields of a small object on one line."""
    if not all(map(is_scalar, value.values())):
        return None
    line = ", ".join(f"{name(key)}={plain(item, ',()')}" for key, item in value.items())
    return line if len(line) <= INLINE else None


def _put(title: str, table: Table, lines: list[str], level: int) -> None:
    pad = " " * level
    lines.append(f"{pad}{title}: {table.caption}" if title else pad + table.caption)
    lines.extend(pad + line for line in table.lines)

"""Like objects as the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from attrs import frozen

from brim.defaults.compaction.values import Number, compact, is_empty, is_scalar, name, plain

__all__ = ["Table", "of_entries", "of_options", "of_rows"]

ALIKE = 0.6
"""Share of all cells that hold something, from which on objects count as alike."""

WIDEST = 24
"""Columns at most."""

CELL = 300
"""Characters of a cell at most: longer texts do not read well in a row."""

LABEL = 40

Path = tuple[str, ...]
Row = Mapping[Path, object]


@frozen
class Table:
    """Rows below one header; `caption` says how many there are and what all have in common."""

    caption: str
    lines: tuple[str, ...]


def of_rows(values: Sequence[object]) -> Table | None:
    """A table of at least two objects; None where they are not alike."""
    rows = _rows(values)
    return None if rows is None else _table(rows)


def of_entries(value: Mapping[str, object]) -> Table | None:
    """A table of an object whose values are alike, the keys in its first column."""
    rows = _rows(list(value.values()))
    if rows is None:
        return None
    repeats = [path for path in rows[0] if _repeats(path, value, rows)]
    label = repeats[0] if repeats else ("key",)
    if not repeats and any(label in row for row in rows):
        return None
    keyed = [
        {label: key, **{path: cell for path, cell in row.items() if path not in repeats}}
        for key, row in zip(value, rows, strict=True)
    ]
    return _table(keyed)


def of_options(values: Sequence[object]) -> Table | None:
    """Lists of objects: one table of all that are different, then the lists by their labels."""
    if not values or not all(isinstance(one, list) and one for one in values):
        return None
    distinct: dict[str, object] = {}
    options = []
    for one in values:
        keys = [compact(item) for item in one]  # type: ignore[attr-defined]
        distinct.update(zip(keys, one, strict=True))  # type: ignore[call-overload]
        options.append(keys)
    rows = _rows(list(distinct.values()))
    if rows is None:
        return None
    table = _table(rows)
    labels = dict(zip(distinct, _labels(rows), strict=True))
    lists = "; ".join(" + ".join(labels[key] for key in keys) for keys in options)
    return Table(table.caption, (*table.lines, f"{len(options)} options: {lists}"))


def _rows(values: Sequence[object]) -> list[Row] | None:
    """The objects with nested ones unfolded; None where they make no table."""
    if len(values) < 2 or not all(isinstance(one, dict) and one for one in values):
        return None
    rows: list[Row] = [dict(_cells(one, ())) for one in values]  # type: ignore[arg-type]
    columns = _columns(rows)
    filled = sum(map(len, rows))
    if len(columns) > WIDEST or filled < ALIKE * len(columns) * len(rows):
        return None
    if any(len(_cell(cell)) > CELL for row in rows for cell in row.values()):
        return None
    return rows


def _cells(value: Mapping[str, object], path: Path) -> Iterable[tuple[Path, object]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _cells(item, (*path, key))
        elif not is_empty(item):
            yield (*path, key), item


def _columns(rows: Iterable[Row]) -> list[Path]:
    return list(dict.fromkeys(path for row in rows for path in row))


def _table(rows: Sequence[Row]) -> Table:
    columns = _columns(rows)
    same = [path for path in columns if _is_same(path, rows)]
    shared = ", ".join(f"{_title(path)}={_cell(rows[0][path], ',')}" for path in same)
    caption = f"{len(rows)} rows" + (f", all {shared}" if shared else "")
    apart = sorted((path for path in columns if path not in same), key=_family(columns))
    body = ["|".join(_cell(row.get(path)) for path in apart) for row in rows]
    return Table(caption, (_header(apart), *body) if apart else ())


def _family(columns: Sequence[Path]) -> Callable[[Path], int]:
    """Columns of one nested object next to each other, else in the order they came."""
    first: dict[str, int] = {}
    for number, path in enumerate(columns):
        first.setdefault(path[0], number)
    return {path: first[path[0]] for path in columns}.__getitem__


def _is_same(path: Path, rows: Sequence[Row]) -> bool:
    """Whether all rows say the same. Two numbers that happen to be equal stay in their rows."""
    cells = [row.get(path) for row in rows]
    first = cells[0]
    if not is_scalar(first) or (len(rows) == 2 and isinstance(first, Number)):
        return False
    return all(type(cell) is type(first) and cell == first for cell in cells)


def _header(columns: Sequence[Path]) -> str:
    titles = []
    for first, group in groupby(columns, key=lambda path: path[0]):
        paths = list(group)
        if len(paths) == 1:
            titles.append(_title(paths[0]))
        else:
            inner = "|".join(_title(path[1:]) for path in paths)
            titles.append(f"{name(first)}({inner})")
    return "|".join(titles)


def _title(path: Path) -> str:
    return ".".join(map(name, path))


def _cell(value: object, forbidden: str = "") -> str:
    if value is None:
        return ""
    if is_scalar(value):
        return plain(value, "|" + forbidden)
    if isinstance(value, list) and all(map(is_scalar, value)):
        return ", ".join(plain(item, "|,") for item in value)
    return compact(value)


def _repeats(path: Path, value: Mapping[str, object], rows: Sequence[Row]) -> bool:
    return all(row.get(path) == key for key, row in zip(value, rows, strict=True))


def _labels(rows: Sequence[Row]) -> list[str]:
    """A short name of each row: its cell in the first column that tells them apart."""
    for path in rows[0]:
        cells = [row.get(path) for row in rows]
        texts = [_cell(cell) for cell in cells if isinstance(cell, str)]
        if len(set(texts)) == len(rows) and max(map(len, texts)) < LABEL:
            return texts
    return [f"row {number}" for number in range(1, len(rows) + 1)]

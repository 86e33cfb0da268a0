"""Short forms of JSON, read back as names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["pairs"]

_ROWS = re.compile(r"^ *(?:(?P<title>[^:=|]+): )?(?P<number>\d+) rows(?:, all (?P<shared>.*))?$")
_PAIR = re.compile(r"([\w.$@/+-]+)=((?:(?!, [\w.$@/+-]+=)[^\n()])+)")
_ITEMS = re.compile(r"^ *(?P<title>[^:=|]+): (?P<items>.+)$")
_FOLDED = re.compile(r"([\w.$@/+-]+)\(([^()]*\|[^()]*)\)")


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """The names and values that `compacted` wrote, as far as they read without doubt."""
    lines = iter(text.split("\n"))
    for line in lines:
        rows = _ROWS.match(line)
        if rows is None:
            yield from _of_line(line)
            continue
        yield from _PAIR.findall(rows["shared"] or "")
        yield from _of_table(lines, int(rows["number"]))


def _of_line(line: str) -> Iterator[tuple[str, str]]:
    items = _ITEMS.match(line)
    if "=" not in line and items is not None:
        for item in items["items"].split(", "):
            yield items["title"], item
    for name, value in _PAIR.findall(line):
        yield name, value.strip()


def _of_table(lines: Iterator[str], number: int) -> Iterator[tuple[str, str]]:
    head = _FOLDED.sub(_unfolded, next(lines, "")).strip().split("|")
    for _ in range(number):
        cells = next(lines, "").strip(" ").split("|")
        if len(cells) == len(head):
            yield from ((name, cell) for name, cell in zip(head, cells, strict=True) if cell)


def _unfolded(found: re.Match[str]) -> str:
    return "|".join(f"{found[1]}.{cell}" for cell in found[2].split("|"))

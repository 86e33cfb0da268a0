"""Logs: neighbouring lines that differ only in clock times or steady counters become one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from attrs import frozen

__all__ = ["folded"]

LEAST = 3
"""Lines that are worth one."""

LONGEST = 2_000
"""Characters of a line beyond which it is left alone."""

_DIGITS = re.compile(r"\d\d*+")  # beginning with one class: found more quickly than `\d+`
_SLOT = re.compile(
    r"(?<!\d)(?P<stamp>(?:(?P<day>\d{4}-\d\d-\d\d|\d{4}/\d\d/\d\d)[T ])?"
    r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(?!\d)"
    r"|(?<![\w.\-#=])(?<![A-Za-z_]/)(?P<count>0|[1-9]\d{0,2})(?P<percent>%?)(?![\w\-]|\.\w)",
    re.ASCII,
)


@frozen
class _Slot:
    """What may change from line to line. `day` is None for anything but a clock time."""

    text: str
    day: str | None
    percent: bool

    def goes_on(self, new: _Slot, before: _Slot | None) -> bool:
        """Whether `new` follows this one as this one followed `before`."""
        if self.day is not None:
            same_form = self.day == new.day and len(self.text) == len(new.text)
            return same_form and self.text <= new.text
        if new.day is not None:
            return False
        step = self._step(new)
        if self.percent:
            return new.percent and step >= 0
        return step in (0, 1) and (before is None or step == before._step(self))

    def _step(self, new: _Slot) -> int:
        return int(new.text.rstrip("%")) - int(self.text.rstrip("%"))


@frozen
class _Line:
    """One line: what stands between its slots, and the slots."""

    text: str
    around: tuple[str, ...]
    slots: tuple[_Slot, ...]


def folded(text: str) -> str:
    """The text with runs of at least three like lines folded into the first of them.

    Lines are alike where they differ only in clock times of one day, in per cent that grow, or
    in counters below 1,000 that grow by one from line to line (not behind `#` or `=`, and not in
    names and paths, where a number is somebody's). The folded line says how many
    there were and what the last one had in place of what changed, so what is left out lies in
    between.
    """
    lines = text.split("\n")
    out: list[str] = []
    at = 0
    for _, group in groupby(_DIGITS.sub("0", text).split("\n")):
        end = at + sum(1 for _ in group)
        out += _folded(lines[at:end]) if end - at >= LEAST else lines[at:end]
        at = end
    return "\n".join(out)


def _folded(lines: Sequence[str]) -> list[str]:
    """Lines that are the same but for digits, those that are alike folded."""
    if not lines[0].strip() or len(lines[0]) > LONGEST:
        return list(lines)
    out: list[str] = []
    run: list[_Line] = []
    for text in lines:
        line = run[-1] if run and run[-1].text == text else _read(text)
        if run and not _goes_on(run, line):
            out += _told(run)
            run = []
        run.append(line)
    return out + _told(run)


def _read(text: str) -> _Line:
    found = list(_SLOT.finditer(text))
    ends = [0, *(one.end() for one in found)]
    starts = [*(one.start() for one in found), len(text)]
    around = tuple(text[end:start] for end, start in zip(ends, starts, strict=True))
    slots = tuple(_slot(one) for one in found)
    return _Line(text, around, slots)


def _slot(found: re.Match[str]) -> _Slot:
    day = (found["day"] or "") if found["stamp"] else None
    return _Slot(found[0], day, bool(found["percent"]))


def _goes_on(run: Sequence[_Line], line: _Line) -> bool:
    last = run[-1]
    if line.around != last.around:
        return False
    before = run[-2].slots if len(run) > 1 else [None] * len(last.slots)
    slots = zip(last.slots, line.slots, before, strict=True)
    return all(old.goes_on(new, older) for old, new, older in slots)


def _told(run: Sequence[_Line]) -> list[str]:
    if len(run) < LEAST:
        return [line.text for line in run]
    first, last = run[0], run[-1]
    pairs = zip(first.slots, last.slots, strict=True)
    changed = [new.text for old, new in pairs if old != new]
    until = f", until {', '.join(changed)}" if changed else ""
    return [f"{first.text} [{len(run)} times{until}]"]

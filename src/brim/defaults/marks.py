"""The marks of texts that were rewritten without loss."""

from __future__ import annotations

import re

from brim.api import is_marked

__all__ = ["COMPACT", "FOLDED", "is_compact", "is_whole", "pointer", "without_mark"]

COMPACT = "[brim: compact JSON]\n"
FOLDED = "[brim: like lines folded]\n"

_COMPACT = re.compile(r"\[brim(?: \w+)?: compact JSON\]\n")
_LOSSLESS = re.compile(
    r"\[brim(?: \w+)?: (?=compact JSON\]|like lines folded\]|(?:[\d,]+ lines, )?same as in )"
)


def pointer(lines: int, name: str) -> str:
    """The line in place of a block that stands again in a later text."""
    what = "same as" if lines == 1 else f"{lines:,} lines, same as"
    return f"[brim: {what} in {name} further down]"


def is_compact(text: str) -> bool:
    return _COMPACT.match(text) is not None


def without_mark(text: str) -> str:
    return _COMPACT.sub("", text, count=1)


def is_whole(text: str) -> bool:
    """Whether nothing was left out of a text: it has no marks, or only those given here."""
    return not is_marked(_LOSSLESS.sub("", text))

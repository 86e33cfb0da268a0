"""Sentences and lines, in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from brim.defaults.keypoints.lexer import CJK, cjk_share

__all__ = ["is_prose", "lines", "quoted", "sentences"]

LONG_LINE = 200
"""Characters of a line above which it is split."""

LONGEST = 300
"""Characters of a piece of a line that has no sentences, about."""

BLOB = 1_000
"""Characters of an unbroken run above which it is data that nothing can be quoted from."""

_PROSE = 60
_PROSE_CJK = 20
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_SPACED_END = re.compile(  # begins with one class of characters: these are found quickly
    r"[.!?…][.!?…]{0,5}[\"'”’)\]*]{0,4}\s+"
    r"(?=[\"'“‘(\[*]{0,4}[^\W\d_a-z]|[\"'“‘(\[]{0,4}\d|[-–—#*] |\[\w)"
)
_END = re.compile(
    rf"{_SPACED_END.pattern}"
    rf"|[。！？!?；…]{{1,6}}[」』”’）)\"]{{0,4}}(?=[^」』”’）)\"。！？；…])(?:(?<=[。！？；])|(?=[{CJK}]))"
)
_NO_END = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|Fig|cf|approx|Nr|bzw|z\.B|usw|Sr|Sra)"
    r"|(?:^|\s)\d{1,3}|\b[A-Z])\.[\"'”’)\]*]*\s+$"
)
_GUTTER = re.compile(r"\s*\d{1,6}[→|]")
_SAYS = re.compile(r"[^\W_]")


def is_prose(text: str) -> bool:
    """Whether it reads in sentences: no fence, and one line or long ones on average."""
    if _FENCE.search(text):
        return False
    full = [line for line in text.splitlines() if line.strip()]
    least = _PROSE_CJK if cjk_share(text) > 1 / 5 else _PROSE
    return len(full) <= 1 or sum(map(len, full)) > least * len(full)


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph, white space folded."""
    found: list[str] = []
    start = 0
    for end in (_SPACED_END if text.isascii() else _END).finditer(text):
        if _NO_END.search(text[max(end.start() - 8, start) : end.end()]):
            continue
        found += _whole(text[start : end.end()])
        start = end.end()
    return found + _whole(text[start:])


def lines(text: str) -> Iterator[str]:
    """Lines that say something; the long ones in sentences or pieces."""
    for line in text.splitlines():
        if len(line) > LONG_LINE:
            yield from sentences(line)
        elif shown := quoted(line):
            yield shown


def quoted(line: str) -> str:
    """A line as it is quoted; empty where it says nothing."""
    if not _SAYS.search(line):
        return ""
    return line.strip() if _GUTTER.match(line) else line.rstrip()


def _whole(sentence: str) -> list[str]:
    """A sentence, in pieces where it is endless; none where it says nothing."""
    folded = " ".join(sentence.split())
    if len(folded) <= 2 * LONGEST:
        return [folded] if _SAYS.search(folded) else []
    pieces: list[str] = []
    held: list[str] = []
    size = 0
    for word in folded.split(" "):
        if size + len(word) > LONGEST and held:
            pieces.append(" ".join(held))
            held, size = [], 0
        if len(word) <= BLOB:
            held.append(word)
            size += len(word) + 1
    return [*pieces, " ".join(held)] if held else pieces

"""Sentences and lines, in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from brim.defaults.keypoints.lexer import CJK, cjk_share

__all__ = ["is_prose", "lines", "sentences"]

LONG_LINE = 200
"""Characters of a line above which it is split."""

LONGEST = 300
"""Characters of a piece of a line that has no sentences, about."""

BLOB = 1_000
"""Characters of an unbroken run above which it is data that nothing can be quoted from."""

_PROSE = 60
_PROSE_CJK = 20
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_END = re.compile(
    r"[.!?…]{1,6}[\"'”’)\]*]{0,4}\s+(?=[\"'“‘(\[*]{0,4}[^\W\d_a-z]|[\"'“‘(\[]{0,4}\d|[-–—#*] |\[\w)"
    rf"|[。！？!?；…]{{1,6}}[」』”’）)\"]{{0,4}}(?=[^」』”’）)\"。！？；…])(?:(?<=[。！？；])|(?=[{CJK}]))"
)
_NO_END = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|Fig|cf|approx|Nr|bzw|z\.B|usw|Sr|Sra)"
    r"|(?:^|\s)\d{1,3}|\b[A-Z])\.[\"'”’)\]*]*\s+$"
)
_GUTTER = re.compile(r"\s*\d{1,6}[→|]")


def is_prose(text: str) -> bool:
    """Whether it reads in sentences: no fence, and one line or long ones on average."""
    if _FENCE.search(text):
        return False
    full = [line for line in text.splitlines() if line.strip()]
    least = _PROSE_CJK if cjk_share(text) > 1 / 5 else _PROSE
    return len(full) <= 1 or sum(map(len, full)) > least * len(full)


def sentences(text: str) -> Iterator[str]:
    """The sentences of one paragraph, white space folded."""
    start = 0
    for end in _END.finditer(text):
        if _NO_END.search(text[max(end.start() - 8, start) : end.end()]):
            continue
        yield from _whole(text[start : end.end()])
        start = end.end()
    yield from _whole(text[start:])


def lines(text: str) -> Iterator[str]:
    """Lines that say something; the long ones in sentences or pieces."""
    for line in text.splitlines():
        if len(line) <= LONG_LINE:
            if any(map(str.isalnum, line)):
                yield line.strip() if _GUTTER.match(line) else line.rstrip()
        else:
            yield from sentences(line)


def _whole(sentence: str) -> Iterator[str]:
    folded = " ".join(sentence.split())
    if len(folded) <= 2 * LONGEST:
        if any(map(str.isalnum, folded)):
            yield folded
        return
    held: list[str] = []
    size = 0
    for word in folded.split(" "):
        if size + len(word) > LONGEST and held:
            yield " ".join(held)
            held, size = [], 0
        if len(word) <= BLOB:
            held.append(word)
            size += len(word) + 1
    if held:
        yield " ".join(held)

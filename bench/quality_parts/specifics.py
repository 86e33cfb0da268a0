"""Identifiers, paths, numbers and dates, and whether an output still says what they belong to.

The extractor is nobody's but the benchmark's: no strategy and no score of Brim uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import lru_cache

from quality_parts.texts import COMMON, WORD

__all__ = ["Output", "near", "specifics", "stands"]

NEAR = 5
"""Words, keys and values on each side that count as near."""
REACH = 120
"""Characters in which those words are looked for."""
LIST = 600
"""Characters in which the head of a list is looked for."""

_SPECIFIC = re.compile(
    r"""
    (?P<date>\b\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?)
  | (?P<path>(?<![\w/.])(?:~|\.{1,2})?/?(?:[\w@+-][\w.@+-]*/)+[\w@+-][\w.@+-]*(?<![.-]))
  | (?P<file>(?<![\w/.])[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{0,4}(?![\w.]))
  | (?P<name>(?<![\w])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+(?![\w]))
  | (?P<code>(?<![\w])(?=\w*\d)(?=\w*[A-Za-z])\w{3,}(?![\w]))
  | (?P<camel>(?<![\w])[A-Za-z]+[a-z][A-Z]\w*(?![\w]))
  | (?P<upper>(?<![\w])[A-Z]{3,6}(?![\w]))
  | (?P<number>(?<![\w.])\d+\.\d+(?![\w.])|(?<![\w.])\d{3,}(?![\w.]))
    """,
    re.VERBOSE,
)
_TOKEN = re.compile(r"\w+|#+")
_HYPHENATED = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)+")


def specifics(text: str) -> list[str]:
    """Distinct specifics of a text, in order. Hyphenated words without a digit are none, and
    capitals alone, such as JFK, only where they are all there is."""
    found = dict.fromkeys(
        match[0]
        for match in _SPECIFIC.finditer(text)
        if match.lastgroup != "upper" or match[0] == text
    )
    return [one for one in found if not _HYPHENATED.fullmatch(one)]


def stands(text: str, specific: str) -> bool:
    """Whether it occurs as a whole, not inside of a longer name or number."""
    return next(_places(text, specific), None) is not None


def _places(text: str, specific: str) -> Iterator[int]:
    at = text.find(specific)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(specific) :][:1]
        if not _glues(before) and not _glues(after):
            yield at
        at = text.find(specific, at + 1)


def _glues(character: str) -> bool:
    return character.isalnum() or character == "_"


def near(text: str, specific: str) -> set[str]:
    """The words, not the commonest, that tell what it is, at any place of it: among the five on
    each side, in the header of its column, at the head of the list it is in."""
    output = output_of(text)
    found: set[str] = set()
    for at in _places(text, specific):
        found |= output.around(at, at + len(specific)) | output.over(at)
    return found


@lru_cache(8)
def _bare(text: str) -> str:
    """The text with all specifics struck out but names without a digit: keys are words, and
    values are none. Else a mere list of values would bind each by its neighbours."""
    return _SPECIFIC.sub(lambda match: match[0] if _is_word(match) else "#" * len(match[0]), text)


def _is_word(match: re.Match[str]) -> bool:
    return match.lastgroup in {"name", "camel"} and not any(map(str.isdigit, match[0]))


class Output:
    """The text that came out of a condensation, asked whether a specific is still bound."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._bare = _bare(text)
        self._heads = _heads(text)

    def has(self, specific: str) -> bool:
        return stands(self.text, specific)

    def binds(self, specific: str, words: Set[str], *, heads: bool = True) -> bool:
        """Whether it stands beside one of these words, or, with `heads`, below or after one: in
        the header of its column, or at the head of the list it is in."""
        return any(
            words & self.around(at, at + len(specific)) or (heads and words & self.over(at))
            for at in _places(self.text, specific)
        )

    def around(self, start: int, end: int) -> set[str]:
        """The words among the five on each side of a place."""
        before = _TOKEN.findall(self._bare[max(start - REACH, 0) : start])
        after = _TOKEN.findall(self._bare[end : end + REACH])
        return _words(" ".join([*before[-NEAR:], *after[:NEAR]]))

    def over(self, at: int) -> set[str]:
        """The words of the header above a place, and of the head of the list around it."""
        start, end = self.text.rfind("\n", 0, at) + 1, self._end(at)
        found = _words(_list_head(self._bare[max(start, at - LIST) : at]))
        head = self._heads.get(start)
        if head is not None and len(head) == len(_cells(self.text[start:end])):
            column = self.text.count("|", start, at)
            found |= _words(head[min(column, len(head) - 1)])
        return found

    def _end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end


@lru_cache(8)
def output_of(text: str) -> Output:
    """The same text is asked many times."""
    return Output(text)


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)} - COMMON


def _list_head(before: str) -> str:
    """Of a comma list that this text ends in, the key in front and its first item."""
    cut = max(map(before.rfind, ":=;[](){}"))
    first, comma, _ = before[cut + 1 :].partition(",")
    if not comma:
        return ""
    key = (
        before[: cut + 1].rstrip(" :=[(\"'").split()[-1:] if before[cut : cut + 1] in ":=[(" else []
    )
    return " ".join([*key, *first.split()[:4]])


_FOLDED = re.compile(r"([\w.]+)\(([^()]*\|[^()]*)\)")
_SPEAKER = re.compile(r"^[A-Z]: ")
_HEADER_CELL = re.compile(r"\s*[A-Za-z_][A-Za-z_. -]*")


def _cells(line: str) -> list[str]:
    """The cells of a row; `a(b|c)` in a header stands for `a b` and `a c`."""
    unfolded = _FOLDED.sub(
        lambda match: "|".join(f"{match[1]} {cell}" for cell in match[2].split("|")), line
    )
    return _SPEAKER.sub("", unfolded).split("|")


def _heads(text: str) -> dict[int, list[str]]:
    """For each row of a table, by where its line starts, the cells of its header: the nearest
    row above of the same width that begins a table and whose cells all look like names."""
    found: dict[int, list[str]] = {}
    heads: dict[int, list[str]] = {}
    at, above = 0, 1
    for line in text.split("\n"):
        cells = _cells(line) if "|" in line else [line]
        if len(cells) > 1:
            if len(cells) != above and all(map(_HEADER_CELL.fullmatch, cells)):
                heads[len(cells)] = cells
            if len(cells) in heads:
                found[at] = heads[len(cells)]
        at, above = at + len(line) + 1, len(cells)
    return found

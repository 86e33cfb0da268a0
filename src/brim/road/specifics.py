"""What a text holds that can be lost: identifiers, paths, numbers, dates, and what binds.

This extractor grades. It shares nothing with any strategy, so that none is graded by its own
idea of what matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from attrs import field, frozen

from brim.model.messages import Document, Message, Part, Text, ToolCall, ToolResult
from brim.road.statements import Statement, statements

__all__ = ["NAME", "NUMBER", "Holding", "Mention", "holding", "mentions", "size_of"]

NAME, NUMBER = 2, 1
"""The weight of identifiers, paths and addresses; and of numbers, dates and amounts."""

REACH, LABEL = 5, 2
"""Tokens on each side of a specific that stand near it; those that begin its line do as well."""

NEAR = 16
"""Words remembered for one specific, at most."""

LONGEST = 200
"""Longer runs without a space are data, such as keys and encoded files."""

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_MARKS = r"\s\"'`,()\[\]{}<>|=$€£¥*“”„«»‘’"
_THOUSANDS = r"(?<![,\[\d|])\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?"
_TOKEN = re.compile(rf"{_THOUSANDS}|[^{_MARKS}]+")
_WIDE_TOKEN = re.compile(
    rf"{_THOUSANDS}|\d{{2,4}}年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?|\d{{1,2}}月\d{{1,2}}日"
    rf"|[{_CJK}]+|[^{_MARKS}{_CJK}\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]+"
)
_LEFT, _RIGHT = ".:!?…_#&%–—+^-", ".:!?…_#&%–—+^-/\\~"
_WORD = re.compile(r"[^\W\d_]{3,}")
_WIDE = re.compile(rf"[{_CJK}]+$")
_TIME = re.compile(
    r"\d{4}[-/.]\d\d?(?:[-/.]\d\d?)?(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?"
    r"|\d\d?[-/.]\d\d?[-/.]\d{2,4}|\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?:[ap]m|Z)?|\d+[年月].*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?:[^\W\d_]{1,3})?")
_DIGITS = re.compile(r"\d[\d.-]*[.-]\d+")
_LETTER = re.compile(r"[^\W\d_]")
_TELLING = re.compile(r"[\d_.]")
_NAME = re.compile(
    r"(?=[\w.@+-]*[^\W\d_])(?=[\w.@+-]*\d)[\w.@+-]{3,}"
    r"|[^\W_]+(?:_+[^\W_]+)+|\w*[a-z][A-Z]\w*|[^\W\d]\w+(?:\.[^\W\d]\w+)+|[\w.+-]+@[\w-]+\.[\w.]+"
)
_HINT = re.compile(r"[\d_@/\\]|\.(?=\w)|(?<=[a-z])[A-Z]")
_SEPARATOR = re.compile(r"[:/\\]")
_COMMON = (
    "the and for with that this from are was were has have had not but you your our his her its "
    "their they them will would can could should may might been being also into than then there "
    "here when where which who what how all any each some more most other such only very just "
    "about over under out off per via use used using see seen get got one two new yes der die das "
    "und den dem des ein eine ist mit von für auf les une est que dans pour par sur los las una "
    "por con para del che non della sono как что это для при"
)
_STOP = frozenset(_COMMON.split())

Words = tuple[str, ...]
Heads = tuple[str, Sequence[Words]] | None
Reading = tuple[tuple[tuple[str, int], ...], Words]
"""What a token says, with its weight, and the words in it."""


@frozen
class Mention:
    """What a specific weighs, the words that stood near it, and in how many places it stood."""

    weight: int
    near: Words
    times: int = 1

    def joined(self, other: Mention) -> Mention:
        near = self.near
        if len(near) < NEAR:
            near = tuple(dict.fromkeys(near + other.near))[:NEAR]
        return Mention(self.weight, near, self.times + other.times)


@frozen
class Holding:
    """The specifics of a message by what they say, and its sentences that bind."""

    mentions: Mapping[str, Mention] = field(factory=dict)
    statements: tuple[Statement, ...] = ()

    def __len__(self) -> int:
        return len(self.mentions) + len(self.statements)


def holding(message: Message) -> Holding:
    """What one message holds. Thinking, pictures and unknown parts hold nothing that can be kept;
    what tools say binds nobody."""
    found: dict[str, Mention] = {}
    said: list[Statement] = []
    for part in message.parts:
        for value, mention in mentions(_text(part)).items():
            found[value] = found[value].joined(mention) if value in found else mention
        if isinstance(part, Text):
            said.extend(statements(part.text))
    return Holding(found, tuple(said))


def size_of(message: Message) -> int:
    """Characters in which specifics are looked for."""
    return sum(len(_text(part)) for part in message.parts)


def _text(part: Part) -> str:
    match part:
        case Text():
            return part.text
        case ToolResult():
            return part.text
        case ToolCall():
            return f"{part.name} {part.arguments}"
        case Document():
            return f"{part.title}\n{part.text}"
        case _:
            return ""


def mentions(text: str) -> dict[str, Mention]:
    """The identifiers, paths, numbers and dates of a text, with the words near them.

    Near are the tokens close by on the same line, those that begin the line, and the head of the
    column; where the line has no words, those that begin the line above.
    """
    found: dict[str, Mention] = {}
    token = _TOKEN if text.isascii() else _WIDE_TOKEN
    above = ""
    for line, heads in _rows(text):
        if _HINT.search(line):
            tokens, over = _tokens(line, heads, token)
            read = [*map(_read, tokens)]
            words = [one[1] for one in read]
            for at in [at for at, one in enumerate(read) if one[0]]:
                near = over.get(at, ()) + _near(words, at) or _begin(above, token)
                for value, weight in read[at][0]:
                    known = found.get(value)
                    one = Mention(weight, near)
                    found[value] = one if known is None else known.joined(one)
        if _WORD.search(line):
            above = line
    return found


def _tokens(
    line: str, heads: Heads, token: re.Pattern[str]
) -> tuple[list[str], Mapping[int, Words]]:
    """The tokens of a line, and the words over those that stand in a table."""
    if heads is None:
        return token.findall(line), {}
    tokens: list[str] = []
    over: dict[int, Words] = {}
    for cell, head in zip(line.split(heads[0]), heads[1], strict=True):
        inside = token.findall(cell)
        over.update(dict.fromkeys(range(len(tokens), len(tokens) + len(inside)), head))
        tokens += inside
    return tokens, over


def _near(words: Sequence[Words], at: int) -> Words:
    low = max(at - REACH, 0)
    label = words[: min(LABEL, low)]
    return tuple(chain(*label, *words[low:at], *words[at + 1 : at + REACH + 1]))[:NEAR]


def _begin(line: str, token: re.Pattern[str]) -> Words:
    return tuple(word for one in token.findall(line)[: 2 * LABEL] for word in _read(one)[1])


def _rows(text: str) -> Iterator[tuple[str, Heads]]:
    """The lines of a text. Rows of a table come with its mark and the words that head each
    column, lines that are none with None."""
    marks = [mark for mark in "|\t," if mark in text]
    shape: tuple[str, int] | None = None
    heads: Heads = None
    first = ""
    for line in text.replace("\\n", "\n").replace(";", "\n").splitlines():
        now = _shape(line, marks)
        if now is None or now != shape:
            shape, first, heads = now, line, None
        elif heads is None:
            heads = now[0], [_words(cell) for cell in first.split(now[0])]
        yield line, heads


def _shape(line: str, marks: Sequence[str]) -> tuple[str, int] | None:
    for mark in marks:
        count = line.count(mark)
        if count > (mark == ","):
            return mark, count
    return None


@lru_cache(maxsize=16_384)
def _read(token: str) -> Reading:
    core = token.lstrip(_LEFT).rstrip(_RIGHT)
    if not core or len(core) > LONGEST:
        return (), ()
    return tuple(_values(core)), _words(core)


def _words(text: str) -> Words:
    if _WIDE.match(text):
        ends = text if len(text) <= 16 else f"{text[:8]}\n{text[-8:]}"
        pairs = (ends[i : i + 2] for i in range(max(len(ends) - 1, 1)))
        return tuple(pair for pair in pairs if "\n" not in pair)
    return tuple(word for word in map(str.lower, _WORD.findall(text)) if word not in _STOP)


def _values(core: str) -> Iterator[tuple[str, int]]:
    if "://" in core:
        yield core, NAME
    elif _TIME.fullmatch(core) or _DIGITS.fullmatch(core):
        yield core, NUMBER
    elif number := _NUMBER.fullmatch(core):
        digits = number[1].replace(",", "").rstrip(".")
        if len(digits) > 1:
            yield digits, NUMBER
    elif ":" not in core and (_is_path(core) or _NAME.fullmatch(core)):
        yield core, NAME
    elif _SEPARATOR.search(core):
        for piece in _SEPARATOR.split(core) if ":" not in core else core.split(":"):
            yield from _values(piece) if piece else ()


def _is_path(core: str) -> bool:
    """Several names with slashes between; "and/or" is none."""
    separators = core.count("/") + core.count("\\")
    if not separators or not _LETTER.search(core):
        return False
    return separators > 1 or bool(_TELLING.search(core))

"""What a text holds that can be lost: identifiers, paths, numbers, dates, and what binds.

This extractor grades. It shares nothing with any strategy, so that none is graded by its own
idea of what matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat

from attrs import define, field, frozen

from brim.model.messages import Document, Message, Part, Text, ToolCall, ToolResult
from brim.road.grading.statements import Statement, statements

__all__ = ["NAME", "NUMBER", "Holding", "Mention", "holding", "joined", "mentions", "size_of"]

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
_GROUPED = re.compile(r"\d,\d{3}")
_PLAIN = re.compile(rf"[^{_MARKS}]+")
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


Mention = tuple[int, Words, int]
"""What a specific weighs, the words that stood near it, and in how many places it stood. A plain
tuple: there are very many, and these are made at once and pass the garbage collector by."""


def joined(one: Mention, other: Mention) -> Mention:
    """Two mentions of one specific as one."""
    return one[0], _both(one[1], other[1]), one[2] + other[2]


def _both(near: Words, other: Words) -> Words:
    """The words near two mentions of one specific, as far as they are remembered."""
    if len(near) >= NEAR:
        return near
    return tuple(dict.fromkeys(near + other))[:NEAR]


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
        more = mentions(_text(part))
        both = {value: joined(found[value], more[value]) for value in found.keys() & more.keys()}
        found = {**found, **more, **both} if found else more
        if isinstance(part, Text):
            said.extend(statements(part.text))
    return Holding(found, tuple(said))


def size_of(message: Message) -> int:
    """Characters in which specifics are looked for."""
    return sum(map(_length, message.parts))


def _length(part: Part) -> int:
    """Of what `_text` gives."""
    match part:
        case Text():
            return len(part.text)
        case ToolResult():
            sizes = [len(item.text) + 1 for item in part.content if isinstance(item, Text)]
            return max(sum(sizes) - 1, 0)
        case ToolCall():
            return len(part.name) + 1 + len(part.arguments)
        case Document():
            return len(part.title) + 1 + len(part.text)
        case _:
            return 0


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
    lines = text.replace("\\n", "\n").replace(";", "\n").splitlines()
    above = _Above(lines)
    found: dict[str, Mention] = {}
    for number, (line, heads) in enumerate(_rows(lines)):
        for value, one in _on_line(line) if heads is None else _in_row(line, *heads):
            mention = one if one[1] else (one[0], above.words(number), 1)
            found[value] = joined(found[value], mention) if value in found else mention
    return found


@lru_cache(maxsize=8_192)
def _on_line(line: str) -> tuple[tuple[str, Mention], ...]:
    """What a line mentions. Lines come again: files are read twice, and what is left of a text
    is compared with all of it."""
    return tuple(_mentioned(_reading(_split(line)), {})) if _HINT.search(line) else ()


def _in_row(line: str, mark: str, heads: Sequence[Words]) -> Iterator[tuple[str, Mention]]:
    """What a table's row mentions, with the words that head each column."""
    tokens: list[str] = []
    over: dict[int, Words] = {}
    for cell, head in zip(line.split(mark), heads, strict=True):
        inside = _split(cell)
        over.update(dict.fromkeys(range(len(tokens), len(tokens) + len(inside)), head))
        tokens += inside
    return _mentioned(_reading(tokens), over)


def _mentioned(read: Sequence[Reading], over: Mapping[int, Words]) -> Iterator[tuple[str, Mention]]:
    """What these tokens mention, each with the words of those close by and of the first ones.
    `over` has the words that head each token's column."""
    words: list[str] = []
    ends = [0]
    for _, own in read:
        words += own
        ends.append(len(words))
    ends += ends[-1:] * REACH
    whole = tuple(words[:NEAR])
    for at, (values, own) in enumerate(read):
        if values:
            low, after = at - REACH, ends[at + REACH + 1]
            if after == ends[-1] and not own and (low <= 0 or not ends[low]):
                near = whole
            else:
                found = words[ends[low] : ends[at]] if low > 0 else words[: ends[at]]
                if low > 0:
                    found = words[: ends[min(LABEL, low)]] + found
                near = tuple((found + words[ends[at + 1] : after])[:NEAR])
            if at in over:
                near = over[at] + near
            for value, weight in values:
                yield value, (weight, near, 1)


@define
class _Above:
    """Finds for a line the words that begin the last line above with any. Asked line by line,
    downwards."""

    lines: Sequence[str]
    _known: int = 0
    _words: Words = ()

    def words(self, line: int) -> Words:
        for above in reversed(self.lines[self._known : line]):
            if _WORD.search(above):
                self._words = _begin(above)
                break
        self._known = line
        return self._words


def _split(line: str) -> list[str]:
    """What lies between marks, in the quickest way for what the line holds."""
    if not line.isascii():
        return _WIDE_TOKEN.findall(line)
    grouped = "," in line and _GROUPED.search(line)
    return (_TOKEN if grouped else _PLAIN).findall(line)


def _begin(line: str) -> Words:
    return tuple(word for one in _split(line)[: 2 * LABEL] for word in _read(one)[1])


def _rows(lines: Sequence[str]) -> Iterator[tuple[str, Heads]]:
    """The lines of a text. Rows of a table come with its mark and the words that head each
    column, lines that are none with None."""
    whole = "".join(lines)
    marks = [mark for mark in "|\t," if mark in whole]
    if not marks:
        yield from zip(lines, repeat(None))
        return
    shape: tuple[str, int] | None = None
    heads: Heads = None
    first = ""
    for line in lines:
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


def _reading(tokens: Sequence[str]) -> list[Reading]:
    """What each token says. Bare numbers are read here: most are new, and would push out of
    memory what comes again."""
    return [
        (((token, NUMBER),), ())
        if token.isdecimal() and 1 < len(token) <= LONGEST
        else _read(token)
        for token in tokens
    ]


@lru_cache(maxsize=16_384)
def _read(token: str) -> Reading:
    core = token.lstrip(_LEFT).rstrip(_RIGHT)
    if not core or len(core) > LONGEST:
        return (), ()
    if core.isdecimal():
        return (((core, NUMBER),) if len(core) > 1 else ()), ()
    return tuple(_values(core)) if _HINT.search(core) else (), _words(core)


def _words(text: str) -> Words:
    if not text.isascii() and _WIDE.match(text):
        ends = text if len(text) <= 16 else f"{text[:8]}\n{text[-8:]}"
        pairs = (ends[i : i + 2] for i in range(max(len(ends) - 1, 1)))
        return tuple(pair for pair in pairs if "\n" not in pair)
    return tuple([word for word in map(str.lower, _WORD.findall(text)) if word not in _STOP])


def _values(core: str) -> Iterator[tuple[str, int]]:
    digit = core[0].isdecimal()
    if "://" in core:
        yield core, NAME
    elif digit and (_TIME.fullmatch(core) or _DIGITS.fullmatch(core)):
        yield core, NUMBER
    elif digit and (number := _NUMBER.fullmatch(core)):
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

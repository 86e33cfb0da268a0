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
from brim.statements import Statement, statements

__all__ = ["NAME", "NUMBER", "Holding", "Mention", "holding", "joined", "mentions"]

NAME, NUMBER = 2, 1
"""The weight of identifiers, paths and addresses; and of numbers, dates and amounts."""

REACH, LABEL = 5, 2
"""Tokens on each side of a specific that stand near it; those that begin its line do as well."""

NEAR = 16
"""Words remembered for one specific, at most."""

ALIKE = 120
"""Characters of a line up to which others are like it but for their numbers, as in logs."""

REMEMBERED, RECURRING = 8_192, 200
"""Lines of which it is remembered what they mention, and their characters at most: longer ones
seldom come again, and have no bound of their own."""

LONGEST = 200
"""Longer runs without a space are data, such as keys and encoded files."""

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_MARKS = r"\s\"'`,()\[\]{}<>|=$€£¥*“”„«»‘’"
_THOUSANDS = r"(?<![,\[\d|])\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?"
_TOKEN = re.compile(rf"{_THOUSANDS}|[^{_MARKS}]+")
_GROUPED = re.compile(r"\d,\d{3}")
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_GAPS = bytes.maketrans(b"\"'`,()[]{}<>|=$*", b" " * 16)
"""The marks of ASCII as spaces."""

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
_HINT = re.compile(r"[\d_@/\\.A-Z](?:(?<=[\d_@/\\])|(?<=\.)(?=\w)|(?<=[a-z][A-Z]))")
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
Values = tuple[tuple[str, int], ...]
"""What a token says, with its weight."""

Mention = tuple[int, Words, int]
"""What a specific weighs, the words that stood near it, and in how many places it stood. A plain
tuple: there are very many, and these are made at once and pass the garbage collector by."""


Mentioned = tuple[tuple[str, ...], tuple[Mention, ...]]
"""Specifics in their order, and as many mentions."""


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
        told = _on_line(line) if heads is None else _in_row(line, *heads)
        for value, one in zip(*told, strict=True):
            mention = one if one[1] else (one[0], above.words(number), 1)
            found[value] = joined(found[value], mention) if value in found else mention
    return found


def _on_line(line: str) -> Mentioned:
    """What a line mentions."""
    if len(line) <= RECURRING:
        return _recurring(line)
    return _mentioned(_split(line), {})[1] if _HINT.search(line) else ((), ())


@lru_cache(maxsize=REMEMBERED)
def _recurring(line: str) -> Mentioned:
    """The same. Lines come again: files are read twice, and what is left of a text
    is compared with all of it. They come again with other numbers too, as in logs: then the words
    near them are the same."""
    if not _HINT.search(line):
        return (), ()
    tokens = _split(line)
    if len(line) > ALIKE:
        return _mentioned(tokens, {})[1]
    like = " ".join(tokens).encode("utf-8", "surrogatepass").translate(_ZEROS)
    if known := _patterns.get(like):
        places, mentioned = known
        return tuple([value for at in places for value, _ in _reading(tokens[at])[0]]), mentioned
    if len(_patterns) >= REMEMBERED:
        _patterns.clear()
    places, found = _mentioned(tokens, {})
    _patterns[like] = places, found[1]
    return found


_patterns: dict[bytes, tuple[Sequence[int], tuple[Mention, ...]]] = {}
"""Lines with every digit a 0: the places of the tokens that tell something, and the mentions."""


def _in_row(line: str, mark: str, heads: Sequence[Words]) -> Mentioned:
    """What a table's row mentions, with the words that head each column."""
    tokens: list[str] = []
    over: dict[int, Words] = {}
    for cell, head in zip(line.split(mark), heads, strict=True):
        inside = _split(cell)
        over.update(dict.fromkeys(range(len(tokens), len(tokens) + len(inside)), head))
        tokens += inside
    return _mentioned(tokens, over)[1]


def _mentioned(tokens: Sequence[str], over: Mapping[int, Words]) -> tuple[Sequence[int], Mentioned]:
    """Which of these tokens mention something, and what, each with the words of those close by and
    of the first ones. `over` has the words that head each token's column."""
    words: list[str] = []
    ends = [0]
    telling: list[tuple[int, Values, Words]] = []
    for at, token in enumerate(tokens):
        if token.isdecimal() and 1 < len(token) <= LONGEST:
            telling.append((at, ((token, NUMBER),), ()))
        else:
            values, own = _read(token) if len(token) <= LONGEST else _long(token)
            if values:
                telling.append((at, values, own))
            words += own
        ends.append(len(words))
    ends += ends[-1:] * REACH
    whole = tuple(words[:NEAR])
    said: list[str] = []
    mentioned: list[Mention] = []
    for at, values, own in telling:
        low, after = at - REACH, ends[at + REACH + 1]
        near = whole
        if own or after < ends[-1] or (low > 0 and ends[low]):
            begin = words[: ends[min(LABEL, low)]] if low > 0 else []
            inner = words[ends[max(low, 0)] : ends[at]] + words[ends[at + 1] : after]
            near = tuple((begin + inner)[:NEAR])
        if at in over:
            near = over[at] + near
        for value, weight in values:
            said.append(value)
            mentioned.append((weight, near, 1))
    return [at for at, _, _ in telling], (tuple(said), tuple(mentioned))


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
    if "," in line and _GROUPED.search(line):
        return _TOKEN.findall(line)
    return line.encode().translate(_GAPS).decode().split()


def _begin(line: str) -> Words:
    return tuple(word for one in _split(line)[: 2 * LABEL] for word in _reading(one)[1])


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


def _reading(token: str) -> tuple[Values, Words]:
    """What a token says. Bare numbers are read here: most are new, and would push out of memory
    what comes again."""
    if token.isdecimal() and 1 < len(token) <= LONGEST:
        return ((token, NUMBER),), ()
    return _read(token) if len(token) <= LONGEST else _long(token)


@lru_cache(maxsize=16_384)
def _read(token: str) -> tuple[Values, Words]:
    core = token.lstrip(_LEFT).rstrip(_RIGHT)
    if not core or len(core) > LONGEST:
        return (), ()
    if core.isdecimal():
        return (((core, NUMBER),) if len(core) > 1 else ()), ()
    return tuple(_values(core)) if _HINT.search(core) else (), _words(core)


_long = _read.__wrapped__  # a token may be a whole file, encoded: that is not remembered


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

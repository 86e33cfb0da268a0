"""What a text speaks of: entities with their types, words by their stems, CJK by bigrams."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

from attrs import Factory, define, field

from brim.defaults.keypoints.words import COMMON, FUNCTION, stem

__all__ = ["CJK", "CJK_FIRST", "ENTITY", "IDENTIFIER", "NUMBER", "Concepts", "cjk_share"]

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Kana, Han and Hangul, for character classes."""

CJK_FIRST = "\u2e80"
"""Where the scripts begin that put no spaces between sentences, about."""

IDENTIFIER, NAMED, NUMBER, ENTITY, SMALL, WORD = 5.0, 4.0, 2.5, 2.0, 1.5, 1.0
"""Types of concepts, by how much depends on their being exact."""

_MORE = r"\w+(?:(?:[-./@+'\\]|::)\w+|(?<=\d)[:,]\d+)*"
# Possessive groups would be quicker: early releases of Python 3.11 go wrong with them.
_ASCII = re.compile(rf"{_MORE}|(?:[~.]{{0,2}}/[$]?|[$]){_MORE}", re.ASCII)  # most begin with \w
_ANY = re.compile(
    rf"[{CJK}]+|(?:[~.]{{0,2}}/)?[$€£¥]?[^\W{CJK}]+"
    rf"(?:(?:[-./@+'’\\]|::)[^\W{CJK}]+|(?<=\d)[:,]\d+)*"
)
_CJK = re.compile(f"[{CJK}]")
_GUTTER = re.compile(r"^\s*\d{1,6}(?:[:|→\t]|(?=\s*→))\s?")
_ORDINAL = re.compile(
    r"\d{1,3}-[a-z]+|\d+(?:st|nd|rd|th|am|pm|s|x|k|m|h|min|kg|km|cm|mm|gb|mb|kb|ms)", re.IGNORECASE
)
_NUMBER = re.compile(r"[$€£¥]?\d+(?:[-./:,+]\d+)*")
_DOTTED = re.compile(r"\w\w\.\w|\w\.\w\w")
_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]{2}")
_CAPS = 6
_LONGEST = 64
_DIGITS = 3


def cjk_share(text: str) -> float:
    """Which share of a text's first characters is CJK."""
    sample = text[:2_000]
    return 0.0 if sample.isascii() else len(_CJK.findall(sample)) / max(len(sample), 1)


NOTHING = -1
"""The number of what says nothing."""


class _Known(dict[str, int]):
    """Numbers of tokens; those not met before are asked for."""

    def __init__(self, meet: Callable[[str], int]) -> None:
        self._meet = meet

    def __missing__(self, token: str) -> int:
        number = self[token] = self._meet(token)
        return number


@define(eq=False)
class Concepts:
    """All concepts of a conversation, numbered as they are met.

    For each number: its `type`, how it is written (`shown`), and whether it is `common`.
    `capital` has the words that were met in capitals inside of a sentence.
    """

    types: list[float] = field(factory=list)
    shown: list[str] = field(factory=list)
    common: list[bool] = field(factory=list)
    capital: set[int] = field(factory=set)
    _numbers: dict[str, int] = field(factory=dict)
    _known: _Known = field(
        init=False, default=Factory(lambda self: _Known(self._met), takes_self=True)
    )

    def of(self, text: str) -> list[int]:
        """Numbers of the concepts in a text, in order, each once; gutter numbers left out."""
        if text.isascii():
            tokens = _ASCII.findall(ungutter(text) if text[:8].strip()[:1].isdigit() else text)
        else:
            tokens = _split(ungutter(text))
        if tokens and tokens[0][0].isupper() and tokens[0][1:].islower():
            tokens[0] = tokens[0].lower()
        found = dict.fromkeys(map(self._known.__getitem__, tokens))
        found.pop(NOTHING, None)
        return list(found)

    def whole(self, text: str) -> int:
        """One concept for a whole command or query."""
        return self._number(" ".join(text.lower().split()), text, NUMBER)

    def fresh(self) -> int:
        """A concept that nothing else speaks of."""
        return self._number(f" {len(self.types)}", "", WORD)

    def _met(self, token: str) -> int:
        if token.isdecimal():
            return self._number(token, token, NUMBER if len(token) >= _DIGITS else SMALL)
        meaning = _meaning(token) if len(token) <= _LONGEST else _meaning.__wrapped__(token)
        if meaning is None:
            return NOTHING
        key, kind, common = meaning
        number = self._number(key, token, kind, common)
        if kind == ENTITY:
            self.capital.add(number)
        return number

    def _number(self, key: str, shown: str, kind: float, common: bool = False) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.types)
            self.types.append(kind)
            self.shown.append(shown)
            self.common.append(common)
        elif kind > self.types[number]:
            self.types[number], self.shown[number] = kind, shown
        return number


def ungutter(line: str) -> str:
    """A line without the number that a viewer put in front of it."""
    found = _GUTTER.match(line)
    return line[found.end() :] if found else line


def _split(text: str) -> list[str]:
    """Words, and CJK by pairs of characters."""
    tokens: list[str] = _ANY.findall(text)
    if not _CJK.search(text):
        return tokens
    whole = ([one] if not _CJK.match(one) or len(one) == 1 else _pairs(one) for one in tokens)
    return [piece for pieces in whole for piece in pieces]


def _pairs(run: str) -> Iterator[str]:
    return map("".join, pairwise(run))


@lru_cache(maxsize=4_096)
def _meaning(token: str) -> tuple[str, float, bool] | None:
    """What a token stands for, its type, and whether it is common; None where it says nothing."""
    kind = _type(token)
    if kind != WORD:
        key = token.strip("./'’").lower()
        return stem(key) if kind == ENTITY else key, kind, False
    lower = token.lower().strip("'’_")
    if not lower or lower in FUNCTION:
        return None
    return stem(lower), WORD, lower in COMMON


def _type(token: str) -> float:
    if token.isdecimal():
        return NUMBER if len(token) >= _DIGITS else SMALL
    if token.isascii() and token.isalpha() and token.islower():
        return WORD
    if _NUMBER.fullmatch(token):
        digits = sum(map(str.isdigit, token))
        return NUMBER if digits >= _DIGITS or not token[0].isdigit() else SMALL
    digit = any(map(str.isdigit, token))
    if digit:
        return SMALL if _ORDINAL.fullmatch(token) else IDENTIFIER
    if "/" in token or "\\" in token:
        path = token[0] in "/.~" or token.count("/") > 1 or "." in token or "_" in token
        return IDENTIFIER if path and len(token) > 2 else WORD
    inner = token.strip("._'’")
    if "_" in inner or "@" in inner or "::" in inner or _DOTTED.search(inner):
        return NAMED
    if _CAMEL.search(token):
        return NAMED
    if token.isupper() and token.isascii() and 2 <= len(token) <= _CAPS:
        return ENTITY
    return ENTITY if token[0].isupper() and token.lower() not in COMMON else WORD

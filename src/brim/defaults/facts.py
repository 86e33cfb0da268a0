"""What to remember of a text that is put away: errors, names, identifiers with what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from brim.defaults.compaction.reading import pairs
from brim.defaults.compaction.values import find
from brim.defaults.labels import LONGEST, line
from brim.defaults.marks import is_compact, without_mark
from brim.defaults.remembered import remembered
from brim.defaults.repeats import bare

__all__ = ["facts", "reports_failure"]

LOOKED_AT = 60_000
"""Characters of a text that are looked at, two thirds of them at its beginning."""

LEAVES = 2_000
VALUES = 6
"""Values that are named for one key."""

TROUBLES = 2
"""Lines about errors and warnings that are named."""

EDGE = 400
"""Characters at both ends of a text in which a failure would be reported."""

REACH = 40
"""Characters before a thing in which the word before it begins."""

_FAILED = re.compile(
    r"^\W{0,3}(?:fatal|error|failed|failure|exception|traceback|panic|permission denied)\b"
    r"(?![.\w/\"'])"
    r"|^[\w.]*(?:Error|Exception)\b.{0,40}:|Traceback \(most recent call last\)"
    r"|\bexit(?:ed)?(?: with)?(?: code| status)?:? ?[1-9]\d{0,2}\b|: command not found\b"
    r"|\"(?:success|ok)\": ?false|\"is_?[eE]rror\": ?true|\"error\": ?(?:\"[^\"]|\{\")",
    re.IGNORECASE | re.MULTILINE,
)
_FAILURES = (
    *("fatal", "error", "fail", "exception", "traceback", "panic", "permission denied", "exit"),
    *("command not found", '"success"', '"ok"'),
)
"""One of these stands in every text in which `_FAILED` is found; so it is for `_TROUBLES`."""

_TROUBLES = ("error", "fail", "exception", "warning")
_TROUBLE = re.compile(r"^.*\b(?:error|failed|failure|exception|warning)\b.*$", re.I | re.M)
_DEFINED = re.compile(
    r"[ \t]*(?:\d{1,6}[:→|\t][ \t]*)?(?:export |default |public |private |static |async |pub )*"
    r"(?:def|defp|defmodule|class|function|func|fn|interface|struct|enum|trait|module)"
    r" +([A-Za-z_][\w.]*)"
)
_TELLING = re.compile(
    # nothing begins within a word, nor with one of letters only that stands by itself
    r"(?<!\w)(?![A-Za-z]++(?![\w/.@~+-]))(?:"
    r"(?:\b\d{4}-\d\d-\d\d\b)"  # dates
    r"|(?:(?<![\w/.@~+-])[\w.@~+-]{0,80}(?:/[\w.@+-]+)+)"  # paths
    r"|(?:\b(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[A-Za-z])\w{1,40}(?:-\w{1,40}){0,6}\b)"  # codes
    r"|(?:\b[A-Za-z][A-Za-z0-9]{0,40}(?:[_.][A-Za-z0-9]{1,40}){1,8}\b)"  # names
    r"|(?:(?<![\w.])\d{3,12}(?:\.\d{1,6})?(?![\w.])))",  # numbers
)
_WORD = re.compile(r"[A-Za-z](?<!\w[A-Za-z])[A-Za-z]{3,}")  # nothing of a word before it
_ID = re.compile(r"(?=\S*\d)(?=\S*[^\W\d])\S+|\S*[/@_]\S*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\S*")


@remembered(200_000)
def reports_failure(text: str) -> bool:
    """Whether a text plainly says, at its beginning or its end, that something went wrong."""
    ends = text if len(text) <= 2 * EDGE else f"{text[:EDGE]}\n{text[-EDGE:]}"
    return _has(ends, _FAILURES) and _FAILED.search(ends) is not None


def _has(text: str, needles: Sequence[str]) -> bool:
    """Whether one of these stands in a text, in any case; not told of what is not ASCII."""
    if not text.isascii():
        return True
    lowered = text.lower()
    return any(needle in lowered for needle in needles)


@remembered(1_000_000)
def facts(text: str, room: int) -> str:
    """The most telling things in a text, at most `room` characters."""
    if len(text) > LOOKED_AT:
        third = LOOKED_AT // 3
        text = f"{text[: 2 * third]}\n{text[-third:]}"
    told: list[str] = []
    for one in _facts(text):
        if len(one) + 2 <= room:
            told.append(one)
            room -= len(one) + 2
    return "; ".join(told)


def _facts(text: str) -> Iterator[str]:
    found = find(text)
    if found is not None:
        yield from _grouped(_leaves(found.value))
        return
    if is_compact(text):
        told = pairs(without_mark(text))
        yield from _grouped((key, value) for key, value in told if _tells(value))
        return
    lines = [one for one in bare(text.split("\n")) if one]
    text = "\n".join(lines)
    defined = filter(None, map(_DEFINED.match, lines))
    names = list(dict.fromkeys(one[1] for one in defined))
    if names:
        yield from _chunks("defines", names)
    else:
        troubles = _TROUBLE.finditer(text) if _has(text, _TROUBLES) else ()
        yield from map(line, _some(one[0] for one in troubles))
        yield from map(line, lines[:1])
    yield from _grouped(_named(text, names))


def _some(values: Iterable[str]) -> Iterator[str]:
    return islice(dict.fromkeys(values), TROUBLES)


def _chunks(key: str, values: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(values), VALUES):
        yield f"{key} {', '.join(values[start : start + VALUES])}".strip()


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """The values of JSON that tell something, each with the key that it stands under."""
    waiting: list[tuple[str, object]] = [(key, value)]
    seen = 0
    while waiting and seen < LEAVES:
        key, inner = waiting.pop()
        seen += 1
        if isinstance(inner, dict):
            waiting.extend(reversed(inner.items()))
        elif isinstance(inner, list):
            waiting.extend((key, item) for item in reversed(inner))
        elif isinstance(inner, str) and _tells(inner):
            yield key, str(inner)


def _tells(value: str) -> bool:
    return len(value) <= LONGEST and _TELLING.search(value) is not None


def _named(text: str, told: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Identifiers, paths, numbers and dates that were not told, each once, with the word before
    it. None of them begins within a word."""
    seen = set(told)
    words = _WORD.finditer(text)
    last, word = None, next(words, None)
    for one in _TELLING.finditer(text):
        value, at = one[0], one.start()
        if value in seen:
            continue
        seen.add(value)
        while word is not None and word.end() <= at:
            last, word = word, next(words, None)
        yield last[0] if last is not None and last.start() >= at - REACH else "", value


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Values by what they are: identifiers before dates, dates before the rest."""
    groups: dict[str, list[str]] = {}
    seen: set[str] = set()
    for key, value in pairs:
        if value not in seen:
            seen.add(value)
            groups.setdefault(key, []).append(value)
    for key, values in sorted(groups.items(), key=lambda group: _rank(group[1][0])):
        yield from _chunks(key, values)


def _rank(value: str) -> int:
    if _DATE.fullmatch(value):
        return 1
    return 0 if _ID.fullmatch(value) else 2

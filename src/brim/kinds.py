"""What sort of content a text is, told from a bounded sample of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import lru_cache

__all__ = ["ContentKind", "content_kind"]


class ContentKind(StrEnum):
    """The sorts of content that want to be shortened differently.

    `JSON` is JSON in one piece, cut off, or one value a line; `LOG` is any output of programs
    that speaks line by line: records, traces, compilers' messages, lists of paths. `TABLE` is
    rows of columns (Markdown, CSV, aligned), `DIFF` a patch. Configuration is `CODE`; a document
    with code or a table in it is what most of it is.
    """

    PROSE = "prose"
    CODE = "code"
    JSON = "json"
    LOG = "log"
    TABLE = "table"
    DIFF = "diff"


HEAD, PIECE = 2_000, 750
"""Characters looked at: the beginning, and as much of the middle and of the end."""

LONG_LINE, LINE_END = 300, 100
"""Characters looked at of a line; its length counts up to the first of them."""

DENSE = 0.12
"""Share of brackets and operators above which a line is code; prose has about 0.02."""

MOST = 0.5
NEARLY_ALL = 0.8

KEYS = 1 / 200
"""Keys of JSON for each character, at the least, where it is not one line or one value a line."""

_FENCE = re.compile(r"```[\w+-]*\n(.*?)\n?```", re.DOTALL)
_NUMBERED = re.compile(r"\s*\d+(?:→|\t|[:|] ?)")
_JSON_START = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:[\[{"\]]|-?\d+(?:\.\d+)?\s*[,\]]|$))')
_JSON_KEY = re.compile(r'"\s*:')
_JSON_LINE = re.compile(
    r'\s*(?:"(?:[^"\\]|\\.)*"\s*(?::.*)?,?|[\[\]{}]+,?|-?[\d.eE+-]+,?|true,?|false,?|null,?)\s*$'
)
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_HEADERS = re.compile(r"^--- .*\n\+\+\+ ", re.MULTILINE)
_PATCH_LINE = re.compile(
    r"[+\- \\]|@@|diff |index |new file|deleted file|rename |similarity |old mode|new mode"
)
_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:[|+]\s*:?-{2,}:?\s*)+[|+]?\s*$|\s*\+(?:[-=]+\+)+\s*$")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_DATE = r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.](?:\d\d?|[A-Z][a-z]{2})[-/.]\d{2,4})"
_TIME = r"\d\d:\d\d(?::\d\d)?(?:\.\d+|,\d{3}(?!\d))?(?:Z|\s?[+-]\d\d:?\d\d)?"
_LEVEL = (
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PASS|PASSED|FAIL|FAILED|OK)"
)
_LOG_LINE = re.compile(
    rf"\W{{0,3}}{_DATE}[T :]+{_TIME}(?![,;|\t\d])"
    rf"|\W{{0,3}}{_TIME}[\s\]](?! ?[ap]\.?m)"
    rf"|[A-Z][a-z]{{2}} [ \d]\d {_TIME} "
    rf"|.{{0,80}}\[\d\d/[A-Z][a-z]{{2}}/\d{{4}}:"
    r"|[IWEF]\d{4} \d\d:\d\d"
    r"|\[\s*\d+\.\d+\]"
    rf"|[\[(<]?{_LEVEL}\b[\])>]?(?:[\s:|-]|$)"
    r"|npm (?:ERR!|WARN)|Traceback \(most recent|  File \"|\s+at \S+\("
    r"|(?:\.{0,2}/)?[\w.@+-]+(?:[/\\][\w.@+-]+)*\.\w+:\d+"
    r"|[\w.@+-]+(?:[/\\][\w.@+-]+)+:"
    r"|[0-9a-f]{7,40} \S"
    rf"|.*\S\s+(?:\.\.\. )?(?:PASSED|FAILED|SKIPPED|XFAIL|ok)(?:\s+\[\s*\d+%\])?$"
)
_PATH_LINE = re.compile(r"\s*(?:[-*] )?(?:[A-Za-z]:|~|\.{1,2})?[\\/]?(?:[\w.@+-]+[\\/])+[\w.@+-]*$")
_CODE_LINE = re.compile(
    r"\s*(?:"
    r".*[;{}]\s*(?://.*|/\*.*)?$"
    r"|(?:def|class|async def|fn|func|function|impl|struct|enum|trait|interface|module|namespace"
    r"|type|mod|pub|private|public|protected|static|export|const|let|var|val|package)\b"
    r"\s+[\w*&<(\[{].*[\w)\]}>:;{,=\"']$"
    r"|(?:import|from|use|using|include|require)\b\s+[\w{*\"'.@][^.?!]*$"
    r"|#(?:include|define|ifdef|ifndef|if|endif|pragma|!)"
    r"|(?:if|elif|else|for|while|try|except|finally|with|match|case|switch|do|when)\b.*[:{]\s*$"
    r"|(?:return|yield|raise|throw|await|assert|del|pass|break|continue|end|fi|done|esac|then)"
    r"(?:\s+[\w\"'(\[{*&!-][^?!]*)?$"
    r"|[\w.\[\]\"'$@*&:<>, -]{1,60}?\s?(?::=|[-+*/|&]?=|=>|<-)\s?[^=\s].*$"
    r"|[A-Za-z_][\w.:>-]*\(.*\)?,?\s*\\?$"
    r"|(?://|/\*|\*/|--\s|\"\"\"|''')"
    r"|@[\w.]+(?:\(.*\))?$"
    r"|[)\]}]+[,;)]*$"
    r"|\$ \S|>>> "
    r"|</?[A-Za-z][\w:.-]*(?:\s[^>]*)?/?>"
    r"|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|FROM|WHERE|JOIN|LEFT JOIN|GROUP BY|ORDER BY)\b"
    r"|\[[\w.\"-]+\]$"
    r")"
)
_SYMBOLS = str.maketrans("", "", "{}()[]<>=;_|&$@\\")
_YAML_LINE = re.compile(r"\s*(?:- )?[\w./-]+:(?:\s+[^\s].{0,80})?$|\s+- \S{1,60}$|\s*#")

_SEPARATORS = (("\t", 1), (",", 1), (";", 2), ("|", 1))
"""Marks between fields, and how many a line of them has at least."""

_DIGIT = re.compile(r"\d")
_WORD_END = re.compile(r"[.!?。！？][\"')\]”’」]*$")


def content_kind(text: str) -> ContentKind:
    """The kind of a text; prose where nothing else is plain to see.

    Looks at no more than about 3,500 characters, so it takes the same fraction of a millisecond
    for a text of any length. The same text always has the same kind.
    """
    return _kind(_sample(text))


@lru_cache(maxsize=256)
def _kind(sample: str) -> ContentKind:
    fenced = _FENCE.findall(sample)
    if fenced and sum(map(len, fenced)) > NEARLY_ALL * len(sample):
        sample = max(fenced, key=len)
    lines = [_clipped(line) for line in sample.splitlines() if line.strip()]
    if not lines:
        return ContentKind.PROSE
    if _mostly(lines, _NUMBERED.match, NEARLY_ALL) and len(lines) > 1:
        lines = [_NUMBERED.sub("", line, count=1) for line in lines]
        lines = [line for line in lines if line.strip()] or lines
        sample = "\n".join(lines)
    return next((kind for kind, holds in _TESTS if holds(sample, lines)), ContentKind.PROSE)


def _sample(text: str) -> str:
    """The whole of a short text, else whole lines from three places where there are such."""
    if len(text) <= HEAD + 2 * PIECE:
        return text
    middle = len(text) // 2
    pieces = (text[middle : middle + PIECE], text[-PIECE:])
    whole = (piece[piece.find("\n") + 1 :] for piece in pieces)
    return "\n".join((text[:HEAD].rpartition("\n")[0] or text[:HEAD], *whole))


def _clipped(line: str) -> str:
    return line if len(line) <= LONG_LINE + LINE_END else line[:LONG_LINE] + line[-LINE_END:]


def _mostly(lines: Sequence[str], test: Callable[[str], object], share: float = MOST) -> bool:
    return sum(1 for line in lines if test(line)) >= share * len(lines)


def _weight(lines: Sequence[str]) -> int:
    return sum(min(len(line), LONG_LINE) for line in lines)


def _is_diff(sample: str, lines: Sequence[str]) -> bool:
    if not _HUNK.search(sample) and not _HEADERS.search(sample):
        return False
    return _mostly(lines, _PATCH_LINE.match, 0.7)


def _is_json(sample: str, lines: Sequence[str]) -> bool:
    if not _JSON_START.match(sample):
        return False
    if len(_JSON_KEY.findall(sample)) >= KEYS * len(sample):
        return True
    if len(lines) > 1:
        rows = [line for line in lines if line[0] in "[{" and line.rstrip()[-1] in "]}"]
        return len(rows) >= NEARLY_ALL * len(lines) or _mostly(lines, _JSON_LINE.match, 0.7)
    return sample.strip()[-1] in "]}"


def _is_table(sample: str, lines: Sequence[str]) -> bool:
    if _is_ruled(lines):
        return True
    return len(lines) > 2 and (_is_delimited(sample, lines) or _is_aligned(lines))


def _is_ruled(lines: Sequence[str]) -> bool:
    """Rows around a rule, in Markdown or drawn by a program."""
    if not any(map(_RULE.match, lines)):
        return False
    rows = [line for line in lines if line.count("|") > 1 or _RULE.match(line)]
    return _weight(rows) >= MOST * _weight(lines)


def _is_delimited(sample: str, lines: Sequence[str]) -> bool:
    """The same number of the same separator in nearly every line."""
    marks = [(mark, least) for mark, least in _SEPARATORS if mark in sample]
    bare = [_QUOTED.sub("", line) for line in lines] if marks else []
    for mark, least in marks:
        counts = Counter(line.count(mark) for line in bare)
        number, rows = counts.most_common(1)[0]
        if number >= least and rows >= 0.9 * len(lines):
            tight = sum(line.count(mark) - line.count(mark + " ") for line in bare)
            ends = sum(1 for line in lines if line.rstrip()[-1] in ",;{}" or _WORD_END.search(line))
            if (mark in "\t|" or tight >= number * rows * MOST) and ends < 0.3 * len(lines):
                return True
    return False


def _is_aligned(lines: Sequence[str]) -> bool:
    """Columns that begin at the same places, told by the gaps in front of them."""
    wide = [line.expandtabs() for line in lines]
    starts = [
        {gap.end() for gap in _GAP.finditer(line)} if "  " in line else set() for line in wide
    ]
    common = Counter(at for found in starts for at in found)
    columns = {at for at, rows in common.items() if rows >= 0.6 * len(lines)}
    split = [found for found in starts if len(found & columns) >= min(2, len(columns))]
    if columns and len(split) >= 0.7 * len(lines):
        return True
    fields, rows = Counter(len(line.split()) for line in lines).most_common(1)[0]
    numbered = _mostly(lines, _DIGIT.search, NEARLY_ALL)
    return fields > 3 and rows >= NEARLY_ALL * len(lines) > 3 and numbered


def _is_log(sample: str, lines: Sequence[str]) -> bool:
    found = [line for line in lines if _LOG_LINE.match(line)]
    if len(lines) > 2 and _mostly(lines, _PATH_LINE.match, 0.7):
        return True
    return len(found) >= 0.4 * len(lines) and (len(lines) > 1 or len(found[0]) < LONG_LINE)


def _is_code(sample: str, lines: Sequence[str]) -> bool:
    dense = [_is_dense(line.strip()) for line in lines]
    if len(lines) == 1:
        return bool(_CODE_LINE.match(lines[0])) and (dense[0] or lines[0].rstrip()[-1] in ";{}")
    found = [
        line
        for line, is_dense in zip(lines, dense, strict=True)
        if is_dense or (_CODE_LINE.match(line) and not _WORD_END.search(line))
    ]
    if _weight(found) >= MOST * _weight(lines) or len(found) > 0.65 * len(lines):
        return True
    nested = any(line[:2] == "  " for line in lines)
    return nested and len(lines) > 3 and _mostly(lines, _YAML_LINE.match, 0.9)


def _is_dense(line: str) -> bool:
    return len(line) - len(line.translate(_SYMBOLS)) >= DENSE * len(line)


_TESTS: tuple[tuple[ContentKind, Callable[[str, Sequence[str]], bool]], ...] = (
    (ContentKind.DIFF, _is_diff),
    (ContentKind.JSON, _is_json),
    (ContentKind.LOG, _is_log),
    (ContentKind.TABLE, _is_table),
    (ContentKind.CODE, _is_code),
)

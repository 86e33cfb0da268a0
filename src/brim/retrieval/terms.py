"""What a text is found by: words without their endings, CJK by pairs of characters."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from brim.retrieval.forms import FORMS

__all__ = ["stem", "terms"]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_FIRST = "\u3040"
"""Where the scripts that are written without spaces begin."""

_ENDINGS = ("ing", "ies", "ed", "es", "s", "e", "y")
_LEAST = 3

_LONGEST = 64

_COMMON = (
    "a about am an and are as at be been but by can could did do does for from had has have he her "
    "his how i if in is it its me my of on or our s she so t that the their them then they this to "
    "us was we were what when where which who whom why will with would you your"
)
_FUNCTION = frozenset(_COMMON.split())


def terms(text: str) -> list[str]:
    """The terms of a text, in order. Function words of English are left out, unless there is
    nothing else."""
    words = _WORD.findall(text.lower())
    found = [term for word in words if word not in _FUNCTION for term in _of(word)]
    return found or words


def _of(word: str) -> tuple[str, ...]:
    if word[0] < _FIRST:
        return (stem(word),)
    return tuple(map("".join, pairwise(word))) or (word,)


def _bare(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word[: -len(ending)]
    return word


_FIRST_FORM = {_bare(word): _bare(group[0]) for group in reversed(FORMS) for word in group}


def stem(word: str) -> str:
    """A word in lower case without one of the commonest endings of English, and of words that are
    forms of one another the first. Measured on questions about long chats, a Snowball stemmer finds
    no more."""
    return _known(word) if len(word) <= _LONGEST else _bare(word)


@lru_cache(maxsize=32_768)
def _known(word: str) -> str:
    bare = _bare(word)
    return _FIRST_FORM.get(bare, bare)

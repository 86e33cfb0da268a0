"""What of a message is read: its text, its calls as `name(key=value)`, its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from quality_parts.data import Message

__all__ = ["COMMON", "WORD", "arguments_of", "lines_of", "shown", "stem", "stems"]

WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3,}(?![A-Za-z0-9])")
"""Not what is part of a code, as the letters of HAT110 are."""
_STEM_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(\[])")
_JSON_BREAK = re.compile(r"(?<=[}\],]) ")
LINE = 200
"""Characters above which a line counts as several."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMON = _words(
    "the and for you your with that this are was were has have had not but from they their them "
    "will would can could should its his her our out all any been being into than then there here "
    "what when where which who how why did does done also just very about some more most other "
    "only over such own same too get got one two let see use used may might must shall"
)


def shown(message: Message) -> str:
    """All that a model reads of a message, as one text."""
    content = message.get("content") or ""
    if not isinstance(content, str):
        content = "\n".join(str(part["text"]) for part in content if part.get("type") == "text")
    calls = [_call(call["function"]) for call in message.get("tool_calls") or ()]
    return "\n".join([content, *calls] if content else calls)


def _call(function: dict[str, str]) -> str:
    pairs = (f"{key}={value}" for key, value in arguments_of(function["arguments"]))
    return f"{function['name']}({', '.join(pairs)})"


def arguments_of(text: str) -> list[tuple[str, str]]:
    """Every scalar inside of a call's arguments, with its nearest key."""
    try:
        return list(_leaves("", json.loads(text)))
    except ValueError:
        return [("", text)]


def _leaves(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(str(name), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(key, inner)
    elif value is not None:
        yield key, str(value)


def lines_of(text: str) -> list[str]:
    """Lines; long ones as sentences, and what is still long, such as JSON on one line, as
    pieces of about 100 characters that end where a value does."""
    found: list[str] = []
    for line in text.splitlines():
        pieces = [line] if len(line) <= LINE else _SENTENCE.split(line)
        for piece in pieces:
            found += [piece] if len(piece) <= LINE else _pieces(piece)
    return [line for line in found if line.strip()]


def _pieces(text: str) -> list[str]:
    found, rest = [""], _JSON_BREAK.split(text)
    for piece in rest:
        if len(found[-1]) > LINE // 2:
            found.append("")
        found[-1] += piece if not found[-1] else f" {piece}"
    return found


def stems(text: str) -> list[str]:
    """The words of a text in lower case without their endings."""
    return [stem(word) for word in _STEM_WORD.findall(text)]


def stem(word: str) -> str:
    word = word.lower().replace("’", "'").partition("'")[0]
    for ending in ("ing", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word

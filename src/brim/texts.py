"""What Brim writes into a conversation: notes, injected context, and the marks of shortened
texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

__all__ = [
    "PLACEHOLDER",
    "Count",
    "cut",
    "defused",
    "handles_in",
    "is_context",
    "is_marked",
    "is_note",
    "left_out",
    "note_body",
    "with_handle",
    "wrap_context",
    "wrap_note",
]

Count = Callable[[Sequence[str]], Sequence[int]]
"""Counts the tokens of many texts at once."""

PLACEHOLDER = "x7zq4j"
"""Stands for a handle that is not known yet: few handles take more tokens than it."""

CLOSE = "</brim-note>"
CONTEXT_OPEN, CONTEXT_CLOSE = "<brim-context>\n", "\n</brim-context>"
HANDLE = "[a-z2-7]{6,26}"
_OPEN = re.compile(rf"<brim-note(?: {HANDLE})?>")
_DELIMITER = re.compile(r"<(?=/?brim-(?:note|context)|\|\w{1,40}\|>)", re.IGNORECASE)
_MARK = re.compile(rf"\[brim(?: {HANDLE})?: ")
_CUT = re.compile(
    rf"\n?\[brim(?: {HANDLE})?: (\d{{1,3}}(?:,\d{{3}}){{0,4}}) characters cut\]\n?", re.ASCII
)
_BARE = re.compile(r"\[brim: [^\]\n]*\]?")
_HANDLES = re.compile(rf"(?:<brim-note|\[brim) ({HANDLE})(?:>|: )")
_HEAD_SHARE = 0.6
_ROUNDS = 12


def wrap_note(body: str, handle: str = "") -> str:
    """The text of a note: one delimited block, its body `defused`."""
    opening = f"<brim-note {handle}>" if handle else "<brim-note>"
    return f"{opening}\n{defused(body.strip())}\n{CLOSE}"


def defused(text: str) -> str:
    """The text with Brim's own delimiters escaped, and with them the control tokens of chat
    templates, such as `<|im_start|>`."""
    return _DELIMITER.sub("&lt;", text)


def wrap_context(body: str) -> str:
    """The text of an injected block, its body `defused`."""
    return f"{CONTEXT_OPEN}{defused(body.strip())}{CONTEXT_CLOSE}"


def is_context(text: str) -> bool:
    """Whether this is one whole block of injected context and nothing else."""
    return text.startswith(CONTEXT_OPEN) and text.endswith(CONTEXT_CLOSE)


def is_note(text: str) -> bool:
    """Whether this is one whole note and nothing else."""
    return (
        _OPEN.match(text) is not None
        and text.endswith(CLOSE)
        and text.count(CLOSE) == 1
        and len(_OPEN.findall(text)) == 1
    )


def note_body(text: str) -> str:
    """What stands inside of a note, as `wrap_note` was given it but for delimiters."""
    opening = _OPEN.match(text)
    return text[opening.end() if opening else 0 : -len(CLOSE)].strip()


def handles_in(text: str) -> list[str]:
    """The handles of the notes and marks in a text, in order."""
    return _HANDLES.findall(text)


def with_handle(text: str, handle: str, source: str = "") -> str:
    """A text that Brim made of `source`, with the handle in its own mark: the first that
    stands not in the source. A text that bears the handle already stays as it is."""
    if f"[brim {handle}: " in text:
        return text
    marks = [found[0] for found in _BARE.finditer(text)]
    own = [mark for mark in marks if mark not in source]
    if not marks:
        return f"[brim {handle}: rewritten]\n{text}"
    mark = (own or marks)[0]
    return text.replace(mark, mark.replace("[brim: ", f"[brim {handle}: ", 1), 1)


def left_out(messages: int) -> str:
    """The body of the shortest note there is."""
    return f"{messages:,} earlier message{'s' if messages != 1 else ''} left out"


def is_marked(text: str) -> bool:
    """Whether the text says that Brim shortened it."""
    return _MARK.search(text) is not None


def cut(text: str, limit: int, count: Count) -> str:
    """The head and the tail of a text, at most `limit` tokens, with a mark between.

    Cuts at line ends where one is near, else between words, and never inside a
    surrogate pair or before a combining character. A text that was cut before keeps one mark.
    The mark alone (about 15 tokens) is the least that is returned. There is room in `limit`
    for the handle that the mark will bear.
    """
    total = count([text])[0]
    if total <= limit:
        return text
    head, gone, tail = _split_at_mark(text)
    room = int(len(text) * max(limit - 17, 0) / total)
    for _ in range(_ROUNDS):
        candidate = _cut_to(head, gone, tail, room)
        tokens = count([with_handle(candidate, PLACEHOLDER)])[0]
        if tokens <= limit:
            return candidate
        room = min(room - 1, int(room * 0.97 * limit / tokens))
        if room <= 0:
            break
    return _mark(gone + len(head) + len(tail)).strip()


def _split_at_mark(text: str) -> tuple[str, int, str]:
    found = list(_CUT.finditer(text))
    if len(found) != 1:
        middle = _unglued(text, (len(text) + 1) // 2)
        return text[:middle], 0, text[middle:]
    return (
        text[: found[0].start()],
        int(found[0][1].replace(",", "")),
        text[found[0].end() :],
    )


def _cut_to(head: str, gone: int, tail: str, room: int) -> str:
    for_head = min(len(head), max(int(room * _HEAD_SHARE), room - len(tail)))
    for_tail = min(len(tail), room - for_head)
    first = _end_near(head, for_head)
    last = _start_near(tail, len(tail) - for_tail)
    gone += len(head) - first + last
    return f"{head[:first]}{_mark(gone)}{tail[last:]}"


def _mark(gone: int) -> str:
    return f"\n[brim: {gone:,} characters cut]\n"


def _end_near(text: str, at: int) -> int:
    """The best place to end at or before `at`."""
    if at >= len(text):
        return len(text)
    reach = max(at - max(at // 20, 80), 0)
    for separator in ("\n", " "):
        place = text.rfind(separator, reach, at)
        if place > 0:
            return place
    return _unglued(text, at)


def _start_near(text: str, at: int) -> int:
    """The best place to start at or after `at`."""
    if at <= 0:
        return 0
    reach = min(at + max((len(text) - at) // 20, 80), len(text))
    for separator in ("\n", " "):
        place = text.find(separator, at, reach)
        if place >= 0:
            return place + 1
    while at < len(text) and _glued(text, at):
        at += 1
    return at


def _unglued(text: str, at: int) -> int:
    """The nearest place at or before `at` that divides no character."""
    while 0 < at < len(text) and _glued(text, at):
        at -= 1
    return at


def _glued(text: str, at: int) -> bool:
    """Whether the character at this place belongs to the one before."""
    import unicodedata

    here = text[at]
    return (
        unicodedata.combining(here) != 0
        or here in "\u200d\ufe0f"
        or text[at - 1] == "\u200d"
        or ("\ud800" <= text[at - 1] <= "\udbff")
    )

"""From exchanges to turns and units, within a bound on what is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from attrs import define, field

from brim.api import (
    ContentKind,
    Document,
    Exchange,
    Image,
    Message,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    content_kind,
    note_body,
    statements,
)
from brim.defaults.keypoints.cues import asks
from brim.defaults.keypoints.lexer import CJK_FIRST
from brim.defaults.keypoints.prose import LONG_LINE, is_prose, lines, quoted, sentences
from brim.defaults.keypoints.tables import Sheets, parsed
from brim.defaults.keypoints.units import Head, Kind, Turn, Unit
from brim.defaults.keypoints.voices import TOOL, USER, Voices

__all__ = ["ANALYSED", "Extract", "extract"]

ANALYSED = 700_000
"""Characters that are looked at; where there are more, the longest texts lose their middle."""

LEAST = 400
"""Characters that each text keeps as long as there are not too many texts."""

EACH = 40
"""Characters that a message is thought to cost beside its own."""

ENDLESS = 5_000
"""Characters at which the text of a unit ends."""

ARGUMENT = 160
"""Characters of an argument above which its lines are units of their own."""

BINDS = 2
"""How much a sentence that binds is wanted once a note has it, unless a tool said it."""

_COMMANDS = frozenset({"command", "cmd", "script", "query", "pattern"})
_STAMP = re.compile(r"\s*\[([^\]\n]{0,30}\b(?:19|20)\d\d\b[^\]\n]{0,20})\]\s*")
_CLOCK = re.compile(
    r"\b\d{1,2}:\d\d(?::\d\d)?\s*(?:[ap]\.?m\b\.?)?\s*(?:on|at|,)?\s*", re.IGNORECASE
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.MULTILINE)
_ACT = 80


@define(eq=False)
class Extract:
    """Units in the order of the conversation, the commands that stood whole in calls, and
    whether tools had a part in it."""

    units: list[Unit] = field(factory=list)
    commands: list[tuple[Unit, str]] = field(factory=list)
    tools: bool = False


def extract(spans: Sequence[Sequence[Exchange]], results: Sequence[str], voices: Voices) -> Extract:
    """The units of these runs of exchanges, and of tools' results that stand alone after them;
    repeated ones left out but for the last."""
    builder = _Builder(voices, _level(spans, results))
    for number, span in enumerate(spans):
        for message in _some(
            [one for exchange in span for one in exchange.original], builder.level
        ):
            builder.read(message, number)
    for number, text in enumerate(results, len(spans)):
        builder.out.tools = True
        builder.given(Turn(TOOL, number), Text(text))
    builder.out.units = _last_of_each(map(_single, builder.out.units))
    return builder.out


def _single(unit: Unit) -> Unit:
    """The unit on one line, as quoted data must be, and not endless."""
    for one in (unit, unit.head) if unit.head is not None else (unit,):
        if len(one.text) > ENDLESS or len(one.text.splitlines()) > 1:
            one.text = " ".join(one.text[:ENDLESS].split())
    return unit


@define(eq=False)
class _Builder:
    voices: Voices
    level: int
    out: Extract = field(factory=Extract)
    sheets: Sheets = field(factory=Sheets)
    line: int = 0
    stamp: str = ""

    def read(self, message: Message, span: int) -> None:
        if message.note:
            self._note(note_body(message.text), span)
            return
        own = Turn(self.voices.of(message), span)
        tool = Turn(TOOL, span)
        for part in message.parts:
            if isinstance(part, Text):
                self._said(own, self._bounded(part.text), message.role == "assistant")
            elif isinstance(part, ToolCall):
                self.out.tools = True
                self._called(own, part)
            elif isinstance(part, ToolResult):
                self.out.tools = True
                for item in part.content:
                    self.given(tool, item)
            else:
                self.given(own, part)

    def _note(self, body: str, span: int) -> None:
        """Lines of an earlier note, each with the voice that it had."""
        turn = Turn(self.voices.unknown, span, noted=True)
        for line in body.splitlines():
            voice, rest = self.voices.split(line)
            if voice:
                turn = Turn(voice, span, noted=True)
            if rest.strip():
                said = turn.voice != TOOL and any(statements(rest))
                self._add(turn, Kind.LINE, rest, wanted=BINDS if said else 0)

    def given(self, turn: Turn, item: Part) -> None:
        """What a tool gave, or a file."""
        if isinstance(item, Text):
            value = parsed(item.text) if len(item.text) <= self.level else None
            if value is not None:
                self.out.units += self.sheets.units(turn, value)
            else:
                self._lines(turn, self._bounded(item.text))
        elif isinstance(item, Document):
            self._lines(turn, self._bounded(f"{item.title}\n{item.text}"))
        elif isinstance(item, Image | Opaque | Thinking):
            return

    def _said(self, turn: Turn, text: str, assistant: bool) -> None:
        stamp = _STAMP.match(text)
        if stamp:
            self.stamp = _CLOCK.sub("", stamp[1]).strip(" ,")
            text = text[stamp.end() :]
        turn.stamp = self.stamp
        asked = turn.voice == USER and content_kind(text) is ContentKind.PROSE
        value = parsed(text)
        if value is not None:
            self.out.units += self.sheets.units(turn, value)
        elif assistant:
            for number, piece in enumerate(_FENCE.split(text)):
                if number % 2:
                    self._acts(turn, piece)
                else:
                    self._prose(turn, piece)
        elif is_prose(text):
            self._prose(turn, text, asked)
        else:
            self._lines(turn, _FENCE.sub("", text), asked)

    def _prose(self, turn: Turn, text: str, asked: bool = False) -> None:
        for paragraph in text.splitlines():
            self.line += 1
            for sentence in sentences(paragraph):
                joint = " " if sentence[0] < CJK_FIRST else ""
                self._add(turn, Kind.SENTENCE, sentence, joint, asks(sentence) if asked else 0)

    def _lines(self, turn: Turn, text: str, asked: bool = False) -> None:
        for line in text.splitlines():
            self.line += 1
            long = len(line) > LONG_LINE
            for piece in sentences(line) if long else filter(None, [quoted(line)]):
                wanted = asks(piece) if asked and _speaks(piece) else 0
                self._add(turn, Kind.LINE, piece, " " if long else "\n", wanted)

    def _acts(self, turn: Turn, text: str) -> None:
        found = list(lines(text))
        for line in found:
            self.line += 1
            self._add(turn, Kind.ACT, line)
        if len(found) == 1 and len(found[0]) < _ACT:
            self.out.commands.append((self.out.units[-1], found[0]))

    def _called(self, turn: Turn, call: ToolCall) -> None:
        """`-> name(a=b, ...)`; long arguments follow line by line."""
        short, long = _arguments(call)
        shown = ", ".join(f"{key}={value}" for key, value in short)
        text = f"-> {call.name}({shown})"
        self.line += 1
        head = Head(text) if long else None
        unit = Unit(turn, Kind.CALL, "" if head else text, self.line, head)
        self.out.units.append(unit)
        for key, value in short + long:
            if key in _COMMANDS and len(value) < LONG_LINE:
                self.out.commands.append((unit, value))
        for _, value in long:
            for line in lines(self._bounded(value)):
                self.line += 1
                self.out.units.append(Unit(turn, Kind.LINE, line, self.line, head))

    def _add(self, turn: Turn, kind: Kind, text: str, joint: str = "\n", wanted: int = 0) -> None:
        self.out.units.append(Unit(turn, kind, text, self.line, None, joint, asks=wanted))

    def _bounded(self, text: str) -> str:
        if len(text) <= self.level:
            return text
        head, tail = self.level * 3 // 5, self.level * 2 // 5
        return f"{text[:head].rpartition(chr(10))[0] or text[:head]}\n{_from_line(text[-tail:])}"


def _from_line(text: str) -> str:
    return text.partition("\n")[2] or text


def _speaks(line: str) -> bool:
    """Whether a line is said rather than printed."""
    letters = sum(map(str.isalpha, line)) + line.count(" ")
    return letters > 0.85 * len(line) and (" " in line.strip() or not line.isascii())


def _arguments(call: ToolCall) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    try:
        value: Any = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        value = call.arguments
    pairs = value.items() if isinstance(value, dict) else [("input", value)]
    short: list[tuple[str, str]] = []
    long: list[tuple[str, str]] = []
    for key, inner in pairs:
        plain = inner if isinstance(inner, str) else _compact(inner)
        (long if len(plain) > ARGUMENT or "\n" in plain else short).append((str(key), plain))
    return short, long


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _last_of_each(units: Iterable[Unit]) -> list[Unit]:
    """Of units that say the same in the same place, the last."""
    places: dict[tuple[str, str], set[str]] = {}
    kept: list[Unit] = []
    for unit in reversed(list(units)):
        text = " ".join(unit.text.split())
        text = unit.text if text == unit.text else text
        header = unit.head.header.text if unit.head and unit.head.header else ""
        place = header or (unit.head.text if unit.head else "")
        if len(text) >= 8 or unit.head:
            seen = places.setdefault((place, unit.turn.voice), set())
            if text in seen:
                continue
            seen.add(text)
        kept.append(unit)
    kept.reverse()
    return kept


def _texts(message: Message) -> Iterator[str]:
    for part in message.parts:
        if isinstance(part, Text | Document):
            yield part.text
        elif isinstance(part, ToolCall):
            yield part.arguments
        elif isinstance(part, ToolResult):
            yield from (item.text for item in part.content if isinstance(item, Text | Document))


def _level(spans: Iterable[Sequence[Exchange]], results: Iterable[str]) -> int:
    """The length above which texts lose their middle, so that all together are `ANALYSED`."""
    messages = (one for span in spans for exchange in span for one in exchange.original)
    sizes = sorted(map(len, chain(results, *map(_texts, messages))))
    left, level = ANALYSED, ANALYSED
    for number, size in enumerate(sizes):
        level = left // (len(sizes) - number)
        if size > level:
            return max(level, LEAST)
        left -= size
    return ANALYSED


def _some(messages: Sequence[Message], level: int) -> Sequence[Message]:
    """All messages; where even their shortened texts are too long together, the first and the
    newest of them."""
    sizes = [sum(min(len(text), level) for text in _texts(one)) + EACH for one in messages]
    excess = sum(sizes) - 5 * ANALYSED // 4
    if excess <= 0:
        return messages
    first, room = 0, ANALYSED // 5
    while room > 0:
        room -= sizes[first]
        first += 1
    last = first
    while excess > 0:
        excess -= sizes[last]
        last += 1
    return [*messages[:first], *messages[last:]]

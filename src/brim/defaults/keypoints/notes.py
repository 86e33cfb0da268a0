"""Notes from runs of exchanges: everything from reading them to the text that fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

from attrs import define

from brim.api import Exchange, left_out
from brim.defaults.keypoints.covering import Cover
from brim.defaults.keypoints.extract import Extract, extract
from brim.defaults.keypoints.headline import headline, is_english
from brim.defaults.keypoints.index import Entry, Index, line
from brim.defaults.keypoints.lexer import ENTITY, NAMED, Concepts
from brim.defaults.keypoints.render import AGAIN, opening, rendered
from brim.defaults.keypoints.selection import Selection, Terms
from brim.defaults.keypoints.units import Head, Header, Kind, Unit
from brim.defaults.keypoints.voices import USER, Voices
from brim.defaults.keypoints.weights import (
    SCALE,
    agent_values,
    chat_values,
    set_priors,
)

__all__ = ["Count", "notes"]

Count = Callable[[Sequence[str]], Sequence[int]]

AGENT = Terms(decay=5, power=0.8, opening=3, felt=2)
CHAT = Terms(decay=9, power=1.0, opening=3, felt=2)

ASKED, SAID, INDEXED = 0.35, 0.08, 0.3
"""Shares of the room: for what the user asked for or forbade, for what else the user said,
and for the index."""

MARK = "[brim: key points of this result]"
"""The first line of a result that was shortened."""

FIRST = 5
"""Where a summary renews earlier notes, what they had and it left out comes before all else."""

ROUNDS = 3
BATCH = 2_000
"""Texts that are counted at once."""

PROSE = 0.6
ENTITIES = 0.15
WANTED = (0, 4_000, 9_000)
"""What asking and forbidding are worth in thousandths, before the weight of exact things."""


def notes(cover: Cover, count: Count, style: str, known: str = "") -> list[str]:
    """The body of a note for each span, then a text for each result, together at most
    `cover.room` tokens. With `known`, only exact things
    count, and what is said there counts no more."""
    return _Writer(cover, count, style, known).written()


@define(eq=False, init=False)
class _Writer:
    cover: Cover
    spans: Sequence[Sequence[Exchange]]
    room: int
    count: Count
    chat: bool
    voices: Voices
    concepts: Concepts
    units: list[Unit]
    selection: Selection
    openings: list[str]
    index: Index
    found: Sequence[Entry]

    def __init__(self, cover: Cover, count: Count, style: str, known: str) -> None:
        self.cover, self.room, self.count = cover, cover.room, count
        self.spans = cover.spans
        self.voices = Voices.among(cover.spans)
        self.concepts = Concepts()
        found = extract(cover.spans, [one.text for one in cover.results], self.voices)
        self.units, self.found = found.units, ()
        self._read(found)
        self.chat = _is_chat(found, self.concepts)
        set_priors(self.units, self.chat)
        if self.chat and style == "headline" and is_english(_sample(self.units)):
            self._shorten()
        self._count()
        said = [number for line in known.splitlines() for number in self.concepts.of(line)]
        values = (
            chat_values(self.units, self.concepts, list(self.voices.names))
            if self.chat
            else agent_values(self.units, self.concepts)
        )
        if known:
            self._want_exact(values, said)
        self._want(values, known)
        self.selection = Selection(self.units, values, CHAT if self.chat else AGENT)
        self.index = Index(self.selection, self.concepts, self.count)
        voices = {unit.turn.voice for unit in self.units if unit.turn.span < len(self.spans)}
        first = opening(voices, self.voices.names)
        self.openings = [AGAIN if number else first for number in range(len(self.spans))]
        self.openings += [MARK] * len(cover.results)

    def written(self) -> list[str]:
        """Select, render, and trim until it fits."""
        room = self.room - sum(self.count(self.openings))
        self._select(room)
        bodies, over = self._rendered()
        for _ in range(ROUNDS):
            if over > -max(LEFT, self.room // 100) or not self._add(-over):
                break
            bodies, over = self._rendered()
        while over > 0 and self._give_up(over):
            bodies, over = self._rendered()
        return bodies

    @property
    def _all(self) -> range:
        return range(len(self.units))

    def _read(self, found: Extract) -> None:
        for unit in self.units:
            text = unit.text or (unit.head.text if unit.head else "")
            if unit.kind in (Kind.PAIR, Kind.CALL):
                text = _NAME.sub(_in_words, text)
            unit.concepts = self.concepts.of(text)
        for unit, command in found.commands:
            unit.concepts.append(self.concepts.whole(command))

    def _shorten(self) -> None:
        for unit in self.units:
            if unit.kind == Kind.SENTENCE:
                unit.text = headline(unit.text)
        self.units = [unit for unit in self.units if unit.text or unit.head]

    def _count(self) -> None:
        heads = {unit.head: None for unit in self.units if unit.head is not None}
        headers = {head.header: None for head in heads if head.header is not None}
        counted: Iterator[Unit | Head | Header] = chain(self.units, heads, headers)
        while batch := [*islice(counted, BATCH)]:
            for one, tokens in zip(batch, self.count([one.text for one in batch]), strict=True):
                one.tokens = tokens

    def _want_exact(self, values: list[int], said: Sequence[int]) -> None:
        """Only names, numbers and identifiers are worth anything, and what is said is not."""
        for number, kind in enumerate(self.concepts.types):
            if kind < ENTITY:
                values[number] = 0
        for number in said:
            values[number] = 0
        for unit in self.units:
            unit.prior *= FIRST if unit.turn.noted else 1

    def _want(self, values: list[int], known: str) -> None:
        """Each thing that the user asked for, and each that binds in an earlier note, is a concept
        of its own."""
        for unit in self.units:
            wanted = unit.asks and (unit.turn.voice == USER or unit.turn.noted)
            if wanted and unit.text not in known:
                number = self.concepts.fresh()
                unit.concepts.append(number)
                values.append(WANTED[unit.asks] * SCALE // 1_000 * 5)

    def _select(self, room: int) -> None:
        own = [i for i in self._all if self.units[i].turn.voice == USER]
        spent = self.selection.take([i for i in own if self.units[i].asks], int(ASKED * room))
        if not self.chat:
            said = [i for i in own if self.units[i].kind == Kind.SENTENCE]
            spent += self.selection.take(said, int(SAID * room))
        indexed = 0 if self.chat else int(INDEXED * room)
        spent += self.selection.take(self._all, room - spent - indexed)
        if indexed:
            self.found = self.index.entries(room - spent)

    def _add(self, room: int) -> bool:
        """Fill the room that is left; whether there was anything for it."""
        spent = self.selection.take(self._all, room)
        if self.found:
            room += sum(one.tokens for one in self.found) - spent
            held = len(self.found)
            self.found = self.index.entries(room)
            return spent > 0 or len(self.found) > held
        return spent > 0

    def _rendered(self) -> tuple[list[str], int]:
        """The bodies, and by how many tokens they exceed the room."""
        bodies: list[str] = []
        kept = [self.units[place] for place in sorted(self.selection.kept)]
        for number, first in enumerate(self.openings):
            own = [unit for unit in kept if unit.turn.span == number]
            noted = number < len(self.spans)
            lines = [first, rendered(own, voiced=noted)] if own else []
            if self.found and number == max(len(self.spans) - 1, 0):
                lines = [*(lines or [first]), line(self.found)]
            bodies.append("\n".join(lines) or (self._nothing(number) if noted else first))
        return bodies, sum(self.count(bodies)) - self.room

    def _nothing(self, span: int) -> str:
        return left_out(sum(len(one.messages) for one in self.spans[span]))

    def _give_up(self, over: int) -> bool:
        """Leave out the last that was kept, for about `over` tokens."""
        saved = 0
        while saved < over:
            place = self.selection.drop_last()
            if place is None:
                if not self.found:
                    return False
                saved += self.found[-1].tokens
                self.found = self.found[:-1]
            else:
                saved += self.units[place].tokens + 1
        return True


LEFT = 4
"""Tokens of room that are not worth another round."""


_NAME = re.compile(r"(?<![\w.\[\]])([\w.\[\]]+)(?:=|: | \()")


def _in_words(found: re.Match[str]) -> str:
    """The name of a field, which is no thing of its own, as words."""
    return re.sub(r"[\W_\d]+", " ", found[1]) + " "


def _is_chat(found: Extract, concepts: Concepts) -> bool:
    """Prose throughout, without tools and with few exact things."""
    if found.tools or not found.units:
        return False
    prose = sum(len(unit.text) for unit in found.units if unit.kind == Kind.SENTENCE)
    exact = sum(
        any(concepts.types[number] >= NAMED for number in unit.concepts) for unit in found.units
    )
    return prose > PROSE * sum(len(unit.text) for unit in found.units) and exact < ENTITIES * len(
        found.units
    )


def _sample(units: Sequence[Unit]) -> str:
    return " ".join(unit.text for unit in units[:2_000] if unit.kind == Kind.SENTENCE)

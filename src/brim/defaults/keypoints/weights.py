"""What a concept is worth, in whole thousandths so that sums are the same everywhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import chain, groupby
from math import log
from operator import attrgetter

from brim.defaults.keypoints.cues import is_pleasantry, is_question
from brim.defaults.keypoints.lexer import WORD, Concepts
from brim.defaults.keypoints.units import Kind, Unit
from brim.defaults.keypoints.voices import USER

__all__ = ["agent_values", "chat_values", "set_priors"]

SCALE = 1_000
ACTED = 1.5
"""A concept that ever stood in a call is worth so many times more."""

SPOKEN_NAME = 0.2
"""A speaker's own name and those of the others are in everyone's mouth."""

COMMON_SHARE, CAPITAL, DIGIT = 0.35, 3.0, 1.2
"""In chats: common words, names, and what has a digit, beside other words."""

DISCLOSED = 1.6
"""In chats, what people tell of themselves is worth so much more, what they ask back less."""

LATE = 0.2
"""In the work of agents, how much less the oldest unit counts than the newest."""

NOTED = 2
"""What an earlier note kept was worth keeping once: it counts so much more than what is new, or it
would be thinned out each time that notes are renewed."""

_SELF = re.compile(r"\b(?:I|my|we|our|me)\b|\bI'", re.IGNORECASE)
_OTHER = re.compile(r"\byou(?:r|rs)?\b|\byou'", re.IGNORECASE)


def agent_values(units: Sequence[Unit], concepts: Concepts) -> list[int]:
    """Words by rarity; entities by type, by how many turns hold them, by whether a call did,
    and by how late they were last mentioned."""
    count = len(units)
    base = log(1 + count)
    df = Counter(chain.from_iterable(unit.concepts for unit in units))
    turns, last = _turns(units), [0] * len(concepts.types)
    for place, unit in enumerate(units):
        for number in unit.concepts:
            last[number] = place
    did = [unit.concepts for unit in units if unit.kind in (Kind.CALL, Kind.ACT)]
    acted = frozenset(chain.from_iterable(did))

    @cache
    def word(df: int) -> int:
        return round(SCALE * log(1 + count / df)) if df else 0

    @cache
    def entity(kind: float, turns: int) -> float:
        return (1 + 1.5 * (kind - 1)) * base * (1 + 0.2 * log(max(turns, 1)))

    values: list[int] = []
    for number, kind in enumerate(concepts.types):
        if kind == WORD:
            values.append(0 if concepts.common[number] else word(df[number]))
        else:
            often = (ACTED if number in acted else 1.0) * (0.6 + 0.4 * last[number] / count)
            values.append(round(SCALE * (entity(kind, turns[number]) * often)))
    return values


def _turns(units: Sequence[Unit]) -> Counter[int]:
    """In how many turns each concept stands."""
    found = Counter[int]()
    for _, some in groupby(units, key=attrgetter("turn")):
        found.update(set(chain.from_iterable(unit.concepts for unit in some)))
    return found


def chat_values(units: Sequence[Unit], concepts: Concepts, names: Sequence[str]) -> list[int]:
    """Words by how few turns hold them; less for common ones and speakers, more for names
    and numbers."""
    speakers = {number for name in names for number in concepts.of(f"x {name}")}
    size = len(concepts.types)
    df, seen = [0] * size, [-1] * size
    turn, current = 0, None
    for unit in units:
        if unit.turn is not current:
            turn, current = turn + 1, unit.turn
        for number in unit.concepts:
            if seen[number] != turn:
                seen[number] = turn
                df[number] += 1
    values = [0] * size
    for number in range(size):
        worth = log(1 + turn / max(df[number], 1))
        worth *= COMMON_SHARE if concepts.common[number] else 1.0
        worth *= CAPITAL if number in concepts.capital else 1.0
        worth *= DIGIT if any(map(str.isdigit, concepts.shown[number])) else 1.0
        worth *= SPOKEN_NAME if number in speakers else 1.0
        values[number] = round(SCALE * worth)
    return values


def set_priors(units: Sequence[Unit], chat: bool) -> None:
    """How much a unit counts before what it says: who said it, how late, and in what mood."""
    count = len(units)
    for place, unit in enumerate(units):
        prior = 1 if chat else 1 - LATE + LATE * place / count
        if unit.turn.voice == USER and not chat:
            prior *= 1.3
        prior *= NOTED if unit.turn.noted else 1
        if unit.kind in (Kind.SENTENCE, Kind.LINE) and unit.head is None:
            prior *= 0.5 if is_pleasantry(unit.text) else 1.0
            prior *= 0.6 if is_question(unit.text) and not unit.asks else 1.0
            prior *= _disclosure(unit.text) if chat else 1.0
        unit.prior = round(SCALE * prior)


def _disclosure(text: str) -> float:
    own, other = bool(_SELF.search(text)), bool(_OTHER.search(text))
    return 1.0 if own == other else DISCLOSED if own else 1 / DISCLOSED

"""Whether the answer to a question still stands in text about the turn that gave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from quality_parts.data import Row
from quality_parts.texts import COMMON, stems

__all__ = ["Covered", "Question", "grounded", "questions_of"]

SHARE = 0.6
"""Of a line's words, those that must be a turn's for the line to be about it."""
LEAST = 2
"""Distinct words that they must have in common."""

_SHORT = "a an of to in on at by is it as or be do he she we i my me no so if up am"
_FUNCTION = frozenset(stems(f"{' '.join(COMMON)} {_SHORT}"))


@frozen
class Question:
    """The stems of a gold answer, and the turns that it was taken from."""

    answer: frozenset[str]
    evidence: tuple[int, ...]


def questions_of(row: Row, turns: Sequence[str]) -> Iterator[Question]:
    """The questions whose whole answer stands in its evidence. Speakers' names ask for nothing:
    whose turn it is stands beside it."""
    names = {stem for name in row["meta"]["speakers"] for stem in stems(name)}
    for asked in row["qa"]:
        evidence = tuple(asked["evidence_message_indexes"])
        if asked["category"] == "adversarial_unanswerable" or not evidence:
            continue
        answer = frozenset(stems(str(asked["answer"]))) - _FUNCTION - names
        told = {stem for turn in evidence for stem in stems(turns[turn])}
        if answer and answer <= told:
            yield Question(answer, evidence)


class Covered:
    """An output's lines, each given to the turn that it is about."""

    def __init__(self, turns: Sequence[str]) -> None:
        self._turns = [frozenset(stems(turn)) for turn in turns]
        self._holding: dict[str, list[int]] = {}
        for number, words in enumerate(self._turns):
            for word in words:
                self._holding.setdefault(word, []).append(number)

    def about(self, lines: Sequence[str]) -> dict[int, set[str]]:
        """For each turn that a line is about, the stems of these lines."""
        found: dict[int, set[str]] = {}
        for line in lines:
            words = frozenset(stems(line))
            for turn in self._best(words):
                found.setdefault(turn, set()).update(words)
        return found

    def _best(self, words: frozenset[str]) -> list[int]:
        shared: dict[int, int] = {}
        for word in words:
            for turn in self._holding.get(word, ()):
                shared[turn] = shared.get(turn, 0) + 1
        most = max(shared.values(), default=0)
        if most < LEAST or most < SHARE * len(words):
            return []
        return [turn for turn, count in shared.items() if count == most]


def grounded(question: Question, about: dict[int, set[str]]) -> bool:
    """Whether all words of the answer stand in what is said about its turns."""
    told = {word for turn in question.evidence for word in about.get(turn, ())}
    return question.answer <= told

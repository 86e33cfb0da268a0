"""Pieces of text that can be found, and what is around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

__all__ = ["Found", "Passage", "Scores", "chosen", "fused", "pieces", "spread"]

SIZE = 600
"""Characters of a passage, about."""

AROUND = {-2: 0.25, -1: 0.5, 1: 0.5, 2: 0.25}
"""How much of a passage's score its neighbours get: an answer stands beside its question."""

RANK = 60
"""How little the first ranks differ when rankings are fused (Cormack, Clarke and Büttcher,
"Reciprocal Rank Fusion", 2009)."""

MOST = 400
"""Passages, the best ones, that are looked at."""

LEAST = 0.1
"""What scores less than this share of the best is not taken."""

NAMED = "[10] exchange 100\n", "[10] exchanges 100-101\n"
"""What naming a source takes, about: one passage, or several."""

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*(?=\S)")


@frozen
class Passage:
    """A piece of text, number `place` of its `series`: those with the next numbers stand beside it.
    `unit` and `number` tell where it is: a line, an exchange. `speaker` is the name of who said it,
    where it has one."""

    series: str
    place: int
    text: str
    unit: str
    number: int
    speaker: str = ""

    @property
    def key(self) -> tuple[str, int]:
        return self.series, self.place


@frozen
class Found:
    """Neighbouring passages that were chosen together."""

    passages: tuple[Passage, ...]
    score: float

    @property
    def text(self) -> str:
        return "\n".join(passage.text for passage in self.passages)

    @property
    def source(self) -> str:
        """Where they are, in few tokens."""
        first, last = self.passages[0], self.passages[-1]
        where = f"{first.series} {first.unit}".strip()
        if first.number == last.number:
            return f"{where} {first.number}"
        return f"{where}s {first.number}-{last.number}"


Key = tuple[str, int]
Scores = Mapping[Key, float]
Passages = Mapping[Key, Passage]


def pieces(text: str, size: int = SIZE) -> Iterator[tuple[int, str]]:
    """A text in pieces of about `size` characters that end where a line or sentence does, each with
    the number of its first line, from 1."""
    held: list[str] = []
    start = length = 0
    for number, line in enumerate(text.splitlines(), 1):
        for part in _parts(line, size):
            if held and length + len(part) > size:
                yield start, "\n".join(held)
                held, length = [], 0
            start = number if not held else start
            held.append(part)
            length += len(part)
    if "".join(held).strip():
        yield start, "\n".join(held)


def _parts(line: str, size: int) -> list[str]:
    """A line, if need be by sentences, and what is still too long by length."""
    if len(line) <= size:
        return [line]
    found = [""]
    for sentence in _SENTENCE.split(line):
        if found[-1] and len(found[-1]) + len(sentence) > size:
            found.append("")
        found[-1] += f" {sentence}" if found[-1] else sentence
    return [part[i : i + size] for part in found for i in range(0, len(part), size)]


def spread(scores: Scores, passages: Passages) -> dict[Key, float]:
    """Scores to which those of the neighbours were added."""
    found = dict(scores)
    for (series, place), score in scores.items():
        for step, share in AROUND.items():
            key = series, place + step
            if key in passages:
                found[key] = found.get(key, 0.0) + share * score
    return found


def fused(rankings: Iterable[Scores]) -> dict[Key, float]:
    """One score of several rankings, from the ranks alone."""
    found: dict[Key, float] = {}
    for scores in rankings:
        for rank, key in enumerate(_best_first(scores), 1):
            found[key] = found.get(key, 0.0) + 1 / (RANK + rank)
    return found


def chosen(
    scores: Scores,
    passages: Passages,
    room: int,
    count: Callable[[Sequence[str]], Sequence[int]],
) -> list[Found]:
    """The best passages, as far as there is room for them, quoted, and for naming their sources;
    neighbours together, best first. The very best is shortened if need be."""
    order = _best_first(scores)[:MOST]
    good = [key for key in order if scores[key] >= LEAST * scores[order[0]]]
    there = [passages[key] for key in good if key in passages]
    alone, together, *costs = count([*NAMED, *map(_quoted, there)])
    taken: dict[Key, Passage] = {}
    for passage, cost in zip(there, costs, strict=True):
        most = room - (alone if _new(passage.key, taken) else together - alone)
        if taken or cost <= most:
            fits, used = passage, cost
        else:
            fits = _clipped(passage, most / cost)
            (used,) = count([_quoted(fits)])
        if used <= most and fits.text:
            taken[passage.key] = fits
            room = most - used
    runs = _runs(taken)
    found = [Found(tuple(run), max(scores.get(one.key, 0.0) for one in run)) for run in runs]
    return sorted(found, key=lambda one: (-one.score, one.passages[0].key))


def _quoted(passage: Passage) -> str:
    return "".join(f"> {line}\n" for line in passage.text.splitlines())


def _clipped(passage: Passage, share: float) -> Passage:
    """The beginning of a passage, somewhat less than this share of its tokens."""
    length = int(0.8 * share * len(passage.text)) - 2
    text = passage.text[: max(length, 0)].rstrip()
    return evolve(passage, text=f"{text} …" if text else "")


def _best_first(scores: Scores) -> list[Key]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def _new(key: Key, taken: Passages) -> bool:
    """Whether it stands apart from all that was taken."""
    return (key[0], key[1] - 1) not in taken and (key[0], key[1] + 1) not in taken


def _runs(taken: Passages) -> list[list[Passage]]:
    runs: list[list[Passage]] = []
    for key in sorted(taken):
        if runs and runs[-1][-1].key == (key[0], key[1] - 1):
            runs[-1].append(taken[key])
        else:
            runs.append([taken[key]])
    return runs

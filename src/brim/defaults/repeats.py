"""Runs of lines that stand again in a later text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, pairwise

from attrs import field, frozen

__all__ = ["Run", "Text", "bare", "repeats"]

SHINGLE = 120
"""Characters of neighbouring lines by which a place is found again."""

MOST_LINES = 16
"""Lines that are enough, however short they are."""

CANDIDATES = 4
"""Later places that are tried for each place, the latest first."""

LONGEST = 400_000
"""Characters of a text beyond which it is compared as a whole."""

_GUTTER = re.compile(r"\s*(\d{1,7})[:→|\t]")
_GUTTER_SHARE = 0.8


@frozen(eq=False)
class Text:
    """A text by its lines that are not blank: `keys` is what is compared, `places` their
    numbers among all `lines`, `shingles` tell where it may stand again."""

    lines: tuple[str, ...]
    keys: tuple[str, ...]
    places: tuple[int, ...]
    shingles: tuple[int | None, ...]

    @classmethod
    def of(cls, text: str, exact: bool) -> Text:
        """White space and line numbers in the margin count only where `exact`."""
        lines = text.split("\n") if len(text) <= LONGEST else [text]
        found = [line.rstrip() for line in lines] if exact else bare(lines)
        places = [place for place, key in enumerate(found) if key]
        keys = [found[place] for place in places]
        return cls(tuple(lines), tuple(keys), tuple(places), tuple(_shingles(keys)))

    def between(self, run: Run) -> str:
        return "\n".join(self.lines[run.start : run.stop])


@frozen
class Run:
    """Lines [start, stop) of a text that all stand in text `source` too."""

    start: int
    stop: int
    source: int


@frozen
class _Index:
    """Where each shingle stands that there is `often`: text and line, the latest first. `kept`
    says for each text which of its lines stay."""

    texts: Sequence[Text]
    often: Collection[int | None]
    found: dict[int | None, list[tuple[int, int]]] = field(factory=dict)
    kept: dict[int, Sequence[bool]] = field(factory=dict)

    def add(self, number: int, keys: Sequence[int | None], kept: Sequence[bool]) -> None:
        self.kept[number] = kept
        for line, key in enumerate(keys):
            if key in self.often and kept[line]:
                known = self.found.setdefault(key, [])
                if len(known) < CANDIDATES:
                    known.append((number, line))

    def longest(self, keys: Sequence[str], line: int, key: int | None) -> tuple[int, int]:
        """How many lines from this one on stand again, and in which text."""
        best, source = 0, -1
        for number, start in self.found.get(key, ()):
            length = _common(keys, line, self.texts[number].keys, start, self.kept[number])
            if length > best:
                best, source = length, number
        return best, source


def repeats(
    texts: Sequence[Text], may_go: Sequence[bool], enough: Callable[[Sequence[str]], bool]
) -> list[list[Run]]:
    """For each text the runs of lines that a later one has too.

    Only texts that `may_go` have runs, and only those that are `enough`. The last copy of
    everything stays: what is a run here is never what another run refers to.
    """
    times = Counter(chain.from_iterable(text.shingles for text in texts))
    often = {key for key, number in times.items() if number > 1 and key is not None}
    index = _Index(texts, often)
    found: list[list[Run]] = [[] for _ in texts]
    for number in reversed(range(len(texts))):
        text = texts[number]
        kept = [True] * len(text.keys)
        if may_go[number] and not index.found.keys().isdisjoint(text.shingles):
            for first, length, source in _runs(text, index, enough):
                kept[first : first + length] = [False] * length
                start, stop = text.places[first], text.places[first + length - 1] + 1
                found[number].append(Run(start, stop, source))
        index.add(number, text.shingles, kept)
    return found


def _runs(
    text: Text, index: _Index, enough: Callable[[Sequence[str]], bool]
) -> Iterator[tuple[int, int, int]]:
    line = 0
    while line < len(text.keys):
        length, source = index.longest(text.keys, line, text.shingles[line])
        if length and enough(text.keys[line : line + length]):
            yield line, length, source
            line += length
        else:
            line += 1


def _common(left: Sequence[str], i: int, right: Sequence[str], j: int, kept: Sequence[bool]) -> int:
    """How many lines are the same from here on, of those on the right that stay."""
    length = 0
    most = min(len(left) - i, len(right) - j)
    while length < most and kept[j + length] and left[i + length] == right[j + length]:
        length += 1
    return length


def _shingles(keys: Sequence[str]) -> Iterator[int | None]:
    """For each line a number for the lines from it on that make up 120 characters, or for 16
    lines; None where there are fewer. Equal lines have equal numbers, within one process only."""
    sizes = [len(key) for key in keys]
    stop, size = 0, 0
    for start in range(len(keys)):
        while stop < len(keys) and size < SHINGLE and stop - start < MOST_LINES:
            size += sizes[stop]
            stop += 1
        whole = size >= SHINGLE or stop - start == MOST_LINES
        yield hash(tuple(keys[start:stop])) if whole else None
        size -= sizes[start]


def bare(lines: Sequence[str]) -> list[str]:
    """The lines without white space that does not matter and without numbers in the margin."""
    found = [_GUTTER.match(line) for line in lines]
    numbers = [int(one[1]) for one in found if one]
    steps = sum(b - a == 1 for a, b in pairwise(numbers))
    if len(numbers) < 3 or steps < _GUTTER_SHARE * (len(numbers) - 1):
        return [" ".join(line.split()) for line in lines]
    return [
        " ".join((line[one.end() :] if one else line).split())
        for line, one in zip(lines, found, strict=True)
    ]

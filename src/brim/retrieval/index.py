"""BM25 over passages that come and go; the work of a change is that of what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import log

from attrs import Factory, define

from brim.retrieval.terms import terms

__all__ = ["Index"]

K1, B = 1.2, 0.75
"""How soon a repeated term says nothing new, and how much a long passage must say more: the usual
constants (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009)."""

Key = tuple[str, int]
"""A series and a place in it, as of passages."""


@define(eq=False)
class Index:
    """Terms of keyed texts. `version` tells one state from the next."""

    version: int = 0
    _holding: dict[str, dict[Key, int]] = Factory(dict)
    _counts: dict[Key, tuple[int, tuple[str, ...]]] = Factory(dict)
    _length: int = 0

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, key: Key) -> bool:
        return key in self._counts

    def add(self, texts: Mapping[Key, str]) -> None:
        """Add texts; one under a key that is there takes its place."""
        self.remove(texts)
        for key, text in texts.items():
            counts = Counter(terms(text))
            for term, count in counts.items():
                self._holding.setdefault(term, {})[key] = count
            self._counts[key] = counts.total(), tuple(counts)
            self._length += counts.total()
        self.version += bool(texts)

    def remove(self, keys: Iterable[Key]) -> None:
        """Remove what is under these keys, if anything is."""
        for key in [one for one in keys if one in self._counts]:
            length, words = self._counts.pop(key)
            self._length -= length
            self.version += 1
            for word in words:
                holding = self._holding[word]
                del holding[key]
                if not holding:
                    del self._holding[word]

    def length(self, key: Key) -> int:
        """Terms of what is under the key; 0 where nothing is."""
        return self._counts[key][0] if key in self._counts else 0

    def shares(self, query: str) -> list[dict[Key, float]]:
        """For each term of the query, what the passages that hold it say of it: together from 0
        to 1, the share of what a passage could at most say of the whole query."""
        number = len(self._counts)
        average = self._length / number if number else 1.0
        said: list[dict[Key, float]] = []
        most = 0.0
        for term in dict.fromkeys(terms(query)):
            holding = self._holding.get(term, {})
            weight = log(1 + (number - len(holding) + 0.5) / (len(holding) + 0.5))
            most += weight
            said.append({})
            for key, count in holding.items():
                fresh = K1 * (1 - B + B * self._counts[key][0] / average)
                said[-1][key] = weight * count / (count + fresh)
        return [{key: gain / most for key, gain in gains.items()} for gains in said]

    def scores(self, query: str) -> dict[Key, float]:
        """The share, from 0 to 1, of what a passage could at most say of the query, for those that
        say anything of it."""
        found: dict[Key, float] = {}
        for gains in self.shares(query):
            for key, gain in gains.items():
                found[key] = found.get(key, 0.0) + gain
        return found

"""How much each passage has to do with a question: what it says of it, and what is said around."""

from __future__ import annotations

from collections.abc import Mapping
from math import log1p

from brim.retrieval.index import Index, Key
from brim.retrieval.passages import Passage
from brim.retrieval.terms import terms

__all__ = ["relevance"]

REACH = 5
"""From how many passages away nothing counts any more."""

SPEAKER = 1.5
"""How much more what is said around counts in a passage of a speaker that the question names."""

REPLY = 2 / 3
"""How much of what a passage says of the question counts in the next one, where it asks."""

LENGTH = 0.05
"""How much a passage that says more is the likelier to say what is asked."""

_STEPS = tuple((step, 1 - abs(step) / REACH) for step in range(1 - REACH, REACH))
_ASKS = ("?", "？", "؟")


def relevance(index: Index, passages: Mapping[Key, Passage], query: str) -> dict[Key, float]:
    """A score, larger than 0, for each passage that says something of the query, or stands near one
    that does.

    It adds what the passage says itself (BM25, as a share of what could be said) and, for each term
    of the query, the most that is said of it nearby, less with each step. Who is asked about counts
    for more in what is around than another, and so does the answer to a question that is like this
    one. The weights were fitted to questions about one half of long chats between two people.
    """
    asked = frozenset(terms(query))
    own: dict[Key, float] = {}
    around: dict[Key, float] = {}
    for gains in index.shares(query):
        _add(own, gains)
        _add(around, _nearby(gains, passages))
    speakers = {passages[key].speaker for key in around}
    weights = {speaker: 1 + SPEAKER * _is_asked(speaker, asked) for speaker in speakers}
    found: dict[Key, float] = {}
    for key, near in around.items():
        more = weights[passages[key].speaker] * near + LENGTH * log1p(index.length(key))
        found[key] = own.get(key, 0.0) + more
    for key, share in own.items():
        following = key[0], key[1] + 1
        if following in found and any(mark in passages[key].text for mark in _ASKS):
            found[following] += REPLY * share
    return found


def _nearby(gains: Mapping[Key, float], passages: Mapping[Key, Passage]) -> dict[Key, float]:
    """For each passage the most of what it and those around it say of one term."""
    most: dict[str, dict[int, float]] = {}
    for (series, place), gain in gains.items():
        found = most.setdefault(series, {})
        for step, share in _STEPS:
            if gain * share > found.get(place + step, 0.0):
                found[place + step] = gain * share
    keyed = (((name, at), near) for name, found in most.items() for at, near in found.items())
    return {key: near for key, near in keyed if key in passages}


def _add(total: dict[Key, float], more: Mapping[Key, float]) -> None:
    for key, value in more.items():
        total[key] = total.get(key, 0.0) + value


def _is_asked(speaker: str, asked: frozenset[str]) -> bool:
    return bool(speaker) and asked.issuperset(terms(speaker))

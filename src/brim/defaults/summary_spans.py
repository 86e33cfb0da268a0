"""Which exchanges a summary stands for, and how long it may be."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from brim.api import CondenseTask, Exchange

__all__ = ["LEAST", "Share", "Span", "spans"]

LEAST = 64
"""Tokens under which a summary is not worth asking for."""

NOTES = 0.5
"""Share of the target that all notes together may take; more are folded into one."""

SPARED = 2 / 3
"""Share of what lies between target and limit that notes may take where they would lose room by
being renewed: what must stay can be long for a while. The rest keeps condensations apart."""


@frozen
class Span:
    """Neighbours that one note will stand for, and the tokens it may take."""

    exchanges: tuple[Exchange, ...]
    room: int

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.exchanges)

    @property
    def indexes(self) -> tuple[int, ...]:
        return tuple(one.index for one in self.exchanges)

    @property
    def messages(self) -> int:
        """How many there are beside earlier notes."""
        return sum(len(one.messages) for one in self.exchanges if not one.note)


@frozen
class Share:
    """How much of what it covers a note may take: its `head`, in tokens, and `ratio` of the rest.
    Runs of fewer than `least` messages are left alone."""

    ratio: float
    head: int
    least: int

    def of(self, one: Exchange) -> float:
        """Earlier notes are as short as they can be."""
        return one.tokens if one.note else self.ratio * one.tokens


def spans(task: CondenseTask, share: Share, *, renew: bool) -> list[Span]:
    """The oldest exchanges, as many as the target demands, in runs of neighbours.

    Earlier notes stay as they are, and so in the provider's cache, until all notes together
    would exceed half of the target; with `renew` they are always covered anew.
    """
    loose = [one for one in task.conversation.exchanges if not (one.keep or one.newest)]
    notes = sum(one.tokens for one in loose if one.note)
    most = int(NOTES * task.target)
    if notes and not renew:
        found = _cover(task, [one for one in loose if not one.note], share, most)
        if notes + sum(span.room for span in found) <= most:
            return found
    return _cover(task, loose, share, most)


def _cover(task: CondenseTask, loose: Sequence[Exchange], share: Share, most: int) -> list[Span]:
    excess = task.tokens - task.target
    covered: list[Exchange] = []
    tokens, wanted, cost = 0, 0.0, 0
    for one in loose if excess > 0 else ():
        if not covered or covered[-1].index != one.index - 1:
            cost += task.note_overhead + share.head
        covered.append(one)
        tokens += one.tokens
        wanted += share.of(one)
        if not one.note and tokens - min(wanted, most) - cost >= excess:
            break
    left = tokens - excess - cost
    held = sum(one.tokens for one in covered if one.note)
    spared = left + int(SPARED * (task.limit - task.target))
    room = max(min(wanted, most, left), min(held, most, spared))
    scale = room / wanted if wanted else 0.0
    runs = [Span(run, int(scale * sum(map(share.of, run)))) for run in _runs(covered)]
    return [run for run in runs if run.messages >= share.least and run.room >= LEAST]


def _runs(exchanges: Sequence[Exchange]) -> list[tuple[Exchange, ...]]:
    runs: list[tuple[Exchange, ...]] = []
    for one in exchanges:
        if runs and runs[-1][-1].index == one.index - 1:
            runs[-1] = (*runs[-1], one)
        else:
            runs.append((one,))
    return runs

"""The figures of a replay: what the table, the JSON and the page all show."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from attrs import asdict, frozen

from brim.demo.replay import Frame
from brim.demo.ways import WAYS, Sent

__all__ = ["HEADINGS", "Condensation", "Row", "Summary", "summarize"]

HEADINGS = ("way", "tokens sent", "over the window", "invalid", "prefix reuse")


@frozen
class Row:
    """One way. `tokens` is the sum over all requests, `over` and `invalid` are numbers of requests.

    `reuse` is the mean share of a request that the next one begins with.
    """

    way: str
    requests: int
    tokens: int
    over: int
    invalid: int
    reuse: float

    def cells(self) -> tuple[str, ...]:
        """The row as people read it."""
        return (
            self.way,
            f"{self.tokens:,}",
            f"{self.over:,}",
            f"{self.invalid:,}",
            f"{self.reuse:.1%}",
        )


@frozen
class Condensation:
    """Where Brim condensed: the turn, tokens before and after, and what the user had asked."""

    turn: int
    before: int
    after: int
    strategies: tuple[str, ...]
    exchanges: int
    task: str


@frozen
class Summary:
    """All figures of one replay. `conversation` is its size in tokens at the last turn."""

    model: str
    window: int
    turns: int
    conversation: int
    rows: tuple[Row, ...]
    condensations: tuple[Condensation, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON data."""
        return asdict(self)


def summarize(frames: Sequence[Frame], model: str) -> Summary:
    """Add up a replay of at least one turn."""
    last = frames[-1]
    return Summary(
        model=model,
        window=last.window,
        turns=len(frames),
        conversation=last.tokens_in,
        rows=tuple(_row(way, [frame.sent[way] for frame in frames]) for way in WAYS),
        condensations=tuple(_condensations(frames)),
    )


def _row(way: str, sent: Sequence[Sent]) -> Row:
    shares = [one.reuse for one in sent if one.reuse is not None]
    return Row(
        way=way,
        requests=len(sent),
        tokens=sum(one.tokens for one in sent),
        over=sum(one.over for one in sent),
        invalid=sum(bool(one.broken) for one in sent),
        reuse=round(fmean(shares), 4) if shares else 1.0,
    )


def _condensations(frames: Sequence[Frame]) -> list[Condensation]:
    return [
        Condensation(
            frame.turn,
            frame.condensed.before,
            frame.condensed.after,
            frame.condensed.strategies,
            frame.condensed.exchanges,
            frame.task,
        )
        for frame in frames
        if frame.condensed is not None
    ]

"""Replays the recording turn by turn and tells of each turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from attrs import field, frozen

from brim.demo.recording import Recording
from brim.demo.ways import BRIM, FULL, LAST, WAYS, Check, Cost, Sent, Witness, keep_last
from brim.dialects.base import Wire
from brim.pages.fates import Stretch

__all__ = ["Condensed", "Frame", "Gauge", "StepResult", "replay"]


@frozen
class Condensed:
    """One condensation. Tokens are those of the whole request."""

    before: int
    after: int
    strategies: tuple[str, ...]
    exchanges: int


def _untold() -> tuple[Stretch, ...]:
    return ()


@frozen
class StepResult:
    """What Brim made of one request. `fate` tells what became of each message, when asked."""

    messages: Sequence[Wire]
    tokens: int
    level: str
    condensed: Condensed | None = None
    fate: Callable[[], tuple[Stretch, ...]] = field(default=_untold, eq=False, repr=False)


@frozen
class Gauge:
    """How messages are counted and checked, the same for all ways.

    `fixed` are the tokens of a request that belong to no message.
    """

    fixed: int
    cost: Cost
    check: Check


@frozen
class Frame:
    """One turn: the same request in three ways."""

    turn: int
    turns: int
    window: int
    task: str
    sent: Mapping[str, Sent]
    level: str
    condensed: Condensed | None = None
    fate: Callable[[], tuple[Stretch, ...]] = field(default=_untold, eq=False, repr=False)

    @property
    def tokens_in(self) -> int:
        """Tokens of the conversation as it stands, untrimmed."""
        return self.sent[FULL].tokens


Step = Callable[[Sequence[Wire]], StepResult]


def replay(
    recording: Recording, step: Step, gauge: Gauge, window: int, limit: int | None = None
) -> Iterator[Frame]:
    """One frame for each turn, at most `limit`. `window` is in tokens."""
    lengths = list(recording.turns(limit))
    sizes = list(accumulate(map(gauge.cost, recording.messages), initial=gauge.fixed))
    seen = {way: Witness(window, gauge.fixed, gauge.cost, gauge.check) for way in WAYS}
    for turn, length in enumerate(lengths, 1):
        messages = recording.messages[:length]
        newest = keep_last(messages, gauge.cost, window, gauge.fixed)
        fitted = step(messages)
        sent = {
            FULL: seen[FULL].see(messages, sizes[length]),
            LAST: seen[LAST].see(newest, gauge.fixed + sum(map(gauge.cost, newest))),
            BRIM: seen[BRIM].see(fitted.messages, fitted.tokens),
        }
        task = recording.task(length)
        told = (fitted.level, fitted.condensed, fitted.fate)
        yield Frame(turn, len(lengths), window, task, sent, *told)

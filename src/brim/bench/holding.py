"""How much memory a conversation takes, beside its own text."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from random import Random

from attrs import asdict, frozen

from brim.bench.subject import MODEL, dice_of, said
from brim.bench.tracing import traced, tracing
from brim.road.brim import Brim

__all__ = ["SIZES", "Held", "held"]

SIZES = (10, 50, 100, 500, 1_000, 5_000)
"""Messages, as in the chat loop's guide."""

WORDS = 160
"""About 1,100 characters: so long that a memory of counts does not keep the text."""

WIDE: Mapping[str, object] = {"models": {MODEL: {"window": 100_000_000}}}
"""Nothing is condensed: that fills caches of its own, which keep some of the texts."""


@frozen
class Held:
    """A conversation of so many messages, in bytes: its text, what is given back when it and its
    session are let go after a fit, text and all, and what stays, in caches that are bounded."""

    messages: int
    text: int
    held: int
    remembered: int

    @property
    def ratio(self) -> float:
        """Bytes held for each byte of text."""
        return self.held / self.text

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio}


def held(make: Callable[[Mapping[str, object]], Brim], size: int) -> Held:
    """Measure one size, in a `Brim` of its own; `make` gives it, with these settings too."""
    dice = dice_of(size)
    with make(WIDE) as brim:
        brim.session([_message(dice, 0)], model=MODEL).fit()
        with tracing():
            before = _traced()
            messages = [_message(dice, number) for number in range(size)]
            text = sum(len(str(one["content"]).encode()) for one in messages)
            session = brim.session(messages, model=MODEL)
            session.fit()
            whole = _traced()
            del messages, session
            after = _traced()
    return Held(size, text, whole - after, after - before)


def _message(dice: Random, number: int) -> dict[str, object]:
    return {"role": "assistant" if number % 2 else "user", "content": said(dice, WORDS)}


def _traced() -> int:
    gc.collect()
    return traced()

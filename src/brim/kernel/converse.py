"""The conversation between the kernel and a strategy that asks a model."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from math import inf
from time import monotonic

from attrs import evolve, frozen

from brim.errors import HookError
from brim.kernel import checks
from brim.kernel.implementation import Implementation
from brim.model.decisions import Condensation
from brim.model.operations import Ask, Completion

__all__ = ["MOST_ASKS", "Patience", "converse"]

MOST_ASKS = 32
"""Asks that one strategy may yield in one turn."""


@frozen
class Patience:
    """Seconds for one ask, and for all of one strategy's turn together."""

    ask: float = inf
    turn: float = inf


def converse(
    strategy: Implementation, proposal: object, patience: Patience | None = None
) -> Generator[Ask, Completion, Condensation | None]:
    """Yield what the strategy asks and return what it proposes, both checked.

    `proposal` is what its `condense` gave: a condensation, None, or a generator, which
    is closed in the end whatever happens. `patience` begins with the first ask. Raises
    `HookError`.
    """
    if not isinstance(proposal, Generator):
        return _checked(strategy, proposal)
    try:
        result = yield from _asked(strategy, proposal, patience or Patience())
    finally:
        # Its turn is over: what it does on being closed changes nothing any more.
        with suppress(HookError), strategy.attributed():
            proposal.close()
    return _checked(strategy, result)


def _asked(
    strategy: Implementation, proposal: Generator[object, object, object], patience: Patience
) -> Generator[Ask, Completion, object]:
    answer: Completion | None = None
    end = inf
    for asks in range(MOST_ASKS + 1):
        with strategy.attributed():
            try:
                asked = proposal.send(answer)
            except StopIteration as stop:
                return stop.value
            if asks == MOST_ASKS:
                raise checks.Breach(f"it asks more than {MOST_ASKS} times")
            ask = checks.ask(asked)
        now = monotonic()
        end = min(end, now + patience.turn)
        if now >= end:
            raise strategy.error(f"its asks took longer than {patience.turn:g} s together")
        answer = yield evolve(ask, seconds=min(ask.seconds, patience.ask, end - now))
    return None


def _checked(strategy: Implementation, proposal: object) -> Condensation | None:
    with strategy.attributed():
        return None if proposal is None else checks.condensation(proposal)

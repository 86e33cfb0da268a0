"""Condensing before it is due: begun when a window fills up, used when it is full.

What is made ready is a record in a ledger of its own, which no fit looks at before its policy says
that the conversation must be condensed. Until then everything goes out as it would without it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from typing import Any

from attrs import Factory, define, evolve

from brim.kernel.calls import Calls
from brim.model.decisions import Level, TrimDecision, Usage
from brim.model.operations import Ask
from brim.road.condensing.pipeline import condense, decide, past_of, replay
from brim.road.condensing.state import Kit, Outcome
from brim.road.memory.ledger import Ledger, Record
from brim.road.memory.sharing import AHEAD, Errand
from brim.road.plans.trip import Trip
from brim.settings.schema import Settings

__all__ = ["Ahead", "Aside", "ahead_of", "make_ready"]

Aside = Generator[Ask | Errand, Any, None]
"""A road that nobody waits for the end of."""

SHARE = 8
"""What is made ready may take one part in so many of what the ledger may."""

BEGUN = 4_096
"""Conversations remembered for which it was begun."""


@define(eq=False)
class Ahead:
    """What was made ready, and for which conversations it was begun."""

    records: Ledger
    _begun: OrderedDict[bytes, None] = Factory(OrderedDict)

    def wanted(self, kit: Kit, trip: Trip, outcome: Outcome) -> bool:
        """Whether to begin now. Once for what followed the last condensation: an attempt that came
        to nothing is not made again with every message."""
        decision, chain = outcome.decision, trip.timeline.chain
        low = decision.trim or decision.level is Level.OK
        if low or trip.held or outcome.after.tokens <= decision.target:
            return False
        here = (chain, trip.room.budget, trip.keep)
        done = kit.ledger.reach(*here)
        if self.records.reach(*here) > done or any(v in self._begun for v in chain[done:]):
            return False
        self._begun[chain[-1]] = None
        while len(self._begun) > BEGUN:
            self._begun.popitem(last=False)
        return True


def ahead_of(settings: Settings, calls: Calls, ledger: Ledger) -> Ahead | None:
    """Only where a model may be asked: all else takes no time that would be worth saving."""
    chosen = settings.condensation
    if not (chosen.background and chosen.ai and calls.names("complete")):
        return None
    return Ahead(Ledger(ledger.max_bytes // SHARE, ledger.ttl, ledger.clock))


def _deeper(decision: TrimDecision, usage: Usage) -> TrimDecision:
    """As much is to go now as will have to go when it is due, so that steps stay as big and as far
    apart: what comes until then is added to what is left."""
    later = usage.tokens - (decision.trigger - decision.target)
    half = usage.fixed + max(decision.target - usage.fixed, 0) // 2
    return evolve(decision, target=min(decision.target, max(later, half)))


def make_ready(kit: Kit, trip: Trip, ledger: Ledger) -> Aside:
    """Condense as if it were due, and keep the record where a model had a part in it."""
    before = trip.usage(trip.raw_tokens)
    decision = decide(kit, trip, before, None)
    state = replay(kit, trip, before, decision)
    if state.rendering is not None:
        decision = decide(kit, trip, state.usage, state)
    gate = yield from condense(kit, trip, state, _deeper(decision, state.usage))
    past = past_of(trip, state, before, gate.steps)
    by_model = any(step.asks for step in gate.steps if step.outcome == "applied")
    if by_model and not gate.regret:
        record = Record(state.plan, trip.room.budget, (*state.history, past))
        kept = ledger.put(trip.timeline.chain[-1], record, trip.keep)
        if kit.sharing and kept is record:
            yield from kit.sharing.offer(trip, record, AHEAD)

"""What a plan may do to a request, and the least that must be left of it."""

from __future__ import annotations

from attrs import evolve

from brim.dialects.base import Violation
from brim.errors import BudgetInfeasible, InvalidConversation
from brim.road.condensing.gate import Candidate
from brim.road.condensing.verify import added_violations
from brim.road.plans.minimum import dominant, skeleton
from brim.road.plans.plan import Plan
from brim.road.plans.render import SHORTEST, Rendering
from brim.road.plans.trip import Trip
from brim.road.plans.units import note_message
from brim.road.reports.report import BARE, UNMIXED
from brim.texts import PLACEHOLDER

__all__ = ["added", "bound", "broken", "last_resort", "must_fit"]


def bound(trip: Trip, plan: Plan) -> Plan:
    """With the thinking given up that is bound to what the plan changes."""
    return evolve(plan, bound=trip.length) if trip.binds else plan


def broken(trip: Trip, rendering: Rendering) -> tuple[Violation, ...]:
    """Rules that a new plan would break, and sealed parts that it would change."""
    before, after = trip.parsed(None), trip.parsed(rendering)
    altered = trip.timeline.dialect.altered(before, after, trip.profile)
    return (*added(trip, rendering), *altered)


def added(trip: Trip, rendering: Rendering) -> tuple[Violation, ...]:
    """Rules that the output would break and the input does not."""
    return added_violations(
        trip.timeline.dialect,
        trip.envelope,
        trip.profile,
        lambda: trip.parsed(None),
        trip.parsed(rendering),
    )


def must_fit(trip: Trip) -> None:
    """Raises `BudgetInfeasible` where what must stay does not fit, whatever strategies might make
    of it: what they reach is now a little more and now a little less."""
    if trip.upper(_at_most(trip)) <= trip.room.budget:
        return
    least = min(_least(trip).tokens, trip.came_tokens)
    if trip.upper(least) > trip.room.budget:
        raise _too_much(trip, least)


def last_resort(
    trip: Trip, plan: Plan, rendering: Rendering | None
) -> tuple[str, Candidate | None]:
    """What to do where all strategies together came not far enough, and why that is poor: give back
    room that is only reserved ("" and None), take back what was injected, or leave only what must
    stay. Raises `BudgetInfeasible`."""
    trip.reserve(0)
    tokens = trip.tokens(rendering) if rendering else trip.raw_tokens
    if trip.upper(tokens) <= trip.room.budget:
        return "", None
    without = _unmixed(trip, plan)
    if without and trip.upper(without.tokens) <= trip.room.budget:
        return UNMIXED, without
    return BARE, _bare(trip)


def _unmixed(trip: Trip, plan: Plan) -> Candidate | None:
    """The same without what was injected; None where nothing was, or where that is not allowed."""
    if not trip.timeline.injected:
        return None
    plan = _plain(trip, plan)
    rendering = trip.render(plan)
    return None if broken(trip, rendering) else Candidate(plan, rendering, trip.tokens(rendering))


def _plain(trip: Trip, plan: Plan) -> Plan:
    """The plan without what was injected so far; there may be room for what is found later."""
    return bound(trip, evolve(plan, plain=max(trip.timeline.injected) + 1))


def _bare(trip: Trip) -> Candidate:
    """Only what must stay. Raises `BudgetInfeasible` when even that is too much."""
    least = _least(trip)
    if trip.upper(least.tokens) > trip.room.budget:
        raise _too_much(trip, least.tokens)
    breaches = broken(trip, least.rendering)
    if breaches:
        raise InvalidConversation(
            f"it cannot be condensed without breaking a rule: {breaches[0].detail}",
            index=breaches[0].index,
            rule=str(breaches[0].rule),
        )
    return least


def _least(trip: Trip) -> Candidate:
    """What must stay, without what was injected where there is no room for it."""
    plan = bound(trip, skeleton(trip))
    rendering = trip.render(plan)
    if trip.upper(trip.tokens(rendering)) > trip.room.budget and trip.timeline.injected:
        plan = _plain(trip, plan)
        rendering = trip.render(plan)
    return Candidate(plan, rendering, trip.tokens(rendering))


def _at_most(trip: Trip) -> int:
    """Tokens that what must stay does not exceed, without looking at how it would go out."""
    groups = [trip.timeline.groups[i] for i in trip.keep | trip.clipped if i >= 0]
    messages = {piece.message for group in groups for piece in group.pieces}
    note = trip.counter.messages([note_message(SHORTEST, PLACEHOLDER)])[0]
    kept = sum(trip.timeline.tokens[i] for i in messages) + trip.timeline.injected_tokens
    return trip.fixed + kept + (len(groups) + 1) * note


def _too_much(trip: Trip, tokens: int) -> BudgetInfeasible:
    return BudgetInfeasible(trip.upper(tokens), trip.room.budget, dominant(trip))

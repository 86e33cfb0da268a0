"""The road itself: count, decide, replay or condense, verify, record."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from time import perf_counter

from attrs import define, evolve, frozen

from brim.dialects.base import Violation
from brim.errors import BrimError, BudgetInfeasible, HookError, InvalidConversation
from brim.kernel.calls import Calls
from brim.model.decisions import (
    CondenseTask,
    PastCondensation,
    Replace,
    Rewrite,
    TrimDecision,
    TrimTask,
    Usage,
)
from brim.model.operations import Ask, Completion
from brim.road.covers import covered
from brim.road.edits import EditRefused, folded, removed
from brim.road.ledger import Ledger, Record
from brim.road.minimum import dominant, shortest_results, skeleton
from brim.road.plan import EMPTY, Plan
from brim.road.render import Rendering
from brim.road.report import Step
from brim.road.trip import Trip
from brim.road.units import note_message
from brim.road.verify import added_violations
from brim.road.watch import Watch

__all__ = ["AUTO", "Kit", "Outcome", "travel"]

LAST_RESORT = "smart-truncation"
AUTO: tuple[str, ...] = (LAST_RESORT,)
"""The built-in strategies that `auto` stands for, in order."""


@frozen
class Kit:
    """What every trip needs: the plugins, the ledger, and the names that settings chose."""

    calls: Calls
    ledger: Ledger
    watch: Watch
    policy: str
    strategies: tuple[str, ...]


@frozen
class Outcome:
    """Where a trip ends. `rendering` is None when everything goes out as it came."""

    decision: TrimDecision
    before: Usage
    after: Usage
    rendering: Rendering | None = None
    replayed: bool = False
    degraded: bool = False
    steps: tuple[Step, ...] = ()
    history: tuple[PastCondensation, ...] = ()


@define(eq=False)
class _State:
    """How far the trip has come."""

    plan: Plan
    rendering: Rendering | None
    usage: Usage
    history: tuple[PastCondensation, ...] = ()


Road = Generator[Ask, Completion, Outcome]


def travel(kit: Kit, trip: Trip) -> Road:
    """Take one request from as it came to as it goes out.

    Yields the `Ask` of strategies and takes their `Completion`. Raises `BudgetInfeasible`
    when what must stay does not fit.
    """
    before = trip.usage(trip.raw_tokens)
    decision = _decide(kit, trip, before, None)
    state = _replayed(kit, trip, before, decision)
    replayed = state.rendering is not None
    if replayed:
        decision = _decide(kit, trip, state.usage, state)
    if not decision.trim and state.usage.upper <= trip.room.budget:
        return Outcome(
            decision, before, state.usage, state.rendering, replayed, history=state.history
        )
    if trip.held:
        return _postponed(kit, trip, state, before, decision)
    steps = yield from _condense(kit, trip, state, decision)
    degraded = state.usage.upper > trip.room.budget
    if degraded:
        _take(trip, state, *_least(trip))
    if (state.plan is not EMPTY and any(step.outcome == "applied" for step in steps)) or degraded:
        _record(kit, trip, state, before, steps)
    return Outcome(
        decision,
        before,
        state.usage,
        state.rendering,
        replayed,
        degraded,
        tuple(steps),
        state.history,
    )


def _postponed(
    kit: Kit, trip: Trip, state: _State, before: Usage, decision: TrimDecision
) -> Outcome:
    """Nothing before the open turn's thinking may change. Raises `BudgetInfeasible` when
    shortening the newest results is not enough."""
    replayed = state.rendering is not None
    reason = f"{decision.reason}; postponed: the open turn's thinking is bound to all before it"
    degraded = state.usage.upper > trip.room.budget
    if degraded:
        plan = shortest_results(trip, state.plan)
        rendering = trip.render(plan)
        minimum = trip.counter.upper(trip.tokens(rendering))
        if minimum > trip.room.budget:
            why = "the open turn's thinking is bound to all before it, which thus"
            raise BudgetInfeasible(minimum, trip.room.budget, why)
        _take(trip, state, plan, rendering)
        _record(kit, trip, state, before, ())
    return Outcome(
        evolve(decision, reason=reason),
        before,
        state.usage,
        state.rendering,
        replayed,
        degraded,
        history=state.history,
    )


def _bound(trip: Trip, plan: Plan) -> Plan:
    """With the thinking given up that is bound to what the plan changes."""
    return evolve(plan, bound=trip.length) if trip.binds else plan


def _decide(kit: Kit, trip: Trip, usage: Usage, state: _State | None) -> TrimDecision:
    shape = trip.shape(state.rendering if state else None)
    task = TrimTask(usage, shape, trip.profile, state.history if state else ())
    decision = kit.calls.should_trim(kit.policy, task)
    return evolve(decision, target=min(decision.target, trip.limit))


def _replayed(kit: Kit, trip: Trip, usage: Usage, decision: TrimDecision) -> _State:
    """The conversation as the longest fitting record leaves it."""
    raw = _State(EMPTY, None, usage)
    if usage.tokens <= decision.target:
        return raw
    record = kit.ledger.find(trip.timeline.chain, trip.room.budget, trip.keep)
    if record is None:
        return raw
    rendering = trip.render(record.plan)
    if _added(trip, rendering):
        return raw
    trip.timeline.rendering = rendering
    return _State(record.plan, rendering, trip.usage(trip.tokens(rendering)), record.history)


def _condense(
    kit: Kit, trip: Trip, state: _State, decision: TrimDecision
) -> Generator[Ask, Completion, list[Step]]:
    """Ask the strategies in order until the target is met."""
    steps: list[Step] = []
    for name in _chain(kit, decision):
        if state.usage.tokens <= decision.target:
            return steps
        steps.append((yield from _timed(kit, trip, state, decision, name)))
    if steps[-1].outcome == "applied" and state.usage.upper > trip.room.budget:
        steps.append((yield from _timed(kit, trip, state, decision, LAST_RESORT)))
    return steps


def _timed(
    kit: Kit, trip: Trip, state: _State, decision: TrimDecision, name: str
) -> Generator[Ask, Completion, Step]:
    began = perf_counter()
    with kit.watch.step("condense") as taken:
        step = yield from _turn(kit, trip, state, decision, name)
        taken.facts.update(step.figures)
        taken.error = step.outcome if step.outcome in {"failed", "refused"} else ""
    return evolve(step, seconds=perf_counter() - began)


def _chain(kit: Kit, decision: TrimDecision) -> Sequence[str]:
    named = decision.strategies or kit.strategies
    return [*(name for name in named if name != LAST_RESORT), LAST_RESORT]


def _turn(
    kit: Kit, trip: Trip, state: _State, decision: TrimDecision, name: str
) -> Generator[Ask, Completion, Step]:
    """One strategy's turn: its edits are taken whole or not at all."""
    before = state.usage.tokens
    units = trip.units(state.plan)
    task = CondenseTask(
        conversation=trip.conversation(units),
        tokens=before,
        target=decision.target,
        limit=trip.limit,
        profile=trip.profile,
        decision=decision,
        count=trip.counter.texts,
        note_overhead=_note_overhead(trip),
    )
    try:
        condensation = yield from kit.calls.condense(name, task)
    except HookError as error:
        return Step(name, "failed", before, before, detail=str(error))
    if condensation is None or not condensation.edits:
        return Step(name, "passed", before, before)
    try:
        plan = _bound(trip, folded(state.plan, condensation, units, trip.counter, trip.opening))
        rendering = trip.render(plan)
        added = _broken(trip, rendering)
        if added:
            raise EditRefused(f"rule {added[0].rule}: {added[0].detail}")
    except (BrimError, ValueError, RecursionError) as error:
        kit.calls.blame(name, "condense", error)
        return Step(name, "refused", before, before, detail=str(error))
    after = trip.tokens(rendering)
    if after >= before:
        return Step(name, "no gain", before, after)
    _take(trip, state, plan, rendering)
    edits = condensation.edits
    return Step(
        name,
        "applied",
        before,
        after,
        removed(edits),
        covers=covered(edits, units, trip.timeline.groups, len(trip.head)),
        notes=sum(isinstance(edit, Replace) for edit in edits),
        rewrites=sum(isinstance(edit, Rewrite) for edit in edits),
        facts=dict(condensation.facts),
    )


def _take(trip: Trip, state: _State, plan: Plan, rendering: Rendering) -> None:
    state.plan, state.rendering = plan, rendering
    state.usage = trip.usage(trip.tokens(rendering))
    trip.timeline.rendering = rendering


def _least(trip: Trip) -> tuple[Plan, Rendering]:
    """Only what must stay. Raises `BudgetInfeasible` when even that is too much."""
    plan = _bound(trip, skeleton(trip))
    rendering = trip.render(plan)
    minimum = trip.counter.upper(trip.tokens(rendering))
    if minimum > trip.room.budget:
        minimum = min(minimum, trip.usage(trip.raw_tokens).upper)
        raise BudgetInfeasible(minimum, trip.room.budget, dominant(trip))
    added = _broken(trip, rendering)
    if added:
        raise InvalidConversation(
            f"it cannot be condensed without breaking a rule: {added[0].detail}",
            index=added[0].index,
            rule=str(added[0].rule),
        )
    return plan, rendering


def _broken(trip: Trip, rendering: Rendering) -> tuple[Violation, ...]:
    """Rules that a new plan would break, and sealed parts that it would change."""
    before, after = trip.parsed(None), trip.parsed(rendering)
    altered = trip.timeline.dialect.altered(before, after, trip.profile)
    return (*_added(trip, rendering), *altered)


def _added(trip: Trip, rendering: Rendering) -> tuple[Violation, ...]:
    return added_violations(
        trip.timeline.dialect,
        trip.envelope,
        trip.profile,
        lambda: trip.parsed(None),
        trip.parsed(rendering),
    )


def _record(kit: Kit, trip: Trip, state: _State, before: Usage, steps: Sequence[Step]) -> None:
    """Write down the plan; when another fit was first, take over what it wrote."""
    names = tuple(step.strategy for step in steps if step.outcome == "applied")
    past = PastCondensation(trip.length, before.tokens, state.usage.tokens, names)
    record = Record(state.plan, trip.room.budget, (*state.history, past))
    kept = kit.ledger.put(trip.timeline.chain[-1], record)
    if kept is not record and not any(kept.plan.touches(i) for i in trip.keep):
        rendering = trip.render(kept.plan)
        fits = trip.usage(trip.tokens(rendering)).upper <= trip.room.budget
        if fits and not _added(trip, rendering):
            _take(trip, state, kept.plan, rendering)


def _note_overhead(trip: Trip) -> int:
    body = "note"
    whole = trip.counter.messages([note_message(body)])[0]
    return whole - trip.counter.texts([body])[0]

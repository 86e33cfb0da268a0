"""The road itself: count, decide, replay or condense, verify, record."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from time import perf_counter
from typing import Any

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
from brim.road.choice import LAST_RESORT, Choice
from brim.road.covers import covered
from brim.road.edits import EditRefused, folded, removed
from brim.road.gate import Candidate, Gate, touched
from brim.road.ledger import Ledger, Record
from brim.road.minimum import dominant, shortest_results, skeleton
from brim.road.plan import EMPTY, Plan
from brim.road.render import Rendering
from brim.road.report import BARE, Step
from brim.road.sharing import Errand, Sharing
from brim.road.survival import Survey
from brim.road.trip import Trip
from brim.road.units import note_message
from brim.road.verify import added_violations
from brim.road.watch import Taken, Watch
from brim.texts import PLACEHOLDER

__all__ = ["Kit", "Outcome", "travel"]


@frozen
class Kit:
    """What every trip needs: the plugins, the ledger, and what settings chose. A condensation
    must keep the share `quality` of specifics to be taken at once. `sharing` is there where
    records are shared with other processes."""

    calls: Calls
    ledger: Ledger
    watch: Watch
    policy: str
    choice: Choice
    survey: Survey
    quality: float
    sharing: Sharing | None = None


@frozen
class Outcome:
    """Where a trip ends. `rendering` is None when everything goes out as it came. `degraded`
    says why it is poorer than it should be."""

    decision: TrimDecision
    before: Usage
    after: Usage
    rendering: Rendering | None = None
    replayed: bool = False
    degraded: str = ""
    steps: tuple[Step, ...] = ()
    history: tuple[PastCondensation, ...] = ()


@define(eq=False)
class _State:
    """How far the trip has come."""

    plan: Plan
    rendering: Rendering | None
    usage: Usage
    history: tuple[PastCondensation, ...] = ()


Road = Generator[Ask | Errand, Any, Outcome]


def travel(kit: Kit, trip: Trip) -> Road:
    """Take one request from as it came to as it goes out.

    Yields the `Ask` of strategies and takes their `Completion`, and errands to other processes'
    records. Raises `BudgetInfeasible`
    when what must stay does not fit.
    """
    before = trip.usage(trip.raw_tokens)
    decision = _decide(kit, trip, before, None)
    if kit.sharing and before.tokens > decision.target:
        yield from kit.sharing.learn(trip)
    state = _replayed(kit, trip, before, decision)
    replayed = state.rendering is not None
    if replayed:
        decision = _decide(kit, trip, state.usage, state)
    if not decision.trim and state.usage.upper <= trip.room.budget:
        return Outcome(
            decision, before, state.usage, state.rendering, replayed, history=state.history
        )
    if trip.held:
        return (yield from _postponed(kit, trip, state, before, decision))
    gate = yield from _condense(kit, trip, state, decision)
    steps, degraded = gate.steps, gate.regret
    if state.usage.upper > trip.room.budget:
        degraded = BARE
        _take(trip, state, _least(trip))
    if (state.plan is not EMPTY and any(step.outcome == "applied" for step in steps)) or degraded:
        yield from _record(kit, trip, state, before, steps)
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


def _postponed(kit: Kit, trip: Trip, state: _State, before: Usage, decision: TrimDecision) -> Road:
    """Nothing before the open turn's thinking may change. Raises `BudgetInfeasible` when
    shortening the newest results is not enough."""
    replayed = state.rendering is not None
    reason = f"{decision.reason}; postponed: the open turn's thinking is bound to all before it"
    degraded = ""
    if state.usage.upper > trip.room.budget:
        degraded = BARE
        plan = shortest_results(trip, state.plan)
        rendering = trip.render(plan)
        minimum = trip.counter.upper(trip.tokens(rendering))
        if minimum > trip.room.budget:
            why = "the open turn's thinking is bound to all before it, which thus"
            raise BudgetInfeasible(minimum, trip.room.budget, why)
        _take(trip, state, Candidate(plan, rendering))
        yield from _record(kit, trip, state, before, ())
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
) -> Generator[Ask, Completion, Gate]:
    """Ask the strategies in order until the target is met."""
    shape = trip.shape(state.rendering)
    names = kit.choice.chain(decision.strategies, shape, state.usage.utilization)
    gate = Gate(trip, kit.survey, kit.quality if len(names) > 1 else 0)
    for name in names:
        if state.usage.tokens <= decision.target:
            break
        yield from _timed(kit, gate, state, decision, name)
    if state.usage.tokens > decision.target:
        _take(trip, state, gate.least_evil(state.usage.tokens, decision.target))
    over = state.usage.upper > trip.room.budget
    if over and (gate.regret or gate.steps[-1].outcome == "applied"):
        gate.quality = 0
        yield from _timed(kit, gate, state, decision, LAST_RESORT)
    _tell(kit, gate.steps)
    return gate


def _timed(
    kit: Kit, gate: Gate, state: _State, decision: TrimDecision, name: str
) -> Generator[Ask, Completion, None]:
    """One strategy's turn, from asking it to the gate's judgement."""
    began = perf_counter()
    step, candidate = yield from _turn(kit, gate.trip, state, decision, name)
    _take(gate.trip, state, gate.lets_through(step, candidate))
    gate.steps[-1] = evolve(gate.steps[-1], seconds=perf_counter() - began)


def _tell(kit: Kit, steps: Sequence[Step]) -> None:
    """Tell observers of every turn, now that it is known what became of it."""
    for step in steps:
        error = step.outcome if step.outcome in {"failed", "refused"} else ""
        kit.watch.tell("condense", step.seconds, Taken(dict(step.figures), error))


def _turn(
    kit: Kit, trip: Trip, state: _State, decision: TrimDecision, name: str
) -> Generator[Ask, Completion, tuple[Step, Candidate | None]]:
    """What one strategy offers: its edits are good whole or not at all."""
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
        return Step(name, "failed", before, before, detail=str(error)), None
    if condensation is None or not condensation.edits:
        return Step(name, "passed", before, before), None
    try:
        plan = _bound(trip, folded(state.plan, condensation, units, trip.counter, trip.opening))
        rendering = trip.render(plan)
        added = _broken(trip, rendering)
        if added:
            raise EditRefused(f"rule {added[0].rule}: {added[0].detail}")
    except (BrimError, ValueError, RecursionError) as error:
        kit.calls.blame(name, "condense", error)
        return Step(name, "refused", before, before, detail=str(error)), None
    after = trip.tokens(rendering)
    if after >= before:
        return Step(name, "no gain", before, after), None
    edits = condensation.edits
    step = Step(
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
    return step, Candidate(plan, rendering, after, touched(trip, edits, units))


def _take(trip: Trip, state: _State, candidate: Candidate | None) -> None:
    """Go on from here; from where it was if there is none."""
    if candidate is not None:
        state.plan, state.rendering = candidate.plan, candidate.rendering
        state.usage = trip.usage(trip.tokens(candidate.rendering))
        trip.timeline.rendering = candidate.rendering


def _least(trip: Trip) -> Candidate:
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
    return Candidate(plan, rendering)


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


def _record(
    kit: Kit, trip: Trip, state: _State, before: Usage, steps: Sequence[Step]
) -> Generator[Errand, Any, None]:
    """Write down the plan; when another fit was first, take over what it wrote."""
    names = tuple(step.strategy for step in steps if step.outcome == "applied")
    past = PastCondensation(trip.length, before.tokens, state.usage.tokens, names)
    record = Record(state.plan, trip.room.budget, (*state.history, past))
    kept = kit.ledger.put(trip.timeline.chain[-1], record, trip.keep)
    if kit.sharing and kept is record:
        kept = yield from kit.sharing.offer(trip, record)
    if kept is not record and not any(kept.plan.touches(i) for i in trip.keep):
        rendering = trip.render(kept.plan)
        fits = trip.usage(trip.tokens(rendering)).upper <= trip.room.budget
        if fits and not _added(trip, rendering):
            _take(trip, state, Candidate(kept.plan, rendering))


def _note_overhead(trip: Trip) -> int:
    body = "note"
    whole = trip.counter.messages([note_message(body, PLACEHOLDER)])[0]
    return whole - trip.counter.texts([body])[0]

"""The road itself: count, decide, replay or condense, verify, record."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from time import perf_counter
from typing import Any

from attrs import evolve

from brim.errors import BrimError, BudgetInfeasible, HookError
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
from brim.road.condensing.allowed import added, bound, broken, last_resort, must_fit
from brim.road.condensing.asking import Asking
from brim.road.condensing.choice import LAST_RESORT
from brim.road.condensing.gate import NEAR, Candidate, Gate, touched
from brim.road.condensing.state import Kit, Outcome, State
from brim.road.learning.shared_accounts import ACCOUNTS
from brim.road.memory.ledger import Record
from brim.road.memory.sharing import Errand, Sharing
from brim.road.plans.covers import covered
from brim.road.plans.edits import EditRefused, folded, removed
from brim.road.plans.minimum import shortest_results
from brim.road.plans.plan import EMPTY
from brim.road.plans.trip import Trip
from brim.road.plans.units import note_message
from brim.road.reports.report import BARE, Step
from brim.road.watch import Taken
from brim.texts import PLACEHOLDER

__all__ = ["condense", "decide", "past_of", "replay", "travel"]


Road = Generator[Ask | Errand, Any, Outcome]


def travel(kit: Kit, trip: Trip) -> Road:
    """Take one request from as it came to as it goes out.

    Yields the `Ask` of strategies and takes their `Completion`, and errands to other processes'
    records. Raises `BudgetInfeasible`
    when what must stay does not fit.
    """
    before = trip.usage(trip.raw_tokens)
    decision = decide(kit, trip, before, None)
    if kit.sharing:
        decision = yield from _heard(kit, kit.sharing, trip, before, decision)
    state = replay(kit, trip, before, decision)
    replayed = state.rendering is not None
    if replayed:
        decision = decide(kit, trip, state.usage, state)
    if _fits(trip, state, decision):
        return Outcome(
            decision, before, state.usage, state.rendering, replayed, history=state.history
        )
    if trip.held:
        return (yield from _postponed(kit, trip, state, before, decision))
    ready, steps, degraded = _made_ready(kit, trip, state), list[Step](), ""
    if ready:
        decision = decide(kit, trip, state.usage, state)
    if not _fits(trip, state, decision):
        if state.usage.upper > trip.room.budget:
            must_fit(trip)
        trip.reserve(trip.wanted)
        state.usage = trip.usage(state.usage.tokens + trip.wanted)
        gate = yield from condense(kit, trip, state, decision)
        steps, degraded = gate.steps, gate.regret
        if state.usage.upper > trip.room.budget:
            why, less = last_resort(trip, state.plan, state.rendering)
            degraded = why or degraded
            _take(trip, state, less)
    done = any(step.outcome == "applied" for step in steps) and state.plan is not EMPTY
    if done or degraded:
        yield from _record(kit, trip, state, past_of(trip, state, before, steps))
    elif ready:
        yield from _record(kit, trip, state)
    return Outcome(
        decision,
        before,
        state.usage,
        state.rendering,
        replayed,
        degraded,
        (*ready, *steps),
        state.history,
    )


def _heard(
    kit: Kit, sharing: Sharing, trip: Trip, before: Usage, decision: TrimDecision
) -> Generator[Errand, Any, TrimDecision]:
    """Ask in one batch what other processes know of the conversation. With their account of it
    is decided anew."""
    shelves = sharing.records(trip) if before.tokens > decision.target else {}
    accounts = kit.accounts if decision.account else None
    if accounts:
        shelves[ACCOUNTS] = accounts.shelf(trip)
    yield from sharing.learn(trip.tenant, shelves)
    return decide(kit, trip, before, None) if accounts else decision


def _fits(trip: Trip, state: State, decision: TrimDecision) -> bool:
    """Whether it may go out as it is."""
    return not decision.trim and state.usage.upper <= trip.room.budget


def _made_ready(kit: Kit, trip: Trip, state: State) -> tuple[Step, ...]:
    """Go on from what was condensed in the background, if that is newer than what was replayed."""
    ledger, chain = kit.ahead, trip.timeline.chain
    here = (chain, trip.room.budget, trip.keep)
    record = ledger.find(*here) if ledger else None
    if not ledger or record is None or ledger.reach(*here) <= kit.ledger.reach(*here):
        return ()
    plan, before = bound(trip, record.plan), state.usage.tokens
    rendering = trip.render(plan)
    if trip.tokens(rendering) >= before or broken(trip, rendering):
        return ()
    _take(trip, state, Candidate(plan, rendering))
    state.history = record.history
    after, past = state.usage.tokens, record.history[-1]
    facts = {"prepared at message": past.messages}
    sizes = [before, *[after] * len(past.strategies)]
    pairs = zip(past.strategies, sizes, strict=False)
    return tuple(Step(name, "applied", size, after, facts=facts) for name, size in pairs)


def _postponed(kit: Kit, trip: Trip, state: State, before: Usage, decision: TrimDecision) -> Road:
    """Nothing before the open turn's thinking may change. Raises `BudgetInfeasible` when
    shortening the newest results is not enough."""
    replayed = state.rendering is not None
    reason = f"{decision.reason}; postponed: the open turn's thinking is bound to all before it"
    degraded = ""
    if state.usage.upper > trip.room.budget:
        degraded = BARE
        plan = shortest_results(trip, state.plan)
        rendering = trip.render(plan)
        minimum = trip.upper(trip.tokens(rendering))
        if minimum > trip.room.budget:
            why = "the open turn's thinking is bound to all before it, which thus"
            raise BudgetInfeasible(minimum, trip.room.budget, why)
        _take(trip, state, Candidate(plan, rendering))
        yield from _record(kit, trip, state, past_of(trip, state, before, ()))
    return Outcome(
        evolve(decision, reason=reason),
        before,
        state.usage,
        state.rendering,
        replayed,
        degraded,
        history=state.history,
    )


def decide(kit: Kit, trip: Trip, usage: Usage, state: State | None) -> TrimDecision:
    shape = trip.shape(state.rendering if state else None)
    history = state.history if state else ()
    task = TrimTask(usage, shape, trip.profile, history, trip.last, trip.account, trip.repeated)
    decision = kit.calls.should_trim(kit.policy, task)
    return evolve(decision, target=min(decision.target, trip.limit))


def replay(kit: Kit, trip: Trip, usage: Usage, decision: TrimDecision) -> State:
    """The conversation as the longest fitting record leaves it."""
    raw = State(EMPTY, None, usage)
    if usage.tokens <= decision.target:
        return raw
    record = kit.ledger.find(trip.timeline.chain, trip.room.budget, trip.keep)
    if record is None:
        return raw
    rendering = trip.render(record.plan)
    if added(trip, rendering):
        return raw
    trip.timeline.rendering = rendering
    return State(record.plan, rendering, trip.usage(trip.tokens(rendering)), record.history)


def condense(
    kit: Kit, trip: Trip, state: State, decision: TrimDecision
) -> Generator[Ask, Completion, Gate]:
    """Ask the strategies in order until the target is met."""
    shape = trip.shape(state.rendering)
    names = kit.choice.chain(decision.strategies, shape, state.usage.utilization)
    gate = Gate(trip, kit.survey, kit.quality if len(names) > 1 else 0)
    near = decision.target + int(NEAR * max(state.usage.tokens - decision.target, 0))
    for name in names:
        if state.usage.tokens <= decision.target:
            break
        yield from _timed(kit, gate, state, decision, name)
    if state.usage.tokens > near:
        _take(trip, state, gate.least_evil(state.usage.tokens, decision.target))
    over = state.usage.upper > trip.room.budget
    if over and (gate.regret or gate.steps[-1].outcome == "applied"):
        gate.quality = 0
        yield from _timed(kit, gate, state, decision, LAST_RESORT)
    _tell(kit, gate.steps)
    return gate


def _timed(
    kit: Kit, gate: Gate, state: State, decision: TrimDecision, name: str
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
    kit: Kit, trip: Trip, state: State, decision: TrimDecision, name: str
) -> Generator[Ask, Completion, tuple[Step, Candidate | None]]:
    """What one strategy offers: its edits are good whole or not at all."""
    before = state.usage.tokens
    units = state.units(trip)
    task = CondenseTask(
        conversation=trip.conversation(units),
        tokens=before,
        target=decision.target,
        limit=trip.limit,
        profile=trip.profile,
        decision=decision,
        count=trip.counter.texts,
        note_overhead=_note_overhead(trip),
        count_parts=trip.counter.parts,
    )
    turn = Asking(kit.calls.condense(name, task))
    try:
        condensation = yield from turn
    except HookError as error:
        return Step(name, "failed", before, before, detail=str(error), asks=turn.asks), None
    if condensation is None or not condensation.edits:
        facts = dict(condensation.facts) if condensation else {}
        return Step(name, "passed", before, before, facts=facts, asks=turn.asks), None
    try:
        plan = bound(trip, folded(state.plan, condensation, units, trip.counter, trip.opening))
        rendering = trip.render(plan)
        breaches = broken(trip, rendering)
        if breaches:
            raise EditRefused(f"rule {breaches[0].rule}: {breaches[0].detail}")
    except (BrimError, ValueError, RecursionError) as error:
        kit.calls.blame(name, "condense", error)
        return Step(name, "refused", before, before, detail=str(error), asks=turn.asks), None
    after = trip.tokens(rendering)
    if after >= before:
        return Step(name, "no gain", before, after, asks=turn.asks), None
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
        asks=turn.asks,
    )
    return step, Candidate(plan, rendering, after, touched(trip, edits, units))


def _take(trip: Trip, state: State, candidate: Candidate | None) -> None:
    """Go on from here; from where it was if there is none."""
    if candidate is not None:
        state.plan, state.rendering = candidate.plan, candidate.rendering
        state.usage = trip.usage(trip.tokens(candidate.rendering))
        trip.timeline.rendering = candidate.rendering


def past_of(trip: Trip, state: State, before: Usage, steps: Sequence[Step]) -> PastCondensation:
    """What a record remembers of the strategies' turns."""
    names = tuple(step.strategy for step in steps if step.outcome == "applied")
    return PastCondensation(trip.length, before.tokens, state.usage.tokens, names)


def _record(
    kit: Kit, trip: Trip, state: State, *past: PastCondensation
) -> Generator[Errand, Any, None]:
    """Write down the plan; when another fit was first, take over what it wrote."""
    record = Record(state.plan, trip.room.budget, (*state.history, *past))
    kept = kit.ledger.put(trip.timeline.chain[-1], record, trip.keep)
    if kit.sharing and kept is record:
        kept = yield from kit.sharing.offer(trip, record)
    if kept is not record and not any(kept.plan.touches(i) for i in trip.keep):
        rendering = trip.render(kept.plan)
        fits = trip.usage(trip.tokens(rendering)).upper <= trip.room.budget
        if fits and not added(trip, rendering):
            _take(trip, state, Candidate(kept.plan, rendering))


def _note_overhead(trip: Trip) -> int:
    body = "note"
    whole = trip.counter.messages([note_message(body, PLACEHOLDER)])[0]
    return whole - trip.counter.texts([body])[0]

"""Random fits, each judged by every guarantee that applies to it.

A trial is data: it can be run again, made smaller, and printed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from attrs import evolve

from brim.errors import BudgetInfeasible
from brim.testing import guarantees as g
from brim.testing.case import Case
from brim.testing.conversations import generate
from brim.testing.draw import Draw
from brim.testing.hostile import COUNTERS, POLICIES, STRATEGIES
from brim.testing.lab import Lab, Trial
from brim.testing.reciting import Recites
from brim.testing.writers import Json, Options

if TYPE_CHECKING:
    from brim.road.reports.fitted import Fitted
    from brim.road.reports.report import FitReport

__all__ = ["KINDS", "Lab", "Trial", "draw_trial", "judge"]

SHARES = (5, 15, 30, 50, 70, 90, 130)
TURNS = 4
"""Turns, the last of a conversation, that are fitted with context."""

CHAIN = 4
"""Strategies that `auto` stands for at a time."""

RISE = (15, 30, 50, 70, 90, 110)
"""Budgets of one rising series, as shares of the conversation's size."""


def draw_trial(draw: Draw, lab: Lab, kind: str | None = None) -> Trial:
    """A random trial, of one kind or of any."""
    kind = kind or draw.choice(tuple(KINDS))
    case = generate(draw, options=Options(messages=40 if kind in SLOW else 120))
    low = draw.choice(SHARES)
    share = draw.integer(low * 2 // 3, low * 4 // 3)
    pins = tuple(at for at in range(len(case.messages)) if draw.boolean(0.04))
    plugin = draw.choice((*STRATEGIES, *COUNTERS, *POLICIES)) if kind == "hostile" else ""
    return Trial(kind, case, max(lab.size(case) * share // 100, 1), pins, plugin)


def judge(trial: Trial, lab: Lab, tenant: str) -> None:
    """Run a trial. Raises `Broken`. `tenant` must be new for each trial."""
    before = json.dumps(trial.case.request)
    KINDS[trial.kind](trial, lab, tenant)
    g.same(before, json.dumps(trial.case.request), 14, "the request before and after")


def _once(trial: Trial, lab: Lab, tenant: str) -> None:
    after, fitted, minimum = lab.fit(lab.shared, trial, tenant)
    if after is None or fitted is None:
        _infeasible(trial, lab, tenant, minimum)
    else:
        _laws(trial, lab, after, fitted)


def _infeasible(trial: Trial, lab: Lab, tenant: str, minimum: int | None) -> None:
    def fits(budget: int) -> int | None:
        if budget == trial.budget:
            return minimum
        return lab.fit(lab.shared, trial, f"{tenant} at {budget}", budget)[2]

    if minimum is not None and minimum > 1:
        g.minimum_is_exact(fits, trial.budget)


def _laws(trial: Trial, lab: Lab, after: Case, fitted: Fitted, borne: int = 0) -> None:
    """All that must hold of one result. `borne` are the tokens of context that earlier requests
    bore: they are history by now."""
    case, report = trial.case, fitted.report
    size = report.before.upper * (report.before.tokens + borne) // max(report.before.tokens, 1)
    room = lab.room(trial)
    g.within(report.after.upper, room)
    g.same(after.messages, fitted.messages, 4, "messages and request")
    recount = lab.shared.count(after.request, model=case.model, dialect=case.dialect)
    g.within(recount.upper, room)
    g.valid(case, after)
    after = g.without_context(case, after)
    roomy = size * lab.roomy <= room and trial.plugin not in POLICIES
    if not report.changed or roomy:
        g.untouched(case.messages, after.messages)
        return
    g.keeps_what_must_stay(case, after, trial.pins)
    g.pairs_are_true(case, after)
    g.thoughts_are_whole(case, after)
    g.unknown_survives(case, after)
    steps = [(one.before, one.after) for one in report.steps if one.outcome == "applied"]
    g.smaller(steps, CHAIN)


def _twice(trial: Trial, lab: Lab, tenant: str) -> None:
    """Guarantee 4, with the same ledger, an empty one, and the output as input."""
    after, fitted, _ = lab.fit(lab.shared, trial, tenant)
    if after is None or fitted is None:
        return
    for name in (tenant, f"{tenant} twin"):
        again, _, _ = lab.fit(lab.shared, trial, name)
        g.same(after.request, again.request if again else None, 4)
    _refit(trial, lab, after, tenant)


def _refit(trial: Trial, lab: Lab, after: Case, tenant: str) -> None:
    pins = _positions(trial, after)
    for name in (tenant, f"{tenant} other"):
        output = evolve(trial, case=after, pins=pins)
        again, _, minimum = lab.fit(lab.shared, output, name)
        if again is None:
            raise g.Broken(4, f"the output is infeasible; its minimum is {minimum}")
        g.same(after.request, again.request, 4, "an output and the fit of it")


def _positions(trial: Trial, after: Case) -> tuple[int, ...]:
    """Where the pinned messages stand in the output."""
    pinned = [id(trial.case.messages[pin]) for pin in trial.pins]
    return tuple(at for at, one in enumerate(after.messages) if id(one) in pinned)


def _grow(trial: Trial, lab: Lab, tenant: str) -> None:
    """Guarantee 10: turn by turn, once without a memory of its own and once as a session."""
    case = trial.case
    session = lab.shared.session(
        model=case.model,
        budget=trial.budget,
        system=case.request.get("system"),
        tools=case.request.get("tools"),
        tenant=f"{tenant} session",
        dialect=case.dialect,
    )
    earlier: dict[str, Fitted] = {}
    for length in case.turns:
        step = evolve(trial, case=case.with_messages(case.messages[:length]), pins=())
        after, fitted, _ = lab.fit(lab.shared, step, tenant)
        _next_turn(earlier, "stateless", fitted)
        session.extend(case.messages[len(session.messages) : length])
        try:
            of_session = session.fit()
        except BudgetInfeasible:
            of_session = None
        lab.fits[0] += 1
        _next_turn(earlier, "session", of_session)
        if after is not None and fitted is not None:
            _laws(step, lab, after, fitted)


def _injects(trial: Trial, lab: Lab, tenant: str) -> None:
    """All laws with context behind the user's messages: turn by turn, and then again."""
    case, brim = trial.case, lab.brim(Recites.name)
    earlier: dict[str, Fitted] = {}
    borne = 0
    for length in case.turns[-TURNS:]:
        step = evolve(trial, case=case.with_messages(case.messages[:length]), pins=())
        after, fitted, minimum = lab.fit(brim, step, tenant)
        _next_turn(earlier, "injected", fitted)
        if after is None or fitted is None:
            _, _, needed = lab.fit(lab.shared, step, tenant)
            g.same(minimum, needed, 2, "the minimum with context and without")
            continue
        _laws(step, lab, after, fitted, borne)
        borne += fitted.report.injected.tokens
        givens = [(tenant, step.case), (tenant, after), (f"{tenant} other", after)]
        sought = fitted.report.injected
        if sought.room and not sought.sources:
            givens.pop()  # that nothing was found does not show: only who looked can know
        for name, given in givens:
            again, _, _ = lab.fit(brim, evolve(step, case=given), name)
            g.same(after.request, again.request if again else None, 4)


def _next_turn(earlier: dict[str, Fitted], name: str, fitted: Fitted | None) -> None:
    if fitted is None:
        return
    last, earlier[name] = earlier.get(name), fitted
    if last is None:
        return
    if fitted.report.condensed or fitted.report.degraded:
        g.condensed_for_a_reason(_grown(last, fitted), _trigger(fitted.report))
    else:
        g.prefix_is_stable(_messages(last), _messages(fitted))


def _grown(last: Fitted, fitted: Fitted) -> int:
    """Tokens of the last output together with what came since."""
    return last.report.after.tokens + fitted.report.before.tokens - last.report.before.tokens


def _trigger(report: FitReport) -> int:
    """The policy's, or the budget less the margin of the count where that is lower."""
    usage = report.before
    return min(report.decision.trigger, usage.budget * usage.tokens // max(usage.upper, 1) - 1)


def _messages(fitted: Fitted) -> list[Json]:
    return cast(list[Json], fitted.messages)


def _rise(trial: Trial, lab: Lab, tenant: str) -> None:
    """Guarantee 15: each budget from an empty ledger. The gate may take another strategy at
    another budget: compared are those at which the same were taken, or none was needed."""
    kept: dict[tuple[str, ...], set[int]] = {}
    size = lab.size(trial.case)
    for share in RISE:
        budget = size * share // 100
        after, fitted, _ = lab.fit(lab.shared, trial, f"{tenant} at {share}", budget)
        if after is not None and fitted is not None:
            more = _verbatim(trial.case, after)
            taken = fitted.report.strategies
            for fewer in kept.values() if not fitted.report.changed else [kept.get(taken, set())]:
                g.grows_with_budget(fewer, more)
            kept[taken] = more


def _verbatim(before: Case, after: Case) -> set[int]:
    """The exchanges of which every message is the very same object."""
    there = {id(message) for message in after.messages}
    return {
        number
        for number, group in enumerate(before.exchanges)
        if all(id(before.messages[at]) in there for at in group)
    }


def _fails(trial: Trial, lab: Lab, tenant: str) -> None:
    """Guarantee 13: an attempt that cannot succeed leaves nothing behind."""
    tight = evolve(trial, budget=1)
    lab.fit(lab.shared, tight, tenant)
    after, _, minimum = lab.fit(lab.shared, trial, tenant)
    clean, _, other = lab.fit(lab.shared, trial, f"{tenant} clean")
    g.same(minimum, other, 13, "the minimum after a failure and without")
    if after is not None and clean is not None:
        g.same(after.request, clean.request, 13, "a fit after a failure and without")


def _hostile(trial: Trial, lab: Lab, tenant: str) -> None:
    """Guarantee 18: all laws hold, and what fits without the plugin fits with it."""
    try:
        after, fitted, minimum = lab.fit(lab.brim(trial.plugin), trial, tenant)
    except g.Broken as broken:
        raise g.Broken(18, f"{trial.plugin}: {broken}") from broken
    clean, _, needed = lab.fit(lab.shared, trial, tenant)
    g.same(minimum, needed, 18, f"the minimum with {trial.plugin} and without")
    if after is None or fitted is None or clean is None:
        return
    _laws(trial, lab, after, fitted)
    if trial.plugin in COUNTERS:
        g.same(clean.request, after.request, 18, f"a fit without {trial.plugin} and with it")


KINDS: Mapping[str, Callable[[Trial, Lab, str], None]] = {
    "once": _once,
    "twice": _twice,
    "grow": _grow,
    "rise": _rise,
    "fails": _fails,
    "hostile": _hostile,
    "inject": _injects,
}
SLOW = frozenset({"grow", "inject"})

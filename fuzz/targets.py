"""What must hold of any input: shared by the fuzzers and by the test that replays the corpus.

`parse` takes bytes as they may come from a client; `edits` takes bytes as a source of
choices. Both return nothing, and raise only where Brim is at fault.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any, TypeVar

from loguru import logger

from brim.api import Condensation, Drop, Edit, Replace, Rewrite
from brim.cli.files import _entry
from brim.errors import BrimError
from brim.model.messages import ToolResult
from brim.road.brim import Brim
from brim.road.condensing.verify import added_violations
from brim.road.intake.prepare import Options as FitOptions
from brim.road.plans.edits import EditRefused, folded
from brim.road.plans.plan import EMPTY
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit
from brim.testing import guarantees
from brim.testing.case import Case
from brim.testing.conversations import generate
from brim.testing.writers import Options

T = TypeVar("T")

MODEL = "gpt-4o"
BUDGETS = (None, 40, 400)
PAIRING = frozenset({1, 2, 3, 8, 9, 15, 16, 17})
"""The rules that no edit can break, because edits apply to whole exchanges."""

SETTINGS = {"counting": {"accurate": False}, "model": MODEL, "plugins": {"discover": False}}
TENANTS = count()


@cache
def app() -> Brim:
    """One `Brim` for all inputs. No input finds what another has left."""
    logger.disable("brim")
    return Brim(SETTINGS)


def parse(data: bytes) -> None:
    """Bytes from outside: read, checked, counted and fitted, or refused with a typed error."""
    entry = _entry(data, 1)
    assert (entry.value is None) == (entry.error is not None)
    for budget in BUDGETS:
        _fit(data, budget)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(value, (dict, list)):
        _objects(value)


def _fit(data: bytes, budget: int | None) -> None:
    try:
        fitted = app().fit(data, budget=budget, tenant=str(next(TENANTS)))
    except BrimError:
        return
    assert isinstance(fitted.request, bytes)
    assert fitted.report.changed or fitted.request == data
    old = {violation.key for violation in fitted.report.input_violations}
    assert {violation.key for violation in fitted.report.violations} <= old
    if budget is not None:
        assert fitted.report.after.upper <= budget
    if fitted.report.changed:
        json.loads(fitted.request)
        again = app().count(fitted.request, dialect=fitted.report.dialect)
        assert again.total == fitted.report.tokens, (again.total, fitted.report.tokens)


def _objects(value: Any) -> None:
    """The same through the other door: nothing of the caller's changes."""
    before = _told(value)
    try:
        fitted = app().fit(value, budget=40, tenant=str(next(TENANTS)))
    except BrimError:
        assert _told(value) == before
        return
    assert _told(value) == before
    own = value if isinstance(value, list) else _messages_of(value)
    if not fitted.report.changed and isinstance(own, list):
        assert all(new is old for new, old in zip(fitted.messages, own, strict=True))


def _told(value: object) -> str | None:
    """All of a value as text; None where Python itself cannot go that deep."""
    try:
        return repr(value)
    except RecursionError:
        return None


def _messages_of(value: dict[str, Any]) -> object:
    return value.get("messages", value.get("input"))


class Bytes:
    """Choices from bytes, zero when they are used up: the simplest ones."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def integer(self, low: int, high: int) -> int:
        width = 1 if high - low < 256 else 4
        taken = self.data[self.at : self.at + width]
        self.at += width
        return low + int.from_bytes(taken, "little") % (high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def boolean(self, chance: float = 0.5) -> bool:
        return self.integer(0, 255) >= 256 - round(chance * 256)


def edits(data: bytes) -> None:
    """Random edits of a valid conversation: refused, or all guarantees hold of what comes out."""
    draw = Bytes(data)
    rounds = [[draw.integer(0, 2**32 - 1) for _ in range(4)] for _ in range(draw.integer(1, 3))]
    case = generate(draw, options=Options(messages=24, surrogates=True, long_texts=False))
    trip = _trip(case)
    plan = EMPTY
    for choices in rounds:
        units = trip.units(plan)
        try:
            plan = folded(plan, _condensation(units, choices), units, trip.counter)
        except EditRefused:
            continue
        if not _judged(case, trip, plan):
            return


def _trip(case: Case) -> Trip:
    engine = app().engine
    options = FitOptions(
        model=case.model, budget=10**6, dialect=case.dialect, tenant=str(next(TENANTS))
    )
    return engine.trip(engine.case(case.request, options))


def _condensation(units: Sequence[Unit], choices: Sequence[int]) -> Condensation:
    return Condensation(tuple(_edit(units, choice) for choice in choices[: 1 + choices[0] % 4]))


def _edit(units: Sequence[Unit], choice: int) -> Edit:
    """Mostly possible edits, now and then one that names what is not there."""
    kind, at, length = choice % 3, choice // 3 % (len(units) + 1), choice // 251 % 5
    run = tuple(range(at, at + length + 1))
    if kind == 0:
        return Drop(run)
    if kind == 1:
        return Replace(run, f"note {choice} </brim-note> \ud800")
    message, part = choice // 1009 % 4, choice // 65_537 % 4
    return Rewrite(at, message, part, f"less {choice}", _path(units, at, message, part, choice))


def _path(
    units: Sequence[Unit], at: int, message: int, part: int, choice: int
) -> tuple[str | int, ...]:
    try:
        old = units[at].exchange.messages[message].parts[part]
    except IndexError:
        return (choice % 3,)
    return (choice % 2,) if isinstance(old, ToolResult) and choice % 5 else ()


def _judged(case: Case, trip: Trip, plan: Any) -> bool:
    """Whether the last look lets this plan pass; it never refuses it for a broken pair."""
    rendering = trip.render(plan)
    out, dialect = trip.parsed(rendering), trip.timeline.dialect
    before = trip.parsed(None)
    broken = added_violations(dialect, trip.envelope, trip.profile, lambda: before, out)
    pairs = [violation for violation in broken if violation.rule in PAIRING]
    assert not pairs, pairs
    body = [item.parsed.message for item in rendering.items]
    assert sum(trip.counter.messages(body)) == rendering.tokens
    if broken or dialect.altered(before, out):
        return False
    head = case.messages[: len(trip.head)]
    wires = [
        trip.timeline.wire(item.source or 0) if item.wire is None else item.wire
        for item in rendering.items
    ]
    after = case.with_messages([*head, *map(dict, wires)])
    guarantees.valid(case, after)
    guarantees.keeps_what_must_stay(case, after)
    guarantees.pairs_are_true(case, after)
    guarantees.thoughts_are_whole(case, after)
    guarantees.unknown_survives(case, after)
    return True

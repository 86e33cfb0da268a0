"""From where a trip ended to what the caller gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import takewhile

from attrs import frozen

from brim.dialects.base import Parsed, Violation
from brim.model.conversation import Tool
from brim.model.messages import Part
from brim.road.condensing.state import Outcome
from brim.road.grading.survival import Survey, Survival
from brim.road.intake.wires import Incoming, copied
from brim.road.plans.render import Item, Rendering
from brim.road.plans.timeline import Timeline
from brim.road.plans.trip import Trip, asks_to_drop
from brim.road.reports.fitted import Fitted
from brim.road.reports.layout import Layout, layout
from brim.road.reports.report import FitReport

__all__ = ["Sent", "finished"]


@frozen
class Sent:
    """What went out last: `items` messages of `rendering`, or of the input as it came."""

    rendering: Rendering | None
    items: int
    tokens: int
    head: tuple[tuple[Part, ...], tuple[Tool, ...], tuple[bytes, ...]]


def finished(
    incoming: Incoming, trip: Trip, outcome: Outcome, seconds: float, survey: Survey
) -> Fitted:
    """The answer in the shape of the request, with its report."""
    before = incoming.messages
    offset = len(before) - trip.length
    if outcome.rendering is None:
        messages: list[object] = list(before)
        request = incoming.given
    else:
        messages = [*before[:offset], *_written(outcome.rendering.items, before, offset)]
        request = incoming.rebuilt(messages, _changes(trip))
    sizes = (len(before), len(messages))
    return Fitted(messages, request, _report(trip, outcome, sizes, seconds, survey))


def _changes(trip: Trip) -> dict[str, object]:
    """Other fields of the request that must say something else now."""
    thinking = trip.envelope.fields.get("thinking")
    if trip.drops_blocks and isinstance(thinking, Mapping):
        return {"thinking": asks_to_drop(thinking)}
    return {}


def _written(items: Iterable[Item], before: Sequence[object], offset: int) -> Iterable[object]:
    for item in items:
        if item.wire is None:
            yield before[offset + (item.source or 0)]
        else:
            yield copied(item.wire)


def _report(
    trip: Trip, outcome: Outcome, sizes: tuple[int, int], seconds: float, survey: Survey
) -> FitReport:
    length = trip.length
    parsed = trip.timeline.parsed
    shown = None if outcome.rendering is None else list(outcome.rendering.items)

    def check_input() -> tuple[Violation, ...]:
        return _violations(trip, parsed[:length])

    def check() -> tuple[Violation, ...]:
        return check_input() if shown is None else _violations(trip, [i.parsed for i in shown])

    def lay_out() -> Layout:
        return layout(trip, _items(trip.timeline, None, length) if shown is None else shown)

    @cache
    def measure() -> Survival:
        if shown is None:
            return Survival(1.0, 0, 0)
        raw = [(one.message, None) for one in parsed[:length] if not one.message.is_instruction]
        return survey.compare(raw, [item.parsed.message for item in shown])

    return FitReport(
        model=trip.envelope.model,
        dialect=trip.timeline.dialect.name,
        before=outcome.before,
        after=outcome.after,
        decision=outcome.decision,
        changed=outcome.rendering is not None,
        replayed=outcome.replayed,
        degraded=bool(outcome.degraded),
        degradation=outcome.degraded,
        steps=outcome.steps,
        history=outcome.history,
        record_age=length - outcome.history[-1].messages if outcome.history else 0,
        expected=trip.room.scale.real(outcome.after.tokens) if trip.room.scale else None,
        prefix_reuse=_reuse(trip, outcome),
        messages_before=sizes[0],
        messages_after=sizes[1],
        injected=outcome.injected,
        seconds=seconds,
        check=check,
        check_input=check_input,
        lay_out=lay_out,
        measure=measure,
    )


def _violations(trip: Trip, body: Iterable[Parsed]) -> tuple[Violation, ...]:
    return trip.timeline.dialect.check([*trip.head, *body], trip.envelope, trip.profile)


def _reuse(trip: Trip, outcome: Outcome) -> float | None:
    """The share of the last output that this one begins with; remembers this one."""
    timeline, rendering = trip.timeline, outcome.rendering
    head = (
        trip.envelope.system,
        trip.envelope.tools,
        tuple(one.message.fingerprint for one in trip.head),
    )
    items = trip.length if rendering is None else len(rendering.items)
    last, timeline.sent = timeline.sent, Sent(rendering, items, outcome.after.tokens, head)
    if not isinstance(last, Sent):
        return None
    if last.head != head:
        return 0.0
    if last.rendering is rendering:
        return 1.0
    old = _items(timeline, last.rendering, last.items)
    pairs = zip(old, _items(timeline, rendering, items), strict=False)
    common = sum(old.tokens for old, _ in takewhile(lambda pair: pair[0].same(pair[1]), pairs))
    outside = trip.fixed - timeline.instruction_tokens
    return min((outside + common) / last.tokens, 1.0) if last.tokens else 1.0


def _items(timeline: Timeline, rendering: Rendering | None, count: int) -> Iterable[Item]:
    if rendering is not None:
        return rendering.items[:count]
    return (Item(timeline.parsed[i], timeline.tokens[i], i) for i in range(count))

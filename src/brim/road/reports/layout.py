"""Where the tokens of a request are."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from brim.model.messages import Text
from brim.road.plans.render import Item
from brim.road.plans.trip import Trip
from brim.texts import is_context, is_note

__all__ = ["Layout", "layout"]


@frozen
class Layout:
    """Tokens of a request, twice divided; both add up to the whole.

    `head` is what no condensation can change: system, tools, instructions and the start of
    the reply; `kept` are messages as they came, `shortened` those with a rewritten part, `notes`
    stand for what is gone; `context` was injected. `roles` has one entry for each role, with the
    request's own system text under "system", and "tools" and "reply".
    """

    head: int = 0
    kept: int = 0
    shortened: int = 0
    notes: int = 0
    context: int = 0
    roles: Mapping[str, int] = field(factory=dict)


def layout(trip: Trip, items: Iterable[Item]) -> Layout:
    """The layout of what goes out."""
    counter = trip.counter
    system, tools, reply = counter.head_parts(trip.envelope.system, trip.envelope.tools)
    roles = Tally(system=system, tools=tools, reply=reply)
    heads = [one.message for one in trip.head]
    for message, tokens in zip(heads, counter.messages(heads), strict=True):
        roles[message.role] += tokens
    kinds = Tally(head=roles.total(), kept=0, shortened=0, notes=0, context=0)
    for item in items:
        roles[item.parsed.message.role] += item.tokens
        kinds.update(_kinds(trip, item))
    return Layout(**kinds, roles={role: tokens for role, tokens in roles.items() if tokens})


def _kinds(trip: Trip, item: Item) -> Mapping[str, int]:
    message = item.parsed.message
    if message.is_instruction:
        return {"head": item.tokens}
    if item.source is None:
        return {"notes": item.tokens}
    if item.wire is None:
        return {"kept": item.tokens}
    texts = [part.text for part in message.parts if isinstance(part, Text)]
    notes = sum(trip.counter.texts([text for text in texts if is_note(text)]))
    context = sum(trip.counter.texts([text for text in texts[-1:] if is_context(text)]))
    rest = item.tokens - notes - context
    shorter = rest < trip.timeline.tokens[item.source]
    return {"notes": notes, "context": context, "shortened" if shorter else "kept": rest}

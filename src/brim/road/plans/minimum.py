"""The least that a conversation can become."""

from __future__ import annotations

from collections.abc import Iterator

from brim.model.decisions import Condensation, Drop, Edit, Rewrite
from brim.model.messages import Image, Opaque, Text, ToolResult
from brim.road.plans.edits import folded
from brim.road.plans.plan import EMPTY, Plan
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit
from brim.road.tokens.counting import Counter
from brim.texts import cut

__all__ = ["RESULT_TOKENS", "dominant", "shortest_results", "skeleton"]

RESULT_TOKENS = 64
"""What is left of each result of the newest exchange at the least."""


def skeleton(trip: Trip) -> Plan:
    """The plan that keeps only what must stay: pins, the user's last words, and the newest
    exchange with each result cut to at most 64 tokens. Where something must stand in between, it
    is the shortest note: a message that is cheaper would go again where there is more room."""
    units = trip.units(EMPTY)
    loose = tuple(
        unit.exchange.index for unit in units if not unit.exchange.keep and not unit.exchange.newest
    )
    edits: list[Edit] = [Drop(loose)] if loose else []
    for unit in units:
        if unit.exchange.newest and not unit.exchange.keep:
            edits.extend(_short_results(unit, trip.counter))
    return folded(EMPTY, Condensation(tuple(edits)), units, trip.counter)


def shortest_results(trip: Trip, plan: Plan) -> Plan:
    """The plan with each result of the newest exchange cut to at most 64 tokens: all that can
    be given up without changing what stands before the newest thinking."""
    units = trip.units(plan)
    return folded(
        plan, Condensation(tuple(_short_results(units[-1], trip.counter))), units, trip.counter
    )


def _short_results(unit: Unit, counter: Counter) -> list[Edit]:
    edits: list[Edit] = []
    for number, message in enumerate(unit.exchange.messages):
        costs = counter.parts(message.parts)
        for position, part in enumerate(message.parts):
            if isinstance(part, ToolResult) and costs[position] > RESULT_TOKENS:
                edits.extend(
                    Rewrite(unit.exchange.index, number, position, text, path)
                    for path, text in _short(part, counter)
                )
    return edits


def _short(result: ToolResult, counter: Counter) -> Iterator[tuple[tuple[int, ...], str]]:
    """The result as one short text. What is unknown stays, and the rest of it is cut in place."""
    if not any(isinstance(item, Opaque) for item in result.content):
        flat = "\n".join(map(_told, result.content))
        yield (), cut(flat, RESULT_TOKENS, counter.texts)
        return
    known = [i for i, item in enumerate(result.content) if not isinstance(item, Opaque)]
    for i in known:
        text = _told(result.content[i])
        shorter = cut(text, RESULT_TOKENS // len(known), counter.texts)
        if shorter != text or not isinstance(result.content[i], Text):
            yield (i,), shorter


def _told(item: object) -> str:
    """A text itself; of what is not text its name."""
    return item.text if isinstance(item, Text) else f"[brim: {_name(item)} left out]"


def _name(item: object) -> str:
    return "image" if isinstance(item, Image) else type(item).__name__.lower()


def dominant(trip: Trip) -> str:
    """What takes most of the room, in words."""
    units = trip.units(EMPTY)
    kept = sum(unit.exchange.tokens for unit in units if unit.exchange.keep)
    newest = units[-1].exchange.tokens if units else 0
    costs = {
        "the system prompt and tools": trip.fixed,
        "what is pinned and the user's last message": kept,
        "the newest exchange": newest,
    }
    name = max(costs, key=lambda key: costs[key])
    return f"what must stay (mostly {name}, {costs[name]:,} tokens)"

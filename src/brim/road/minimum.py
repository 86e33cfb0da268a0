"""The least that a conversation can become."""

from __future__ import annotations

from brim.model.decisions import Condensation, Drop, Edit, Rewrite
from brim.model.messages import Image, Text, ToolResult
from brim.road.counting import Counter
from brim.road.edits import folded
from brim.road.plan import EMPTY, Plan
from brim.road.trip import Trip
from brim.road.units import Unit
from brim.texts import cut

__all__ = ["RESULT_TOKENS", "dominant", "skeleton"]

RESULT_TOKENS = 64
"""What is left of each result of the newest exchange at the least."""


def skeleton(trip: Trip) -> Plan:
    """The plan that keeps only what must stay: pins, the user's last words, and the newest
    exchange with each result cut to at most 64 tokens."""
    units = trip.units(EMPTY)
    loose = tuple(
        unit.exchange.index for unit in units if not unit.exchange.keep and not unit.exchange.newest
    )
    edits: list[Edit] = [Drop(loose)] if loose else []
    if units and not units[-1].exchange.keep:
        edits.extend(_short_results(units[-1], trip.counter))
    return folded(EMPTY, Condensation(tuple(edits)), units, trip.counter)


def _short_results(unit: Unit, counter: Counter) -> list[Edit]:
    edits: list[Edit] = []
    for number, message in enumerate(unit.exchange.messages):
        costs = counter.parts(message)
        for position, part in enumerate(message.parts):
            if isinstance(part, ToolResult) and costs[position] > RESULT_TOKENS:
                text = cut(_flat(part), RESULT_TOKENS, counter.texts)
                edits.append(Rewrite(unit.exchange.index, number, position, text))
    return edits


def _flat(result: ToolResult) -> str:
    """The result as one text; what is not text leaves its name."""
    return "\n".join(
        item.text if isinstance(item, Text) else f"[brim: {_name(item)} left out]"
        for item in result.content
    )


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

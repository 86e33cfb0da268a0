"""The least that a conversation can become."""

from __future__ import annotations

from collections.abc import Mapping

from brim.model.decisions import Condensation, Drop, Edit, Rewrite
from brim.model.messages import Image, Opaque, Text, ToolResult
from brim.road.plans.edits import folded
from brim.road.plans.plan import EMPTY, Plan
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit
from brim.road.tokens.counting import Counter
from brim.texts import PLACEHOLDER, cut, with_handle

__all__ = ["RESULT_TOKENS", "dominant", "shortest_results", "skeleton"]

RESULT_TOKENS = 64
"""What is left of each result of the newest exchange at the least."""

Texts = Mapping[tuple[int, ...], str]
"""New texts of a result by their place in it, () for the whole."""


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
        costs = counter.parts(message)
        for position, part in enumerate(message.parts):
            if isinstance(part, ToolResult) and costs[position] > RESULT_TOKENS:
                edits.extend(
                    Rewrite(unit.exchange.index, number, position, text, path)
                    for path, text in _short(part, counter).items()
                )
    return edits


def _short(result: ToolResult, counter: Counter) -> Texts:
    """The result as one short text; what is unknown stays, and the rest of it is cut in place. Its
    texts one by one where that takes fewer tokens, as strategies may cut them so."""
    known = [i for i, item in enumerate(result.content) if not isinstance(item, Opaque)]
    short: Texts
    if len(known) < len(result.content):
        short = _in_place(result, RESULT_TOKENS // max(len(known), 1), counter)
    else:
        flat = "\n".join(map(_told, result.content))
        short = {(): cut(flat, RESULT_TOKENS, counter.texts)}
    apart = _in_place(result, RESULT_TOKENS, counter)
    return min(short, apart, key=lambda texts: _size(result, texts, counter))


def _in_place(result: ToolResult, limit: int, counter: Counter) -> Texts:
    """Each text of it cut to at most `limit` tokens."""
    told = {i: _told(one) for i, one in enumerate(result.content) if not isinstance(one, Opaque)}
    short = {i: cut(text, limit, counter.texts) for i, text in told.items()}
    return {
        (i,): text
        for i, text in short.items()
        if text != told[i] or not isinstance(result.content[i], Text)
    }


def _size(result: ToolResult, texts: Texts, counter: Counter) -> int:
    """Tokens of the result with these texts in it, which will bear handles."""
    new = [with_handle(text, PLACEHOLDER) for text in texts.values()]
    rest = () if () in texts else enumerate(result.content)
    return sum(counter.texts([*new, *(_told(item) for i, item in rest if (i,) not in texts)]))


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

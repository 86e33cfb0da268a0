"""The least that a conversation can become."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from brim.model.decisions import Condensation, Drop, Edit, Rewrite
from brim.model.messages import Image, Opaque, Text, ToolResult
from brim.road.plans.edits import folded
from brim.road.plans.plan import EMPTY, Plan
from brim.road.plans.render import SHORTEST, needs_bridge
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit, note_message
from brim.road.tokens.counting import Counter
from brim.texts import cut

__all__ = ["RESULT_TOKENS", "dominant", "shortest_results", "skeletons"]

RESULT_TOKENS = 64
"""What is left of each result of the newest exchange at the least."""


def skeletons(trip: Trip) -> list[Plan]:
    """Plans that keep only what must stay: pins, the user's last words, and the newest exchange
    with each result cut to at most 64 tokens. Where a note must stand, the first one has it, as
    with more room; the second may have a message of the user's that is cheaper."""
    units = trip.units(EMPTY)
    runs = _loose_runs(units)
    bridges = {bridge for run in runs for bridge in _bridge(trip, units, run)}
    plans = [_without(trip, units, runs, set())]
    if bridges:
        plans.append(_without(trip, units, runs, bridges))
    return plans


def _without(
    trip: Trip, units: Sequence[Unit], runs: Sequence[Sequence[int]], bridges: Collection[int]
) -> Plan:
    """The plan that drops these runs but for `bridges`, and cuts what may only be cut."""
    loose = tuple(i for run in runs for i in run if i not in bridges)
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


def _loose_runs(units: Sequence[Unit]) -> list[list[int]]:
    """Neighbouring exchanges that may go."""
    runs: list[list[int]] = []
    for unit in units:
        exchange = unit.exchange
        if exchange.keep or exchange.newest:
            continue
        if runs and runs[-1][-1] == exchange.index - 1:
            runs[-1].append(exchange.index)
        else:
            runs.append([exchange.index])
    return runs


def _bridge(trip: Trip, units: Sequence[Unit], run: Sequence[int]) -> list[int]:
    """The user's message of this run that is cheaper than the note which must else stand here."""
    before = units[run[0] - 1].exchange.messages[-1].role if run[0] else None
    after = units[run[-1] + 1].exchange.messages[0].role
    if not needs_bridge(trip.timeline, trip.merges, before, after):
        return []
    note = trip.counter.messages([note_message(SHORTEST)])[0]
    exchanges = [units[i].exchange for i in run]
    cheap = [one for one in exchanges if one.messages[0].role == "user" and one.tokens < note]
    return [min(cheap, key=lambda one: one.tokens).index] if cheap else []


def _short_results(unit: Unit, counter: Counter) -> list[Edit]:
    edits: list[Edit] = []
    for number, message in enumerate(unit.exchange.messages):
        costs = counter.parts(message)
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

"""Edits: checked against what a strategy may do, and folded into the plan."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from brim.errors import BrimError
from brim.model.decisions import Condensation, Drop, Edit, Replace, Rewrite
from brim.model.messages import Document, Image, Opaque, Part, Text, Thinking, ToolCall, ToolResult
from brim.road.plans.plan import Plan, Span, Spot
from brim.road.plans.units import Unit, argument_at, lasting
from brim.road.tokens.counting import Counter
from brim.texts import is_marked

__all__ = ["EditRefused", "folded"]

ARGUMENT_TOKENS = 200
MARK_REWRITTEN = "[brim: rewritten]\n"


class EditRefused(BrimError):
    """A strategy asked for what no strategy may do."""


def folded(
    plan: Plan,
    condensation: Condensation,
    units: Sequence[Unit],
    counter: Counter,
    opening: int | None = None,
) -> Plan:
    """The plan after these edits. Notes that would stand behind exchange `opening` stand in
    front of it.

    Raises `EditRefused` when an edit touches what must stay, overlaps another one, or names
    what is not there. Either all edits of a condensation count or none.
    """
    taken: set[int] = set()
    spans: list[Span] = []
    for edit in condensation.edits:
        if not isinstance(edit, Rewrite):
            spans.extend(_in_front(opening, span) for span in _spans(edit, units, taken))
    rewrites: dict[Spot, dict[tuple[str | int, ...], str]] = {}
    silent: set[tuple[int, int]] = set()
    for edit in condensation.edits:
        if isinstance(edit, Rewrite):
            if edit.exchange in taken:
                raise EditRefused(f"exchange {edit.exchange} is both removed and rewritten")
            unit, part = _part(edit, units)
            if isinstance(part, Thinking):
                silent.add(_silenced(edit, unit))
                continue
            spot, path, text = _rewrite(edit, unit, part, counter)
            if path in rewrites.setdefault(spot, {}):
                raise EditRefused(f"exchange {edit.exchange}: the same part is rewritten twice")
            rewrites[spot][path] = text
    return plan.folded(spans, rewrites, silent)


def _in_front(opening: int | None, span: Span) -> Span:
    if opening is None or span.note is None or span.start < opening:
        return span
    return evolve(span, at=opening)


def _spans(edit: Drop | Replace, units: Sequence[Unit], taken: set[int]) -> list[Span]:
    indexes = sorted(edit.exchanges)
    for index in indexes:
        unit = _unit(units, index)
        if unit.exchange.keep or unit.exchange.newest:
            raise EditRefused(f"exchange {index} must stay")
        if index in taken:
            raise EditRefused(f"exchange {index} is removed twice")
        taken.add(index)
    if isinstance(edit, Drop):
        return [Span(units[i].start, units[i].stop) for i in indexes]
    if not indexes or indexes != list(range(indexes[0], indexes[-1] + 1)):
        raise EditRefused("a note must replace neighbouring exchanges")
    if not edit.note.strip():
        raise EditRefused("a note must not be empty")
    return [Span(units[indexes[0]].start, units[indexes[-1]].stop, edit.note.strip())]


def _part(edit: Rewrite, units: Sequence[Unit]) -> tuple[Unit, Part]:
    """The part that is to be rewritten, and whose it is."""
    unit = _unit(units, edit.exchange)
    if unit.exchange.keep or unit.exchange.note:
        raise EditRefused(f"exchange {edit.exchange} must stay")
    if not 0 <= edit.message < len(unit.exchange.messages):
        raise EditRefused(f"exchange {edit.exchange} has no message {edit.message}")
    message = unit.exchange.messages[edit.message]
    if not 0 <= edit.part < len(message.parts):
        raise EditRefused(f"exchange {edit.exchange}: message {edit.message} has no such part")
    return unit, message.parts[edit.part]


def _silenced(edit: Rewrite, unit: Unit) -> tuple[int, int]:
    """Where the thinking goes, whole."""
    message = unit.exchange.messages[edit.message]
    if edit.text or edit.path or unit.exchange.newest or not lasting(message.parts):
        raise EditRefused(
            f"exchange {edit.exchange}: thinking stays as it is, or goes whole (by an empty text) "
            "from a message that says more"
        )
    return unit.start, edit.message


def _rewrite(
    edit: Rewrite, unit: Unit, part: Part, counter: Counter
) -> tuple[Spot, tuple[str | int, ...], str]:
    path = edit.path
    match part:
        case ToolResult():
            path = _result_path(part, path)
        case ToolCall() if not unit.exchange.newest:
            _check_argument(part, edit, counter)
        case Text() | Image() | Document() if not unit.exchange.newest:
            if path:
                raise EditRefused("only tool results and calls have places inside")
        case _:
            raise EditRefused(f"exchange {edit.exchange}: this part must stay as it is")
    text = edit.text if is_marked(edit.text) else MARK_REWRITTEN + edit.text
    place = lasting(unit.exchange.messages[edit.message].parts).index(edit.part)
    return (unit.start, edit.message, place), path, text


def _result_path(part: ToolResult, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    if not path:
        if any(isinstance(item, Opaque) for item in part.content):
            raise EditRefused(
                "a result that holds unknown content can only be changed item by item"
            )
        return path
    place = path[0]
    if len(path) != 1 or not isinstance(place, int) or not 0 <= place < len(part.content):
        raise EditRefused(f"a tool result has no place {path}")
    if isinstance(part.content[place], Opaque):
        raise EditRefused("unknown content must stay as it is")
    return () if len(part.content) == 1 else path


def _check_argument(call: ToolCall, edit: Rewrite, counter: Counter) -> None:
    old = argument_at(call, edit.path)
    if old is None:
        raise EditRefused("only string values inside of a call's arguments can be rewritten")
    before, after = counter.texts([old, edit.text])
    if before <= ARGUMENT_TOKENS or after >= before:
        raise EditRefused(f"an argument must have over {ARGUMENT_TOKENS} tokens and become shorter")


def _unit(units: Sequence[Unit], index: int) -> Unit:
    if not 0 <= index < len(units):
        raise EditRefused(f"there is no exchange {index}")
    return units[index]


def removed(edits: Sequence[Edit]) -> int:
    """How many exchanges these edits take out."""
    return sum(len(edit.exchanges) for edit in edits if not isinstance(edit, Rewrite))

"""The conversation as a strategy sees it, and the way back to the raw exchanges."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from attrs import evolve, frozen

from brim.dialects.jsontext import replace_in_text
from brim.model.conversation import Exchange
from brim.model.messages import Message, Part, Text, ToolCall, ToolResult
from brim.road.plans.grouping import Group, Piece
from brim.road.plans.handles import handles_of, shown_texts
from brim.road.plans.parts import lasting
from brim.road.plans.plan import Paths, Plan
from brim.road.plans.timeline import Timeline
from brim.texts import wrap_note

__all__ = ["Unit", "argument_at", "lasting", "note_message", "rewritten", "units_of"]


@frozen
class Unit:
    """One exchange in front of a strategy; it stands for raw exchanges [start, stop).

    `pieces` lead from its messages back to the raw ones; a note has none.
    """

    start: int
    stop: int
    exchange: Exchange
    pieces: tuple[Piece, ...] = ()


def units_of(
    timeline: Timeline, plan: Plan, keep: Collection[int], clipped: Collection[int]
) -> list[Unit]:
    """All exchanges that `plan` leaves, its notes among them, numbered from 0."""
    units: list[Unit] = []
    turn = 0
    handles = handles_of(timeline, plan)
    texts = shown_texts(timeline, handles, plan)
    index = 0
    while index < len(timeline.groups):
        group = timeline.groups[index]
        span = plan.span_of(index)
        turn += group.from_user
        if span is None:
            silent = {piece for exchange, piece in plan.silent if exchange == index}
            new = texts.get(index, {})
            shown, tokens = _shown(timeline, new, silent, group)
            tokens += 0 if new else _injected(timeline, plan, group)
            exchange = Exchange(
                len(units),
                shown,
                tokens,
                keep=index in keep,
                newest=index in clipped,
                note=group.note,
                turn=turn,
                came=_came(timeline, group) if new or silent else None,
            )
            units.append(Unit(index, index + 1, exchange, tuple(group.pieces)))
        elif span.note is not None:
            message = note_message(span.note, handles.spans[span.start])
            cost = timeline.counter.messages([message])[0]
            exchange = Exchange(len(units), (message,), cost, note=True, turn=turn)
            units.append(Unit(span.start, span.stop, exchange))
        index = index + 1 if span is None else span.stop
    return units


def note_message(body: str, handle: str = "") -> Message:
    return Message("user", (Text(wrap_note(body, handle)),), note=True)


def _came(timeline: Timeline, group: Group) -> tuple[Message, ...]:
    """The exchange's messages as the caller gave them."""
    found = ((timeline.message(piece.message), piece.parts) for piece in group.pieces)
    return tuple(message if parts is None else message.only(parts) for message, parts in found)


def _injected(timeline: Timeline, plan: Plan, group: Group) -> int:
    """Tokens of what goes out behind an exchange that is a message of the user's. It comes and
    goes with the message, so strategies see only what it costs."""
    if not group.from_user or group.first < plan.plain:
        return 0
    block = timeline.injected.get(group.first)
    return 0 if block is None else block.tokens


def _shown(
    timeline: Timeline,
    rewrites: Mapping[int, Mapping[int, Paths]],
    silent: Collection[int],
    group: Group,
) -> tuple[tuple[Message, ...], int]:
    messages: list[Message] = []
    tokens = 0
    fresh: list[Message] = []
    for number, piece in enumerate(group.pieces):
        message = timeline.message(piece.message)
        texts = rewrites.get(number, {})
        if piece.parts is None and not texts and number not in silent:
            tokens += timeline.tokens[piece.message]
        else:
            if piece.parts is not None:
                message = message.only(piece.parts)
            message = rewritten(message, texts)
            if number in silent:
                message = message.only(lasting(message.parts))
            if number == 0 and piece.parts is not None:
                tokens -= timeline.counter.overhead(message)
            fresh.append(message)
        messages.append(message)
    if fresh:
        tokens += sum(timeline.counter.messages(fresh))
    if group.note:
        messages = [evolve(message, note=True) for message in messages]
    return tuple(messages), tokens


def rewritten(message: Message, texts: Mapping[int, Paths]) -> Message:
    """The message with these of its lasting parts replaced by texts."""
    if not texts:
        return message
    parts = list(message.parts)
    places = lasting(parts)
    for number, paths in texts.items():
        parts[places[number]] = _new_part(parts[places[number]], paths)
    return evolve(message, parts=tuple(parts))


def _new_part(part: Part, paths: Paths) -> Part:
    if isinstance(part, ToolCall):
        return evolve(part, arguments=replace_in_text(part.arguments, paths))
    if isinstance(part, ToolResult):
        if () in paths:
            return evolve(part, content=(Text(paths[()]),))
        content = [
            Text(paths[(place,)]) if (place,) in paths else item
            for place, item in enumerate(part.content)
        ]
        return evolve(part, content=tuple(content))
    return Text(paths[()])


def argument_at(call: ToolCall, path: Sequence[str | int]) -> str | None:
    """The string at this place of a call's arguments, None if there is none."""
    if any(isinstance(step, int) and step < 0 for step in path):
        return None
    try:
        value: object = json.loads(call.arguments)
        for step in path:
            value = value[step]  # type: ignore[index]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return value if path and isinstance(value, str) else None

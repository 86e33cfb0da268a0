"""Pins: the exchanges that a caller wants to keep as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from brim.errors import MalformedRequest
from brim.model.messages import Message, Text, ToolResult
from brim.road.plans.timeline import Timeline
from brim.settings.pins import pin_rule

__all__ = ["Pin", "first_task", "listed", "pin_of", "pinned_exchanges"]

Pin = int | str | Callable[[Message], bool]
"""A message's position (negative from the end), a role, or a test of its view."""

TASK = 4
"""The first task is pinned while it takes at most one part of so many of the budget."""


def pin_of(line: str) -> Pin:
    """The pin that a line of the settings or of the command line stands for.

    Raises `MalformedRequest`.
    """
    try:
        rule = pin_rule(line)
    except ValueError as error:
        raise MalformedRequest(f"pin {line!r}: expected {error}", rule="pin") from None
    if rule.kind == "message":
        return int(rule.value)
    return rule.value if rule.kind == "role" else _has_text(rule.value)


def pinned_exchanges(
    timeline: Timeline, offset: int, pins: Pin | Iterable[Pin] | None, lines: Sequence[str]
) -> frozenset[int]:
    """The exchanges that hold a message pinned by the caller or by a line of the settings.

    Positions count the messages as the caller gave them; `offset` of them stand in front of
    the timeline. Raises `MalformedRequest` for a position that is not there; the settings,
    which are for conversations of any length, may name one.
    """
    total = offset + len(timeline)
    wanted = [*listed(pins), *(pin for pin in map(pin_of, lines) if _is_there(pin, total))]
    if not wanted:
        return frozenset()
    chosen: set[int] = set()
    tests: list[Callable[[Message], bool]] = []
    for pin in wanted:
        if isinstance(pin, int) and not isinstance(pin, bool):
            chosen.add(_position(pin, total) - offset)
        elif isinstance(pin, str):
            tests.append(_has_role(pin))
        elif callable(pin):
            tests.append(pin)
        else:
            raise MalformedRequest(f"a pin is a position, a role or a function, not {pin!r}")
    if tests:
        messages = enumerate(one.message for one in timeline.parsed)
        chosen.update(i for i, message in messages if any(test(message) for test in tests))
    owners = timeline.grouping.owners
    return frozenset(owner for i in chosen if i >= 0 for owner in owners[i])


def first_task(timeline: Timeline, budget: int) -> frozenset[int]:
    """The exchange with the first words of the user, if they leave most of the budget free."""
    groups = enumerate(timeline.groups)
    number = next((i for i, group in groups if group.from_user and not group.note), None)
    if number is None:
        return frozenset()
    tokens = sum(timeline.tokens[piece.message] for piece in timeline.groups[number].pieces)
    return frozenset({number} if TASK * tokens <= budget else ())


def listed(pins: Pin | Iterable[Pin] | None) -> list[Pin]:
    if pins is None:
        return []
    if isinstance(pins, (int, str)) or callable(pins):
        return [pins]
    return list(pins)


def _is_there(pin: Pin, total: int) -> bool:
    return not isinstance(pin, int) or -total <= pin < total


def _position(pin: int, total: int) -> int:
    if not -total <= pin < total:
        raise MalformedRequest(f"pin {pin}: there are only {total} messages", rule="pin")
    return pin % total


def _has_role(role: str) -> Callable[[Message], bool]:
    return lambda message: message.role == role


def _has_text(marker: str) -> Callable[[Message], bool]:
    def holds(message: Message) -> bool:
        return any(
            isinstance(part, (Text, ToolResult)) and marker in part.text for part in message.parts
        )

    return holds

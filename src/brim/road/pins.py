"""Pins: the exchanges that a caller wants to keep as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from brim.errors import MalformedRequest
from brim.model.messages import Message, Text, ToolResult
from brim.road.timeline import Timeline

__all__ = ["Pin", "listed", "pinned_exchanges"]

Pin = int | str | Callable[[Message], bool]
"""A message's position (negative from the end), a role, or a test of its view."""


def pinned_exchanges(
    timeline: Timeline, offset: int, pins: Pin | Iterable[Pin] | None, markers: Sequence[str]
) -> frozenset[int]:
    """The exchanges that hold a pinned message or a text with one of the markers.

    Positions count the messages as the caller gave them; `offset` of them stand in front of
    the timeline. Raises `MalformedRequest` for a position that is not there.
    """
    wanted = listed(pins)
    if not wanted and not markers:
        return frozenset()
    total = offset + len(timeline)
    chosen: set[int] = set()
    tests: list[Callable[[Message], bool]] = [_has_text(marker) for marker in markers]
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


def listed(pins: Pin | Iterable[Pin] | None) -> list[Pin]:
    if pins is None:
        return []
    if isinstance(pins, (int, str)) or callable(pins):
        return [pins]
    return list(pins)


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

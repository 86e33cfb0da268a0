"""Shortens one exchange: its thinking goes first, then its texts give, the largest most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from attrs import frozen

from brim.api import Exchange, Rewrite, Text, Thinking, ToolCall, ToolResult, cut

__all__ = ["ARGUMENT", "LEAST", "shortened", "strings"]

LEAST = 64
"""Tokens that a shortened text keeps at least."""
ARGUMENT = 200
"""Tokens above which a string inside of a call's arguments may be shortened."""
SLACK = 6
"""Tokens allowed for what changes around a shortened text."""
HANDLE, UNSURE = 5, 4
"""Tokens of the handle that its mark will bear, about, and by how many it may be wrong: what was
cut to no more than its mark before cannot be cut again."""


@frozen
class _Place:
    """A text that may be shortened. `path` leads to it inside of its part."""

    message: int
    part: int
    path: tuple[str | int, ...]
    text: str


def shortened(
    exchange: Exchange,
    room: int,
    count: Callable[[Sequence[str]], Sequence[int]],
    *,
    results_only: bool = False,
    silently: bool = False,
    least: int = LEAST,
) -> tuple[Rewrite, ...]:
    """Rewrites after which the exchange takes at most `room` tokens; none if that cannot be.

    `silently` lets its thinking go, which only a turn that is over can spare. A text keeps
    `least` tokens.
    """
    thoughts = list(_thoughts(exchange)) if silently else []
    saved = sum(count([text for _, text in thoughts]))
    silent = tuple(edit for edit, _ in thoughts)
    if silent and exchange.tokens - saved <= room:
        return silent
    places = list(_places(exchange, results_only))
    costs = list(count([place.text for place in places]))
    apart = [
        (place, cost)
        for place, cost in zip(places, costs, strict=True)
        if cost > (ARGUMENT if _is_argument(exchange, place) else least)
    ]
    free = room - exchange.tokens + saved + sum(cost - SLACK for _, cost in apart)
    cap = _level([cost for _, cost in apart], free)
    if cap < least:
        return ()
    long = [(place, cost) for place, cost in apart if cost > cap]
    short = [(place, cut(place.text, cap, count)) for place, _ in long]
    if cap < LEAST:
        sizes = [size + HANDLE for size in count([text for _, text in short])]
        gains = [cost - size for (_, cost), size in zip(long, sizes, strict=True)]
        missed = exchange.tokens - saved - sum(gains) > room
        if missed or max(sizes, default=0) > cap + SLACK or max(gains, default=0) <= UNSURE:
            return ()
    edits = (Rewrite(exchange.index, p.message, p.part, text, p.path) for p, text in short)
    return (*silent, *edits)


def _thoughts(exchange: Exchange) -> Iterator[tuple[Rewrite, str]]:
    """For each message that says more than it thinks: the edit that takes its thinking out, and
    what that thinking says."""
    for number, message in enumerate(exchange.messages):
        texts = [part.text for part in message.parts if isinstance(part, Thinking)]
        if texts and len(texts) < len(message.parts):
            first = next(i for i, part in enumerate(message.parts) if isinstance(part, Thinking))
            yield Rewrite(exchange.index, number, first, ""), "".join(texts)


def _level(costs: Sequence[int], room: int) -> int:
    """The largest cap under which the capped costs add up to at most `room`."""
    rising = sorted(costs)
    for i, cost in enumerate(rising):
        share = room // (len(rising) - i)
        if cost > share:
            return share
        room -= cost
    return rising[-1] if rising else 0


def _places(exchange: Exchange, results_only: bool) -> Iterator[_Place]:
    for number, message in enumerate(exchange.messages):
        for position, part in enumerate(message.parts):
            if isinstance(part, ToolResult):
                for place, item in enumerate(part.content):
                    if isinstance(item, Text):
                        yield _Place(number, position, (place,), item.text)
            elif results_only:
                continue
            elif isinstance(part, Text):
                yield _Place(number, position, (), part.text)
            elif isinstance(part, ToolCall):
                for path, text in strings(part.arguments):
                    yield _Place(number, position, path, text)


def _is_argument(exchange: Exchange, place: _Place) -> bool:
    return isinstance(exchange.messages[place.message].parts[place.part], ToolCall)


def strings(arguments: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The long strings inside of JSON, with the way to each; none if it is no JSON."""
    if len(arguments) <= ARGUMENT:
        return
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return
    stack: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while stack:
        path, inner = stack.pop()
        if isinstance(inner, str) and path and len(inner) > ARGUMENT:
            yield path, inner
        elif isinstance(inner, dict):
            stack.extend(((*path, key), item) for key, item in reversed(inner.items()))
        elif isinstance(inner, list):
            stack.extend(((*path, i), inner[i]) for i in reversed(range(len(inner))))

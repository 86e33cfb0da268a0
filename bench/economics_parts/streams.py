"""Conversations as sizes: real agents' requests, strung together to any length.

Growth for each request is that of real conversations. Lengths are drawn: whole conversations of
one kind, with replacement, until there are as many tokens as were drawn. The data has no times;
pauses are drawn too, seconds between the calls of an agent and a wide spread where a user writes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from functools import cache
from math import exp, log

from attrs import frozen

from quality_parts.data import Message, halves, load, tokens
from quality_parts.texts import shown

__all__ = ["KINDS", "Request", "Stream", "streams"]

KINDS = {"claude_code": 18_000, "tau_airline": 0, "swe_agent": 1_500, "openhands": 0}
"""Kinds of agents, with the tokens of system prompt and tools where the data lacks them."""

ONE_TASK = frozenset({"swe_agent", "openhands"})
"""Of whose user messages only the first, which gives the task, is written by a user; the later ones
are written by tools."""

OVERHEAD = 4
SHORTEST, LONGEST = 30_000, 400_000
"""Tokens of all messages of a conversation; drawn evenly by their logarithm."""

STEP, TURN = 8.0, 90.0
"""Median seconds before a request after a tool's result, and after a user's message."""

STEP_SPREAD, TURN_SPREAD = 1.0, 1.6
"""Standard deviations of the logarithm. A fifth of all turns comes after more than 5 minutes."""


@frozen
class Request:
    """`growth` is tokens that came since the last request, its answer among them; `pause` the
    seconds since then."""

    growth: int
    pause: float


@frozen
class Stream:
    """A conversation. `head` is tokens of system prompt and tools."""

    kind: str
    head: int
    requests: tuple[Request, ...]


def streams(
    number: int, seed: int, kinds: Iterable[str] = KINDS, half: str | None = None
) -> list[Stream]:
    """So many conversations of each kind, drawn from all real ones or from a `half` of them."""
    draws = [(kind, random.Random(f"{seed} {kind}")) for kind in kinds]
    return [_drawn(kind, half, draw) for kind, draw in draws for _ in range(number)]


def _drawn(kind: str, half: str | None, draw: random.Random) -> Stream:
    wanted = exp(draw.uniform(log(SHORTEST), log(LONGEST)))
    pieces, found, total = _pieces(kind, half), list[Request](), 0
    while total < wanted:
        for growth, by_user in draw.choice(pieces):
            median, spread = (TURN, TURN_SPREAD) if by_user else (STEP, STEP_SPREAD)
            found.append(Request(growth, draw.lognormvariate(log(median), spread)))
            total += growth
            if total >= wanted:
                break
    return Stream(kind, _head(kind), tuple(found))


@cache
def _head(kind: str) -> int:
    tools = next((row["tools"] for row in load(kind) if row.get("tools")), [])
    return KINDS[kind] + (tokens(json.dumps(tools)) if tools else 0)


@cache
def _pieces(kind: str, half: str | None) -> tuple[tuple[tuple[int, bool], ...], ...]:
    """Each conversation's requests: growth, and whether a user wrote last."""
    talks, among = kind not in ONE_TASK, halves(kind)
    rows = (row for row in load(kind) if half in (None, among[row["id"]]))
    found = (tuple(_requests(row["messages"], talks)) for row in rows)
    return tuple(one for one in found if len(one) > 2)


def _requests(messages: list[Message], talks: bool) -> Iterator[tuple[int, bool]]:
    growth, by_user, begun = 0, True, False
    for message in messages:
        if message["role"] == "assistant" and growth:
            yield growth, by_user
            growth, begun = 0, True
        by_user = message["role"] == "user" and (talks or not begun)
        growth += OVERHEAD + tokens(shown(message))

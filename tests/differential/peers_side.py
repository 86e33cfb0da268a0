"""Brim and its peers on the same conversation, counted the same way.

Room. Brim's policy lets a conversation grow to a trigger and then comes down to a
target well below the budget, so that the next turns fit; its peers fill the
budget to the last token. To compare what each makes of the same room, a peer gets
Brim's target as its budget, less what Brim's note of what was left out may take
(`NOTE`): peers leave out without a word. Every count is Brim's own count of the
whole request, which all sides use.

Kept. An exchange counts as kept when every one of its messages is there as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from attrs import frozen

from brim import Brim, BudgetInfeasible
from brim.testing.case import Case
from brim.testing.conversations import Options, seeded
from brim.testing.wire import canonical

NOTE = 40
"""Tokens of the shortest note with its frame, at most (32 and the message around it)."""

MODEL = "gpt-4o"
OPTIONS = Options(messages=40, media=False, surrogates=False)
RECIPE = {"strategy": "last", "include_system": True, "start_on": "human", "allow_partial": False}

Peer = Callable[[Case, int], "set[int] | None"]
"""Positions of the messages that stay as they are; None where it says that it cannot be."""


@cache
def app() -> Brim:
    return Brim({"model": MODEL, "strategies": ["smart-truncation"]})


def conversation(seed: int) -> Case:
    return seeded(f"peers {seed}", "openai-chat", OPTIONS)


def sure(case: Case, budget: int) -> int:
    """The tokens of which it is sure that they are within the budget: Brim never sends more, and
    its count of this conversation may be so much too low."""
    report = app().count(case.messages, model=MODEL, dialect="openai-chat")
    return budget * report.total // report.upper


def size(messages: Sequence[Any]) -> int:
    return app().count(list(messages), model=MODEL, dialect="openai-chat").total


@frozen
class Fit:
    """Brim's side: what stays as it came, what goes out, and the room it made for itself."""

    kept: set[int]
    out: list[Any]
    target: int


def ours(case: Case, budget: int, tenant: str) -> Fit | None:
    try:
        fitted = app().fit(
            case.messages, model=MODEL, budget=budget, dialect="openai-chat", tenant=tenant
        )
    except BudgetInfeasible:
        return None
    there = {id(message) for message in fitted.messages}
    kept = {at for at, message in enumerate(case.messages) if id(message) in there}
    changed = fitted.report.changed
    return Fit(kept, fitted.messages, fitted.report.decision.target if changed else budget)


class Inexpressible(Exception):
    """The peer has no words for this conversation."""


def langchain(case: Case, budget: int) -> set[int]:
    """`trim_messages` as its documentation recommends, with an exact counter."""
    from langchain_core.messages import convert_to_messages, trim_messages

    try:
        told = convert_to_messages([{"content": "", **message} for message in case.messages])
    except ValueError as error:
        raise Inexpressible from error
    for at, message in enumerate(told):
        message.id = str(at)

    def count(messages: Sequence[Any]) -> int:
        return size([case.messages[int(one.id)] for one in messages])

    return {
        int(one.id or 0)
        for one in trim_messages(told, max_tokens=budget, token_counter=count, **RECIPE)
    }


def turnsafe(case: Case, budget: int) -> set[int] | None:
    """`turnsafe.fit`, which counts message by message."""
    from turnsafe import ContextBudgetError, fit

    alone = size([])
    costs = [size([message]) - alone for message in case.messages]
    known = {canonical(message): cost for message, cost in zip(case.messages, costs, strict=True)}
    try:
        out = fit(
            case.messages,
            max(budget - alone, 1),
            "openai",
            counter=lambda message: known[canonical(message)],
        )
    except ContextBudgetError:
        return None
    return _positions(case.messages, out)


def _positions(messages: Sequence[Any], out: Sequence[Any]) -> set[int]:
    """Where the messages of `out` stand; it keeps their order, and the latest of equal ones."""
    left = list(enumerate(messages))
    found = set()
    for message in reversed(out):
        while left and left[-1][1] != message:
            left.pop()
        found.add(left.pop()[0])
    return found


def whole(case: Case, kept: set[int]) -> int:
    """Exchanges that are kept whole."""
    return sum(all(at in kept for at in group) for group in case.exchanges)

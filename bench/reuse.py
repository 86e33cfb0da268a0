"""A long conversation grows in a 32k window: how much of each request does the provider know
already, is every request valid, and what does a message cost with the whole default chain?

Prefix reuse is the share of the last request that this one begins with. Its ceiling is that of
a conversation that is left alone until it reaches the limit L, then brought down to C at once
and loses its whole cache: 1 - 2 / ((L/g)(1 - (C/L)²)), with g tokens of growth for each
request. Times are CPU time of `Session.extend` and `Session.fit`.
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from statistics import fmean, median
from tempfile import TemporaryDirectory
from time import process_time

import turnsafe
from attrs import Factory, asdict, define, frozen
from loguru import logger
from rich.console import Console
from rich.table import Table

import brim
from peers import share_encoding
from quality_parts.data import Message, Row, load, need_data, tokens
from quality_parts.texts import shown

WINDOW = 32_000
MODEL = "window-32k"
OVERHEAD = 4
"""Tokens around a message."""
TARGET = 0.98
"""Of the ceiling, what is to be reached."""


@frozen
class Turn:
    """One request. `size` is its tokens, `known` the share of the last one that it begins with."""

    size: int
    known: float
    condensed: bool
    valid: bool
    messages: int
    milliseconds: float


@define
class Run:
    """A conversation from its first request to its last. `limit` and `target` are the last
    decision's."""

    name: str
    limit: int = 0
    target: int = 0
    raw: int = 0
    turns: list[Turn] = Factory(list)


def settings(strategies: Sequence[str], folder: str) -> dict[str, object]:
    models = {MODEL: {"like": "gpt-4o", "window": WINDOW}}
    archive = {"where": "disk", "directory": f"{folder}/archive"}
    return {"strategies": list(strategies), "models": models, "model": MODEL, "archive": archive}


def requests(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """What is added before each request: everything up to the next message of the assistant."""
    start = 0
    for end, message in enumerate(messages):
        if message["role"] == "assistant" and end and messages[end - 1]["role"] != "assistant":
            yield messages[start:end]
            start = end


def grown(row: Row, strategies: Sequence[str], budget: int | None, most: int) -> Run:
    run = Run(row["id"])
    tools = row.get("tools") or None
    with TemporaryDirectory() as folder, brim.Brim(settings(strategies, folder)) as app:
        session = app.session(budget=budget, tools=tools, dialect="openai-chat")
        gc.collect()
        before: list[Message] = []
        for added in requests(row["messages"][:most]):
            began = process_time()
            session.extend(added)
            fitted = session.fit()
            spent = 1e3 * (process_time() - began)
            run.turns.append(_turn(fitted, before, len(added), spent))
            before = fitted.messages  # type: ignore[assignment]
            run.limit, run.target = fitted.report.decision.trigger, fitted.report.decision.target
            run.raw = fitted.report.before.tokens
    return run


def _turn(
    fitted: brim.Fitted, before: Sequence[Message], messages: int, milliseconds: float
) -> Turn:
    report = fitted.report
    valid = report.violations == () and turnsafe.validate(fitted.messages, "openai").ok
    known = known_share(before, fitted.messages, report.before.fixed)
    return Turn(report.tokens, known, report.condensed, valid, messages, milliseconds)


def known_share(before: Sequence[Message], now: Sequence[object], head: int) -> float:
    """The share of the last request that this one begins with, in whole messages. `head`, the
    tokens of system prompt and tools, never changes."""
    body = [one for one in before if one["role"] != "system"]
    after = [one for one in now if one["role"] != "system"]  # type: ignore[index]
    sizes = [OVERHEAD + tokens(shown(one)) for one in body]
    same = takewhile(lambda i: i < len(after) and body[i] == after[i], range(len(body)))
    return (head + sum(sizes[i] for i in same)) / (head + sum(sizes))


@frozen
class Reuse:
    """`mean` weighs requests alike, `billed` by their size. `growth` is tokens for a request."""

    conversation: str
    budget: str
    turns: int
    condensations: int
    mean: float
    billed: float
    growth: float
    ceiling: float
    invalid: int
    over: int


def reuse(run: Run, budget: str) -> Reuse:
    known = [(turn.known, last.size) for last, turn in pairwise(run.turns)]
    growth = (run.raw - run.turns[0].size) / (len(run.turns) - 1)
    return Reuse(
        run.name,
        budget,
        len(run.turns),
        sum(turn.condensed for turn in run.turns),
        fmean(share for share, _ in known),
        sum(share * size for share, size in known) / sum(size for _, size in known),
        growth,
        ceiling(run.limit, run.target, growth),
        sum(not turn.valid for turn in run.turns),
        sum(turn.size > run.limit for turn in run.turns),
    )


def ceiling(limit: float, target: float, growth: float) -> float:
    """The most of its requests that a conversation can find in the cache, by size."""
    return 1 - 2 / (limit / growth * (1 - (target / limit) ** 2))


@frozen
class Cost:
    """CPU milliseconds: for each message over the whole conversation, for a turn that only
    grows, and for the turns that condense."""

    what: str
    messages: int
    amortized: float
    growing: float
    condensations: int
    condensing: float
    dearest: float


def cost(what: str, run: Run) -> Cost:
    messages = sum(turn.messages for turn in run.turns)
    condensing = [turn.milliseconds for turn in run.turns if turn.condensed]
    return Cost(
        what,
        messages,
        sum(turn.milliseconds for turn in run.turns) / messages,
        median(turn.milliseconds for turn in run.turns if not turn.condensed),
        len(condensing),
        median(condensing or [0.0]),
        max(condensing or [0.0]),
    )


def prose() -> Row:
    """All long chats, one after another."""
    messages = [{**one, "content": shown(one)} for row in load("locomo") for one in row["messages"]]
    return {"id": "long chats", "messages": messages}


def long(number: int) -> Row:
    return load("long_concat")[number]


COSTS: Mapping[str, Callable[[], Row]] = {
    "prose (long chats)": prose,
    "tool output (airline agent)": lambda: long(0),
    "tool output (Claude Code)": lambda: long(1),
}


def show(found: Sequence[Reuse], costs: Sequence[Cost]) -> None:
    console = Console(width=118)
    table = Table(
        "budget", "requests", "condensed", "reuse", "by size", "ceiling", "of it", "invalid"
    )
    for one in found:
        table.add_row(
            one.budget,
            f"{one.turns:,}",
            f"{one.condensations}",
            f"{one.mean:.4f}",
            f"{one.billed:.4f}",
            f"{one.ceiling:.4f}",
            f"{one.mean / one.ceiling:.3f} ({one.billed / one.ceiling:.3f} by size)",
            f"{one.invalid}, over {one.over}",
        )
    console.print(f"\n[bold]Prefix reuse[/]; to reach: {TARGET} of the ceiling")
    console.print(table)
    table = Table("CPU ms", "messages", "a message", "growing turn", "condensing turns", "dearest")
    for paid in costs:
        table.add_row(
            paid.what,
            f"{paid.messages:,}",
            f"{paid.amortized:.2f}",
            f"{paid.growing:.2f}",
            f"{paid.condensations} of {paid.condensing:.0f}",
            f"{paid.dearest:.0f}",
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strategy", nargs="+", default=["auto"], help="the chain, in order")
    parser.add_argument("--messages", type=int, default=2_427, help="of each conversation")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    need_data()
    share_encoding()
    logger.disable("brim")
    runs = {
        "a window of 32,000": grown(long(0), args.strategy, None, args.messages),
        "32,000 by the caller": grown(long(0), args.strategy, WINDOW, args.messages),
    }
    found = [reuse(run, budget) for budget, run in runs.items()]
    costs = [
        cost(what, grown(row(), args.strategy, WINDOW, args.messages))
        for what, row in COSTS.items()
    ]
    if args.json:
        plain = {"reuse": [asdict(one) for one in found], "costs": [asdict(one) for one in costs]}
        print(json.dumps(plain, indent=2))
        return
    show(found, costs)


if __name__ == "__main__":
    main()

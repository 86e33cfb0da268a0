"""How far are counts from the provider's, once it has reported what it counted?

Sessions of 400 turns are made from real conversations. The truth is another tokenizer than the one
that Brim counts with: it is reported after each request, as a provider does. A request's error is
that of `FitReport.expected` before it is sent. `by ratio` is what the last report's ratio alone
would have said. To reach: 1 % on average, and no request over the window, which the caller gave as
the whole budget.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from attrs import Factory, asdict, define, frozen
from loguru import logger
from rich.console import Console
from rich.table import Table

import brim
from brim.testing.workbench import alone
from quality_parts.data import Message, load, need_data

KINDS = ("tau_airline", "claude_code", "moss", "locomo", "multilingual_zh")
WINDOW = 32_000
MODEL, TRUTH = "counted", "reported"

TRUTHS: Mapping[str, dict[str, object]] = {
    "cl100k": {"encoding": "cl100k_base"},
    "1.18 x o200k": {"scale": 1.18},
    "1.53 x o200k": {"scale": 1.53},
    "cl100k, 2,000 hidden": {"encoding": "cl100k_base"},
}
HIDDEN = {"cl100k, 2,000 hidden": 2_000}
"""Tokens that the provider adds and Brim cannot see."""

COUNTERS = {"o200k": True, "estimate": False}


@frozen
class Turn:
    """One request: the provider's count, what was expected, by the last ratio, and Brim's own."""

    truth: int
    expected: int | None
    by_ratio: float
    counted: int
    condensed: bool


@define
class Session:
    """One conversation from its first request to its last."""

    kind: str
    turns: list[Turn] = Factory(list)


def messages_of(kind: str, turns: int, seed: int) -> list[Message]:
    """Conversations of one kind one after another, until there are enough turns."""
    draw, found, requests = random.Random(f"{seed} {kind}"), list[Message](), 0
    while requests < turns:
        row = draw.choice(load(kind))
        found += [one for one in row["messages"] if one["role"] != "system"]
        if found[-1]["role"] != "assistant":
            found.append({"role": "assistant", "content": "Done."})
        requests = sum(one["role"] == "assistant" for one in found)
    return found


def requests(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """What is added before each request."""
    added: list[Message] = []
    for message in messages:
        if message["role"] == "assistant" and added and added[-1]["role"] != "assistant":
            yield added
            added = []
        added.append(message)


def played(kind: str, truth: str, counter: str, turns: int, seed: int) -> Session:
    models = {
        MODEL: {"window": WINDOW, "max_output": 1_000},
        TRUTH: {"window": WINDOW, **TRUTHS[truth]},
    }
    given: dict[str, Any] = {"models": models, "strategies": ["smart-truncation"]}
    given["counting"] = {"accurate": COUNTERS[counter], "memo": 20_000}
    exact = {**given, "counting": {"accurate": True, "memo": 20_000}}
    session = Session(kind)
    with brim.Brim(discovering(given)) as app, brim.Brim(discovering(exact)) as provider:
        ours = app.session(model=MODEL, budget=WINDOW, dialect="openai-chat")
        ratio = 1.0
        for added in requests(messages_of(kind, turns, seed)):
            ours.extend(added)
            if len(session.turns) == turns:
                break
            fitted = ours.fit()
            report = fitted.report
            count = provider.count(fitted.messages, model=TRUTH, dialect="openai-chat").total
            count += HIDDEN.get(truth, 0)
            by_ratio = ratio * report.tokens
            turn = Turn(count, report.expected, by_ratio, report.tokens, report.condensed)
            session.turns.append(turn)
            ratio = count / report.tokens
            app.observe(fitted, {"prompt_tokens": count})
    return session


def discovering(given: Mapping[str, Any]) -> object:
    return alone(**given, plugins={"discover": True})


@frozen
class Row:
    """`mean` and `worst` are errors by the provider's count; `short` the most that was expected too
    little; `raw` and `by_ratio` the mean errors of Brim's own count and of the last ratio; `fill`
    the window's use once it was full; `over` requests over the window."""

    truth: str
    counter: str
    kind: str
    turns: int
    condensations: int
    mean: float
    worst: float
    short: float
    raw: float
    by_ratio: float
    fill: float
    over: int


def row(truth: str, counter: str, session: Session) -> Row:
    """The first request, of which nothing can be known, counts for `over` alone."""
    told = [turn for turn in session.turns if turn.expected is not None]
    errors = [turn.expected / turn.truth - 1 for turn in told if turn.expected is not None]
    first = next((i for i, turn in enumerate(session.turns) if turn.condensed), 0)
    full = [turn.truth / WINDOW for turn in session.turns[first:]]
    return Row(
        truth,
        counter,
        session.kind,
        len(session.turns),
        sum(turn.condensed for turn in session.turns),
        fmean(map(abs, errors)),
        max(map(abs, errors)),
        -min(errors),
        fmean(abs(turn.counted / turn.truth - 1) for turn in told),
        fmean(abs(turn.by_ratio / turn.truth - 1) for turn in told),
        max(full),
        sum(turn.truth > WINDOW for turn in session.turns),
    )


def show(rows: Sequence[Row]) -> None:
    console = Console(width=118)
    table = Table(
        "truth",
        "counted",
        "kind",
        "turns",
        "cuts",
        "mean",
        "worst",
        "short",
        "raw",
        "ratio",
        "fill",
        "over",
    )
    for one in rows:
        table.add_row(
            one.truth,
            one.counter,
            one.kind,
            f"{one.turns}",
            f"{one.condensations}",
            *(f"{100 * share:.2f} %" for share in (one.mean, one.worst, one.short)),
            *(f"{100 * share:.1f} %" for share in (one.raw, one.by_ratio)),
            f"{one.fill:.2f}",
            f"{one.over}",
        )
    console.print(table)
    mean = fmean(one.mean for one in rows)
    console.print(
        f"mean error {100 * mean:.2f} %, worst kind {100 * max(one.mean for one in rows):.2f} %"
        f" (to reach: 1 %); {sum(one.over for one in rows)} requests over the window"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--truths", nargs="+", choices=list(TRUTHS), default=list(TRUTHS))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    need_data()
    logger.disable("brim")
    rows = [
        row(truth, counter, played(kind, truth, counter, args.turns, args.seed))
        for truth in args.truths
        for counter in COUNTERS
        for kind in args.kinds
    ]
    if args.json:
        print(json.dumps([asdict(one) for one in rows], indent=2))
        return
    show(rows)


if __name__ == "__main__":
    main()

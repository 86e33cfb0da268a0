"""What is left of the beginning of a conversation after one condensation, and after five.

Real conversations are fed to a session message by message, into a quarter of what they take, until
they were condensed five times. Looked at are the specifics (identifiers, paths, numbers, dates,
and sentences that bind) of the messages that the first condensation covered: what share of them
stands in what goes out after the first condensation, and what share after the fifth.

`auto` has no model to ask; `auto + model` has a stand-in that keeps every other line of what it
reads, as long as there is room; `progressive` and `summary` are these strategies by themselves,
with the same stand-in and no threshold. `--conversations N` of a kind, `--json`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from attrs import frozen
from loguru import logger

from brim import Brim
from brim.api import Ask, BudgetInfeasible
from brim.model.messages import Message
from brim.road.grading.survival import Survey
from brim.testing.fakes import ScriptedModel
from peers import share_encoding
from quality_parts.data import load, need_data

KINDS = ("claude_code", "locomo", "openhands", "swe_agent", "tau_airline")
TIMES = 5
SHARE = 4
LEAST = 1_200
"""Tokens of the smallest budget."""

MODEL = {"complete": ["scripted-model"]}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "auto": {},
    "auto + model": MODEL,
    "summary": {
        **MODEL,
        "strategies": ["conversation-summary"],
        "condensation": {"quality": 0.0},
    },
    "progressive": {
        **MODEL,
        "strategies": ["progressive-summarization"],
        "condensation": {"quality": 0.0},
    },
}


def half(ask: Ask) -> str:
    """Earlier notes as they are, and every other line of what is new, while there is room."""
    read = ask.prompt[-1][1]
    notes = re.findall(r"<notes-so-far>\n(.*?)\n</notes-so-far>", read, re.DOTALL)
    new = re.findall(r"<conversation>\n(.*?)\n</conversation>", read, re.DOTALL)
    lines = [*"\n".join(notes).splitlines(), *"\n".join(new).splitlines()[::2]]
    room, kept = 2 * ask.max_tokens, []
    for line in lines:
        room -= len(line[:300])
        if room > 0:
            kept.append(line[:300])
    return "\n".join(kept) or "Goal: unknown"


@frozen
class Lasting:
    """Of one conversation: the share that stood after each condensation."""

    name: str
    shares: tuple[float, ...]


def views(brim: Brim, messages: Sequence[Any]) -> list[Message]:
    dialect = brim.host.calls.dialects()["openai-chat"]
    return [dialect.parse(one, place).message for place, one in enumerate(messages)]


def followed(row: Mapping[str, Any], way: Mapping[str, Any]) -> Lasting | None:
    """None for a conversation that is not condensed so often."""
    settings = {"archive": {"where": "off"}, **way}
    survey, shares = Survey(), list[float]()
    before: list[tuple[Message, None]] = []
    with Brim(settings, [ScriptedModel((half,))]) as brim:
        budget = max(brim.count(row["messages"], model="gpt-4o").total // SHARE, LEAST)
        session = brim.session(model="gpt-4o", budget=budget, dialect="openai-chat")
        for message in row["messages"]:
            session.append(message)
            if message["role"] == "assistant":
                continue
            try:
                fitted = session.fit()
            except (BudgetInfeasible, ValueError):
                continue  # calls that wait for other results, or one message larger than all
            if not fitted.report.condensed:
                continue
            if not before:
                places = sorted({p for one in fitted.diff().changed for p in one.places})
                given = views(brim, session.messages)
                before = [(given[place], None) for place in places]
            shares.append(survey.score(before, views(brim, fitted.messages)))
            if len(shares) == TIMES:
                return Lasting(row["id"], tuple(shares))
    return None


def table(found: Mapping[str, Sequence[Lasting]]) -> None:
    print(f"{'':14} {'convs':>5}  after 1 {'2':>7} {'3':>7} {'4':>7} {'5':>7}   5th of 1st")
    for way, runs in found.items():
        if runs:
            means = [mean(run.shares[n] for run in runs) for n in range(TIMES)]
            cells = " ".join(f"{one:7.1%}" for one in means)
            print(f"{way:14} {len(runs):5}  {cells}   {means[-1] / means[0]:7.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=4, help="of a kind")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    need_data()
    share_encoding()
    logger.disable("brim")
    found: dict[str, list[Lasting]] = {}
    for way in args.ways:
        found[way] = []
        for kind in KINDS:
            rows = sorted(load(kind), key=lambda row: row["id"])[: args.conversations]
            found[way] += filter(None, (followed(row, WAYS[way]) for row in rows))
            print(f"{way}, {kind}: done", file=sys.stderr)
    if args.json:
        shown = {way: {run.name: run.shares for run in runs} for way, runs in found.items()}
        print(json.dumps(shown, indent=2))
    else:
        table(found)


if __name__ == "__main__":
    main()

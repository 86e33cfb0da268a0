"""What is left of the beginning of a conversation after one condensation, and after five.

Real conversations are fed to a session message by message, into what stands at their head (system
and developer messages) and a quarter of what the rest takes, until they were condensed five times.
Looked at are the specifics (identifiers, paths, numbers, dates, and sentences that bind) of the
messages that the first condensation covered: what share of them stands in what goes out after each
condensation (`all`), and what share of those that the first notes kept (`noted`). Of the others
some stand in newer messages as well for a while, and go with these.

`auto` has no model to ask; `auto + model` has a stand-in that keeps every other line of what it
reads, as long as there is room; `progressive` and `summary` are these strategies by themselves,
with the same stand-in and no threshold. `--conversations N` of a kind, `--least` tokens of a budget
beside the head, `--thin` for a stand-in that keeps no more than every other line of earlier notes,
`--json`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import mean
from typing import Any

from attrs import Factory, asdict, define, frozen
from loguru import logger

from brim import Brim
from brim.api import Ask, BudgetInfeasible
from brim.model.messages import Message, Text
from brim.road.grading.survival import Left, Survey, There
from brim.testing.fakes import ScriptedModel
from brim.texts import is_note
from peers import share_encoding
from quality_parts.data import load, need_data

KINDS = ("claude_code", "locomo", "openhands", "swe_agent", "tau_airline")
TIMES = 5
SHARE = 4
LEAST = 1_200
"""Tokens of the smallest budget, beside the head."""

MODEL = "gpt-4o"
ASKED = {"complete": ["scripted-model"]}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "auto": {},
    "auto + model": ASKED,
    "summary": {
        **ASKED,
        "strategies": ["conversation-summary"],
        "condensation": {"quality": 0.0},
    },
    "progressive": {
        **ASKED,
        "strategies": ["progressive-summarization"],
        "condensation": {"quality": 0.0},
    },
}


def half(ask: Ask) -> str:
    """Earlier notes as they are, and every other line of what is new, while there is room."""
    notes, new = read(ask)
    return written(ask, [*notes, *new[::2]])


def thin(ask: Ask) -> str:
    """Every other line of earlier notes, and of what is new, while there is room."""
    notes, new = read(ask)
    return written(ask, [*notes[::2], *new[::2]])


def read(ask: Ask) -> tuple[list[str], list[str]]:
    """The lines of earlier notes, and of what is new."""
    text = ask.prompt[-1][1]
    notes = re.findall(r"<notes-so-far>\n(.*?)\n</notes-so-far>", text, re.DOTALL)
    new = re.findall(r"<conversation>\n(.*?)\n</conversation>", text, re.DOTALL)
    return "\n".join(notes).splitlines(), "\n".join(new).splitlines()


def written(ask: Ask, lines: Iterable[str]) -> str:
    room, kept = 2 * ask.max_tokens, []
    for line in lines:
        room -= len(line[:300])
        if room > 0:
            kept.append(line[:300])
    return "\n".join(kept) or "Goal: unknown"


@frozen
class Lasting:
    """Of one conversation: the shares that stood after each condensation, and of what the first
    notes kept; none of these where they kept nothing."""

    name: str
    shares: tuple[float, ...]
    noted: tuple[float, ...]


def views(brim: Brim, messages: Sequence[Any]) -> list[Message]:
    dialect = brim.host.calls.dialects()["openai-chat"]
    return [dialect.parse(one, place).message for place, one in enumerate(messages)]


def budget_of(brim: Brim, messages: Sequence[Mapping[str, Any]], least: int) -> int:
    head = [one for one in messages if one["role"] in {"system", "developer"}]
    fixed, whole = (brim.count(some, model=MODEL).total if some else 0 for some in (head, messages))
    return fixed + max((whole - fixed) // SHARE, least)


@define
class Followed:
    """What the first condensation covered, and what of it stood in each view since."""

    survey: Survey
    there: There
    kept: Left
    views: list[Left] = Factory(list)

    @classmethod
    def begun(cls, survey: Survey, covered: Sequence[Message], out: Sequence[Message]) -> Followed:
        there = survey.there([(message, None) for message in covered])
        notes = [one for one in out if any(is_note(text) for text in texts_of(one))]
        return cls(survey, there, survey.left(there, notes))

    def see(self, out: Sequence[Message]) -> None:
        self.views.append(self.survey.left(self.there, out))

    def lasting(self, name: str) -> Lasting:
        shares = tuple(self.there.result(left).score for left in self.views)
        kept, said = self.kept
        whole = self.there.result(self.kept).score
        noted = [
            self.there.result((values & kept, texts & said)).score for values, texts in self.views
        ]
        return Lasting(name, shares, tuple(one / whole for one in noted) if whole else ())


def texts_of(message: Message) -> Iterator[str]:
    return (part.text for part in message.parts if isinstance(part, Text))


def followed(
    row: Mapping[str, Any],
    way: Mapping[str, Any],
    least: int = LEAST,
    model: Callable[[Ask], str] = half,
) -> Lasting | None:
    """None for a conversation that is not condensed so often."""
    settings = {"archive": {"where": "off"}, **way}
    found: Followed | None = None
    with Brim(settings, [ScriptedModel((model,))]) as brim:
        budget = budget_of(brim, row["messages"], least)
        session = brim.session(model=MODEL, budget=budget, dialect="openai-chat")
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
            out = views(brim, fitted.messages)
            if found is None:
                places = sorted({p for one in fitted.diff().changed for p in one.places})
                given = views(brim, session.messages)
                found = Followed.begun(Survey(), [given[place] for place in places], out)
            found.see(out)
            if len(found.views) == TIMES:
                return found.lasting(row["id"])
    return None


def table(found: Mapping[str, Sequence[Lasting]]) -> None:
    print(f"{'':20} {'convs':>5}  after 1 {'2':>7} {'3':>7} {'4':>7} {'5':>7}   5th of 1st")
    for way, runs in found.items():
        for what in ("shares", "noted"):
            rows = [row for row in (getattr(run, what) for run in runs) if row]
            if rows:
                means = [mean(row[n] for row in rows) for n in range(TIMES)]
                cells = " ".join(f"{one:7.1%}" for one in means)
                name = f"{way}, {'all' if what == 'shares' else what}"
                print(f"{name:20} {len(rows):5}  {cells}   {means[-1] / means[0]:7.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=4, help="of a kind")
    parser.add_argument("--least", type=int, default=LEAST, help="tokens of the smallest budget")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--thin", action="store_true", help="a model that thins out notes, too")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    need_data()
    share_encoding()
    logger.disable("brim")
    found: dict[str, list[Lasting]] = {}
    model = thin if args.thin else half
    for way in args.ways:
        found[way] = []
        for kind in KINDS:
            rows = sorted(load(kind), key=lambda row: row["id"])[: args.conversations]
            found[way] += filter(
                None, (followed(row, WAYS[way], args.least, model) for row in rows)
            )
            print(f"{way}, {kind}: done", file=sys.stderr)
    if args.json:
        shown = {way: {run.name: asdict(run) for run in runs} for way, runs in found.items()}
        print(json.dumps(shown, indent=2))
    else:
        table(found)


if __name__ == "__main__":
    main()

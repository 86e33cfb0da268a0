"""What context injection finds: questions about long chats of which only the archive is left.

Every question is put to the source of context that is asked for (`keyword-context`), through the
kernel, with room for 5 % of the conversation's tokens. What is measured is the block that would go
out behind the question, frame, sources and quotation marks included: do the words of the answer
stand there, in text about the turns that gave it (`grounded`), and are these turns among the first
ten found (`recall@10`)? Keep-last fills the same room with the newest turns. `by text alone` fills
the room with passages and nothing around them, as measurements of others do: ours, and those of
BM25 whose neighbours take part. One half of the conversations was for fitting, the other is
reported.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any

from attrs import Factory, define, frozen

import brim
from brim.api import InjectTask, Passage, Talk, relevance, spread
from brim.model.conversation import Exchange
from brim.road.injection.snippets import FRAME, composed, ranked
from brim.road.intake.prepare import Options
from peers import share_encoding
from quality_parts.data import Row, halves, load, need_data, tokens
from quality_parts.grounding import Covered, Question, grounded, questions_of
from quality_parts.statistics import rate
from quality_parts.texts import shown

MODEL = "gpt-4o"
TOP = 10
PATIENCE = 300.0
"""Seconds for a local embedding model, which has a whole chat to read at first."""

NAME = "keyword-context"
UNANSWERABLE = "adversarial_unanswerable"


@frozen
class Asked:
    """A question about a chat: which turns answer it, and how that is seen, where it can be."""

    text: str
    evidence: tuple[int, ...]
    question: Question | None


@define
class Tally:
    """Hits and questions of each conversation."""

    grounded: dict[str, tuple[int, int]] = Factory(dict)
    found: dict[str, tuple[float, int]] = Factory(dict)
    plain: dict[str, tuple[float, int]] = Factory(dict)
    last: dict[str, tuple[int, int]] = Factory(dict)
    alone: dict[str, tuple[int, int]] = Factory(dict)
    bm25: dict[str, tuple[int, int]] = Factory(dict)
    size: int = 0
    room: int = 0
    seconds: list[float] = Factory(list)


def asked_of(row: Row, turns: Sequence[str]) -> Iterator[Asked]:
    """All questions that have an answer and evidence; `questions_of` gives those of them whose
    whole answer stands in its evidence, in the same order."""
    whole = questions_of(row, turns)
    fitting = next(whole, None)
    for asked in row["qa"]:
        evidence = tuple(asked["evidence_message_indexes"])
        if asked["category"] == UNANSWERABLE or not evidence:
            continue
        alone = next(questions_of({**row, "qa": [asked]}, turns), None)
        assert alone is None or alone == fitting
        if alone is not None:
            fitting = next(whole, None)
        yield Asked(asked["question"], evidence, alone)


def exchanges_of(app: brim.Brim, row: Row) -> tuple[Exchange, ...]:
    """The chat as its source sees it: all of it is gone."""
    case = app.engine.case(row["messages"], Options(model=MODEL))
    trip = app.engine.trip(case)
    messages = [(group.index, case.timeline.message(group.first)) for group in case.timeline.groups]
    assert len(messages) == trip.length
    return tuple(Exchange(index, (message,), 0) for index, message in messages)


def share_found(ranking: Mapping[Any, float], turns: Sequence[int], asked: Asked) -> float:
    """The share of the evidence among the first ten turns."""
    order = sorted(ranking, key=lambda key: (-ranking[key], key))
    first = list(dict.fromkeys(turns[place] for _, place in order))[:TOP]
    return sum(turn in first for turn in asked.evidence) / len(asked.evidence)


def block_lines(text: str) -> list[str]:
    return [line.removeprefix("> ") for line in text.splitlines() if line.startswith("> ")]


def said(lines: Sequence[str], speakers: Sequence[str]) -> list[str]:
    """Lines without the speaker's name in front."""
    marks = tuple(f"{speaker}: " for speaker in speakers)
    return [line.partition(": ")[2] if line.startswith(marks) else line for line in lines]


def newest(texts: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for text in reversed(texts):
        room -= tokens(text)
        if room < 0:
            break
        kept += text.splitlines()
    return kept


def best(ranking: Mapping[Any, float], passages: Mapping[Any, Passage], room: int) -> list[str]:
    """The best passages, as many as have room by their texts alone."""
    kept: list[str] = []
    for key in sorted(ranking, key=lambda key: (-ranking[key], key)):
        size = tokens(passages[key].text.removeprefix(f"{passages[key].speaker}: "))
        if size <= room:
            room -= size
            kept += passages[key].text.splitlines()
    return kept


def measure(app: brim.Brim, row: Row, share: float, tally: Tally) -> None:
    texts = [shown(message) for message in row["messages"]]
    room = int(share * sum(map(tokens, texts)))
    gone = exchanges_of(app, row)
    talk = Talk()
    passages = talk.follow(gone)
    turns = [passages[key].number - 1 for key in sorted(passages)]
    covered = Covered(texts)
    kept_last = covered.about(newest(texts, room))
    name, trip = row["id"], app.engine.counter(MODEL)
    assert app.engine.injecting is not None
    embedding = app.engine.injecting.embedding
    conversation = app.engine.trip(
        app.engine.case([{"role": "user", "content": "?"}], Options(model=MODEL))
    ).conversation(())
    sums = [0, 0, 0.0, 0.0, 0, 0, 0, 0]
    speakers = row["meta"]["speakers"]
    for asked in asked_of(row, texts):
        scores = talk.index.scores(asked.text)
        ranking = relevance(talk.index, passages, asked.text)
        sums[2] += share_found(ranking, turns, asked)
        sums[3] += share_found(scores, turns, asked)
        sums[5] += 1
        if asked.question is None:
            continue
        task = InjectTask(
            conversation,
            asked.text,
            room - FRAME,
            gone,
            trip.texts,
            embedding.embed,
            embedding.name,
        )
        began = perf_counter()
        calls, names = app.host.calls, app.settings.inject
        offers = asyncio.run(calls.inject_context(names, task, app.settings.injection.timeout))
        text, _ = composed(ranked(offers), room, trip.texts)
        tally.seconds.append(perf_counter() - began)
        tally.size += tokens(text)
        tally.room += room
        about = covered.about(said(block_lines(text), speakers))
        sums[0] += grounded(asked.question, about)
        sums[1] += grounded(asked.question, kept_last)
        sums[4] += 1
        for place, one in ((6, ranking), (7, spread(scores, passages))):
            lines = said(best(one, passages, room), speakers)
            sums[place] += grounded(asked.question, covered.about(lines))
    tally.grounded[name] = int(sums[0]), int(sums[4])
    tally.last[name] = int(sums[1]), int(sums[4])
    tally.alone[name] = int(sums[6]), int(sums[4])
    tally.bm25[name] = int(sums[7]), int(sums[4])
    tally.found[name] = sums[2], int(sums[5])
    tally.plain[name] = sums[3], int(sums[5])


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=0.05, help="of the conversation's tokens")
    parser.add_argument("--half", choices=("dev", "held", "all"), default="held")
    parser.add_argument("--inject", nargs="+", default=[NAME], help="sources of context")
    parser.add_argument("--embeddings", default="", help="a server's /v1, for embedding-context")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def main() -> None:
    args = parsed()
    need_data()
    share_encoding()
    half, tally = halves("locomo"), Tally()
    settings: dict[str, Any] = {"inject": args.inject, "archive": {"where": "memory"}}
    if args.embeddings:
        own = {"url": args.embeddings, "key_variable": "", "timeout": PATIENCE}
        settings |= {
            "injection": {"timeout": PATIENCE},
            "plugin": {"openai-embeddings": own, "embedding-context": {"batch": 1_000}},
        }
    with brim.Brim(settings) as app:
        for row in load("locomo"):
            if args.half in ("all", half[row["id"]]):
                measure(app, row, args.share, tally)
    report(args, tally)


def report(args: argparse.Namespace, tally: Tally) -> None:
    ordered = sorted(tally.seconds)
    rows = {
        "grounded": rate(tally.grounded),
        "grounded, keep last": rate(tally.last),
        "grounded, by text alone": rate(tally.alone),
        "BM25, by text alone": rate(tally.bm25),
        f"recall@{TOP}": rate(tally.found),  # type: ignore[arg-type]  # shares of evidence
        f"recall@{TOP}, without neighbours": rate(tally.plain),  # type: ignore[arg-type]
    }
    asked = sum(number for _, number in tally.grounded.values())
    facts = {
        "half": args.half,
        "conversations": len(tally.grounded),
        "questions": asked,
        "size of the room used": round(tally.size / tally.room, 3),
        "ms a question, median": round(1e3 * ordered[len(ordered) // 2], 1),
        "ms a question, p95": round(1e3 * ordered[int(0.95 * len(ordered))], 1),
    }
    if args.json:
        values = {name: (one.value, one.low, one.high) for name, one in rows.items()}
        print(json.dumps({**facts, **values}, indent=2))
        return
    for name, fact in facts.items():
        print(f"{name:32} {fact}")
    for name, estimate in rows.items():
        print(f"{name:32} {estimate} %")


if __name__ == "__main__":
    main()

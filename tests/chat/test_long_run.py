"""Two thousand turns of one conversation, with tools that work, fail and hang, up to 20 at once."""

from __future__ import annotations

import asyncio
import random

from attrs import evolve
from chat_parts import MODEL, calls

from brim.api import Completion
from brim.chat import ChatLoop, Transcripts, tool
from brim.testing.fakes import ScriptedModel

TURNS, BUDGET, AT_ONCE = 2_000, 4_000, 20

ERRORS = {"look": "", "boom": "ValueError", "hang": "TimeoutError", "gone": "UnknownTool"}
"""What becomes of a call of each tool."""


def look(place: int) -> str:
    return f"row {place}: port {8_000 + place}, free. " * 4


def boom(place: int) -> str:
    raise ValueError(f"no row {place}")


@tool(timeout=0.001)
async def hang(place: int) -> str:
    await asyncio.sleep(60)
    return "never"


def wanted(turn: int, dice: random.Random) -> list[tuple[str, str, str]]:
    """The calls of one turn: mostly a few, sometimes none, every fiftieth time 20 at once."""
    count = AT_ONCE if turn % 50 == 0 else dice.choice([0, 1, 1, 2, 3])
    kinds = dice.choices([*ERRORS], weights=[12, 2, 1, 1], k=count)
    return [
        (name, f'{{"place": {dice.randrange(99)}}}', f"c{turn}_{n}") for n, name in enumerate(kinds)
    ]


def test_two_thousand_turns(make, transcripts: Transcripts) -> None:
    dice = random.Random(7)
    turns = [wanted(turn, dice) for turn in range(TURNS)]
    answers: list[Completion] = []
    for turn, called in enumerate(turns):
        steps = [evolve(calls(*called), input_tokens=0, cached_tokens=0)] if called else []
        answers += [*steps, Completion(f"answer {turn}", "end", MODEL)]
    model = ScriptedModel(answers)
    brim = make(model, chat={"parallel_tools": True})
    said = transcripts.create("long")
    loop = ChatLoop(brim, model=MODEL, budget=BUDGET, tools=[look, boom, hang], transcript=said)

    async def talk() -> int:
        condensed = 0
        for turn, called in enumerate(turns):
            reply = await loop.arun_iteration(f"question {turn}")
            assert reply.text == f"answer {turn}"
            assert [run.call_id for run in reply.tools] == [call_id for *_, call_id in called]
            assert [run.error for run in reply.tools] == [ERRORS[name] for name, *_ in called]
            assert reply.report.after.upper <= BUDGET
            assert reply.report.violations == ()
            condensed += reply.report.condensed
        return condensed

    assert asyncio.run(talk()) > 20
    assert len(model.asks) == len(answers)
    expected = sum(2 + bool(called) + len(called) for called in turns)
    assert len(loop.messages) == expected
    assert said.messages == loop.messages
    users = [one["content"] for one in said.messages if one["role"] == "user"]
    assert users == [f"question {turn}" for turn in range(TURNS)]

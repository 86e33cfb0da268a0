"""Kill a chat loop while it talks, again and again, and see what its transcript has.

`python bench/chat_kills.py [COUNT]` (300 if not given) starts COUNT chat loops, one after the
other, each going on with the transcript that the last one left. Every iteration asks, calls a tool
and answers, and is acknowledged when `run_iteration` has returned; the process is killed with
SIGKILL at some moment, be it while it starts. What was acknowledged must be in the transcript,
whole and in order, and the next loop must be able to go on. Exits 1 otherwise.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from attrs import define
from loguru import logger

from brim import Brim
from brim.api import Ask, Completion, ToolCall, hookimpl
from brim.chat import ChatLoop, Transcripts
from brim.store.sqlite import open_store
from kills import killed

PACE = {"early": 0.1, "longest": 0.15}
"""See `killed`: seconds, from the first iteration on."""

ROUND = 50
"""Loops to one transcript."""

ROLES = ["user", "assistant", "tool", "assistant"]
SETTINGS = {
    "archive": {"where": "memory"},
    "complete": ["caller"],
    "counting": {"accurate": False},
    "monitor": {"publish": "off"},
}


class Caller:
    """A model that calls a tool, and answers with what the user said."""

    name = "caller"

    @hookimpl
    async def complete(self, ask: Ask) -> Completion:
        last = ask.messages[-1]
        if last.role == "user":
            call = ToolCall("call-1", "look", "{}")
            return Completion("", "other", ask.model, 10, 5, 0, (call,))
        asked = next(one.text for one in reversed(ask.messages) if one.role == "user")
        return Completion(f"answer to {asked}", "end", ask.model, 10, 5)


def look() -> str:
    """Look."""
    return "there it is"


@define
class Toll:
    """What was found. `told` are iterations whose `run_iteration` returned, `untold` those that
    are whole in the transcript nevertheless, `stuck` loops that ended by themselves."""

    kills: int = 0
    told: int = 0
    untold: int = 0
    lost: int = 0
    torn: int = 0
    stuck: int = 0

    @property
    def clean(self) -> bool:
        return not (self.lost or self.torn or self.stuck)

    def __str__(self) -> str:
        return (
            f"{self.kills:,} kills, {self.told:,} iterations acknowledged: {self.lost} lost, "
            f"{self.torn} torn or out of order, {self.stuck} loops that could not go on; "
            f"{self.untold} were kept and not acknowledged"
        )


def question(number: int, iteration: int) -> str:
    return f"question {number}.{iteration}"


def talk(path: Path, number: int, pipe: int) -> None:
    """Talk until killed, and tell each iteration."""
    logger.disable("brim")
    with Transcripts(path) as transcripts, Brim(SETTINGS, [Caller()]) as brim:
        transcript = transcripts.open("a", create=True)
        loop = ChatLoop(brim, model="gpt-4o", transcript=transcript, tools=[look], budget=2_000)
        for iteration in range(1_000_000):
            loop.run_iteration(question(number, iteration))
            os.write(pipe, b".")


def warm() -> None:
    """Import all that a loop needs, so that the loops need not: they are killed at their work."""
    with Brim(SETTINGS, [Caller()]) as brim:
        ChatLoop(brim, model="gpt-4o", tools=[look]).run_iteration("hi")


def check(path: Path, told: Sequence[tuple[int, int]], toll: Toll) -> None:
    """Look at what these loops wrote, with a reader that has seen none of it. `told` has the
    number of each loop and how many iterations it told, in order."""
    if not path.exists():
        toll.lost += sum(count for _, count in told)
        return
    with Transcripts(path) as transcripts:
        messages = transcripts.open("a", create=True).messages
    places = {one["content"]: place for place, one in enumerate(messages) if one["role"] == "user"}
    last = -1
    for number, count in told:
        for iteration in range(count + 1):
            text = question(number, iteration)
            place = places.get(text)
            if iteration < count and place is None:
                toll.lost += 1
            elif place is not None:
                turn = messages[place : place + 4]
                whole = [one["role"] for one in turn] == ROLES
                whole &= whole and turn[-1]["content"] == f"answer to {text}"
                toll.torn += place < last or (iteration < count and not whole)
                toll.untold += iteration == count and whole
                last = place


def run(count: int, folder: Path, seed: int = 0) -> Toll:
    """So many kills, in rounds on a transcript each."""
    toll, dice = Toll(), random.Random(seed)
    warm()
    for first in range(0, count, ROUND):
        path = folder / f"{first}" / "transcripts.sqlite"
        open_store(path).close()
        loops = range(first, min(first + ROUND, count))
        told = [(one, killed(partial(talk, path, one), dice, toll, **PACE)) for one in loops]
        toll.told += sum(iterations for _, iterations in told)
        check(path, told, toll)
    return toll


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        toll = run(count, Path(folder))
    print(toll)
    sys.exit(0 if toll.clean and toll.kills == count else 1)


if __name__ == "__main__":
    main()

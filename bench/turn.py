"""What one more turn of a growing agent conversation costs, for Brim and its peers.

A turn is an agent's step: a tool call and its result are appended (two messages of
about 366 tokens each) and the conversation is fitted into 32,000 tokens. All sides
get the same messages in one process, one after another in every round, so that
whatever slows the machine slows all of them. A list that comes anew with every call must
be compared with what is known, message by message, as anything in it may have changed:
what only that costs stands in a row of its own. Times are CPU time. A peer whose
single turn takes longer than `--patience` seconds is left out from that length on. What the first
fit of a whole history takes is no turn.

With `--whole N` no peers are measured: a conversation of tool output and one of prose (the long
chats of the quality measurements, where they are there) grow to N messages, and what they cost
is shared out among all messages, the turns that condense listed apart.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import chain, repeat, starmap
from random import Random
from statistics import fmean, median
from time import process_time
from typing import Any

from peers import COUNTS_EXACTLY, MODEL, Message, Side, peers, share_encoding

SIZES = (10, 100, 200, 500, 1_000, 2_000, 5_000)
BUDGET = 32_000
TOKENS = 366
BRIM = ("Brim session", "Brim stateless")
SETTINGS = {"archive": {"where": "memory"}}
"""Nothing is left behind on the disk."""

FLOOR = "comparing the list, no more"
OFTEN = (*BRIM, FLOOR)


class BrimSession:
    """`Session.extend` and `Session.fit`."""

    def __init__(self, budget: int) -> None:
        import brim

        self.session = brim.Brim(SETTINGS).session(model=MODEL, budget=budget)

    def extend(self, messages: list[Message]) -> None:
        self.session.extend(messages)

    def fit(self) -> Any:
        return self.session.fit()


class BrimStateless:
    """`Brim.fit` of the whole list, which remembers nothing but its ledger."""

    def __init__(self, budget: int) -> None:
        import brim

        self.brim, self.budget, self.messages = brim.Brim(SETTINGS), budget, list[Message]()

    def extend(self, messages: list[Message]) -> None:
        self.messages.extend(messages)

    def fit(self) -> Any:
        return self.brim.fit(self.messages, model=MODEL, budget=self.budget)


class Comparing:
    """What a stateless call cannot do without: the list compared with a copy of it."""

    def __init__(self) -> None:
        self.messages, self.known = list[Message](), list[Message]()

    def extend(self, messages: list[Message]) -> None:
        self.messages.extend(messages)
        self.known.extend(deepcopy(messages))

    def fit(self) -> bool:
        return self.messages == self.known


class Agent:
    """Writes a conversation without end. No text occurs twice."""

    def __init__(self, seed: int) -> None:
        self.random, self.step = Random(seed), 0
        self.count = share_encoding().encode_ordinary

    def start(self) -> list[Message]:
        return [
            {"role": "system", "content": "You are a careful engineer."},
            {"role": "user", "content": "Find out why the nightly build is red, and mend it."},
        ]

    def turn(self) -> list[Message]:
        self.step += 1
        call = f"call_{self.step}"
        arguments = json.dumps({"path": f"src/part_{self.step}.py"})
        return [
            {
                "role": "assistant",
                "content": self._text(),
                "tool_calls": [
                    {
                        "id": call,
                        "type": "function",
                        "function": {"name": "read", "arguments": arguments},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": call, "content": self._text()},
        ]

    def _text(self) -> str:
        """Lines like a tool's output, cut to about TOKENS tokens."""
        lines, tokens = [], 0
        while tokens < TOKENS - 8:
            lines.append(self._line())
            tokens += len(self.count(lines[-1])) + 1
        return "\n".join(lines)

    def _line(self) -> str:
        number = self.random.randrange
        verbs = ("opened", "compared", "linked", "skipped", "rebuilt", "measured", "found")
        verb, noun = self.random.choice(verbs), self.random.choice(("module", "header", "case"))
        return f"{number(10**6):06d} {verb} {noun} lib/n{number(9999)}.so in {number(900)} ms"


Figures = dict[str, dict[str, float]]


def measure(size: int, sides: dict[str, Side], args: argparse.Namespace) -> Figures:
    """Milliseconds of a turn at this length: median and greatest of every side."""
    agent = Agent(size)
    history = agent.start()
    while len(history) < size:
        history += agent.turn()
    for side in sides.values():
        side.extend(history[:size])
    patient = {
        name: side
        for name, side in sides.items()
        if _warm(side, args.patience) <= args.patience or name in OFTEN
    }
    times: dict[str, list[float]] = {name: [] for name in patient}
    gc.collect()
    for at in range(args.rounds * args.turns):
        messages = agent.turn()
        for name, side in patient.items():
            if name in OFTEN or at % args.turns == 0:
                times[name].append(_timed(side, messages))
            else:
                side.extend(messages)
    return {
        name: {"median": median(taken), "mean": sum(taken) / len(taken), "max": max(taken)}
        for name, taken in times.items()
    }


def _warm(side: Side, patience: float) -> float:
    """Seconds of the first fit, or of a second one, since the first loads what is loaded late."""
    first = _timed(side, []) / 1e3
    return first if first > 2 * patience else _timed(side, []) / 1e3


def _timed(side: Side, messages: list[Message]) -> float:
    started = process_time()
    side.extend(messages)
    side.fit()
    return (process_time() - started) * 1e3


def flatness(args: argparse.Namespace) -> Figures:
    """Milliseconds of a turn at all lengths, the lengths taking turns too: what slows the
    machine for a while slows all of them. Sides by length, as text."""
    sides: dict[tuple[str, int], Side] = {}
    agents = {size: Agent(size) for size in args.sizes}
    for size, agent in agents.items():
        history = agent.start()
        while len(history) < size:
            history += agent.turn()
        for name, made in {
            BRIM[0]: BrimSession(BUDGET),
            BRIM[1]: BrimStateless(BUDGET),
            FLOOR: Comparing(),
        }.items():
            made.extend(history[:size])
            made.fit()
            sides[name, size] = made
    times: dict[tuple[str, int], list[float]] = {key: [] for key in sides}
    gc.collect()
    for _ in range(args.rounds * args.turns * 2):
        for size, agent in agents.items():
            messages = agent.turn()
            for name in OFTEN:
                times[name, size].append(_timed(sides[name, size], messages))
    return {name: {str(size): median(times[name, size]) for size in args.sizes} for name in OFTEN}


def sweep(args: argparse.Namespace) -> Iterator[tuple[int, Figures]]:
    """Figures for each length; a peer that lost patience is not tried at a greater one."""
    makers: dict[str, Callable[[int], Side]] = {BRIM[0]: BrimSession, BRIM[1]: BrimStateless}
    makers[FLOOR] = lambda _: Comparing()
    makers |= {name: make for name, make in peers().items() if not args.alone}
    for size in args.sizes:
        figures = measure(size, {name: make(BUDGET) for name, make in makers.items()}, args)
        makers = {name: make for name, make in makers.items() if name in figures}
        print(f"{size:,} messages done", file=sys.stderr)
        yield size, figures


def whole(messages: int) -> Figures:
    """What conversations cost from end to end, through the whole default chain."""
    return {what: _grown(turns, messages) for what, turns in _wholes().items()}


def _wholes() -> dict[str, Iterator[list[Message]]]:
    """Conversations in turns: what is added before each request."""
    from quality_parts.data import ABSENT, DATA
    from reuse import prose, requests

    agent = Agent(1)
    found = {"tool output": chain([agent.start()], starmap(agent.turn, repeat(())))}
    if DATA.is_dir():
        found["prose"] = map(list, requests(prose()["messages"]))
    else:
        print(ABSENT, file=sys.stderr)
    return found


def _grown(turns: Iterator[list[Message]], messages: int) -> dict[str, float]:
    """CPU milliseconds of one that grows to so many messages. The first turn, which loads what
    is loaded late, is left out."""
    side = BrimSession(BUDGET)
    size, growing, condensing = 0, list[float](), list[float]()
    _timed(side, next(turns))
    gc.collect()
    for added in turns:
        started = process_time()
        side.extend(added)
        condensed = side.fit().report.condensed
        (condensing if condensed else growing).append((process_time() - started) * 1e3)
        size += len(added)
        if size >= messages:
            break
    return {
        "messages": size,
        "a message": (sum(growing) + sum(condensing)) / size,
        "growing turn": median(growing),
        "condensing turns": len(condensing),
        "mean": fmean(condensing or [0.0]),
        "dearest": max(condensing, default=0.0),
    }


def show_whole(found: Figures) -> None:
    print(f"\nCPU ms of a whole conversation, all of the default chain, budget {BUDGET:,}\n")
    print(f"{'':16}" + "".join(f"{key:>18}" for key in found["tool output"]))
    for what, figures in found.items():
        cells = (f"{v:,}" if isinstance(v, int) else f"{v:.2f}" for v in figures.values())
        print(f"{what:16}" + "".join(f"{cell:>18}" for cell in cells))


def ratios(found: dict[int, Figures], flat: Figures) -> dict[str, float]:
    """The two figures that matter: does a turn stay flat, and how far ahead is it."""
    answer: dict[str, float] = {}
    ends = min(found), max(found)
    short, long = map(str, ends)
    between = f"{ends[1]:,} over {ends[0]:,} messages"
    for name in BRIM:
        answer[f"{name}, {between}"] = flat[name][long] / flat[name][short]
    beyond = [flat[BRIM[1]][size] - flat[FLOOR][size] for size in (short, long)]
    answer[f"{BRIM[1]} beyond comparing, {between}"] = beyond[1] / beyond[0]
    for name, figures in found.get(500, {}).items():
        if name not in OFTEN:
            answer[f"{name} over Brim session at 500"] = (
                figures["median"] / found[500][BRIM[0]]["median"]
            )
    return answer


def show(found: dict[int, Figures], flat: Figures, patience: float) -> None:
    def row(label: str, name: str, key: str) -> None:
        impatient = f"> {patience:g} s"
        cells = (f"{f[name][key]:.2f}" if name in f else impatient for f in found.values())
        print(f"{label:30}" + "".join(f"{cell:>10}" for cell in cells))

    print(f"\nCPU ms of a turn, median ({TOKENS} tokens a message, budget {BUDGET:,})\n")
    print(f"{'messages':30}" + "".join(f"{size:>10,}" for size in found))
    for name in found[min(found)]:
        exact = name in OFTEN or name in COUNTS_EXACTLY
        row(name if exact else f"{name} *", name, "median")
    for name in BRIM:
        row(f"{name}, mean", name, "mean")
        row(f"{name}, dearest", name, "max")
    print("\n* does not count exactly\n")
    print(f"{'all lengths in turn':30}" + "".join(f"{size:>10,}" for size in found))
    for name, times in flat.items():
        print(f"{name:30}" + "".join(f"{value:>10.2f}" for value in times.values()))
    print()
    for name, value in ratios(found, flat).items():
        print(f"{name:55} {value:8.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=5, help="turns measured of every peer")
    parser.add_argument("--turns", type=int, default=5, help="turns of Brim for one of a peer")
    parser.add_argument("--patience", type=float, default=3.0, help="seconds")
    parser.add_argument("--alone", action="store_true", help="Brim only")
    parser.add_argument("--whole", type=int, metavar="N", help="only whole conversations")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    share_encoding()
    if args.whole:
        costs = whole(args.whole)
        print(json.dumps(costs, indent=2)) if args.json else show_whole(costs)
        return
    flat = flatness(args)
    found = dict(sweep(args))
    if args.json:
        answer = {"ms": found, "in turn": flat, "ratios": ratios(found, flat)}
        print(json.dumps(answer, indent=2))
    else:
        show(found, flat, args.patience)


if __name__ == "__main__":
    main()

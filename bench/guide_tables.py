"""The tables of both performance guides, measured: ours beside theirs, each row met or why not.

Times are CPU time of one process, in ms, so that what else runs on the machine does not count; a
model that answers at once takes the place of a real one. Memory is MiB. `--quick` takes a tenth of
the samples, `--json` prints plain data. Exits 1 when a row is neither met nor explained.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from statistics import fmean
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from attrs import asdict, frozen
from loguru import logger

from brim import Brim
from brim.api import Ask, ToolCall
from brim.bench.holding import held
from brim.bench.load import Load, loaded, quantile
from brim.bench.operations import Operations
from brim.bench.scripted import Scripted
from brim.bench.subject import MODEL, dice_of, made, said
from brim.chat import ChatLoop
from brim.chat.guards import checked
from brim.road.figures.process import MIB
from peers import share_encoding

CLEANING = {"input-checks": {"control": "remove", "bidi": "remove", "nul": "remove"}}
SIZES = {10: 1, 50: 5, 100: 10, 500: 50, 1_000: 100, 5_000: 500}
"""Messages, and about how many MB the guide gives them."""

TRIMS = {500: 50, 1_000: 25, 5_000: 10}
"""Messages, and how many pass between two trims there."""

SCALES = {1: (100, 100, 5), 10: (1_000, 1_024, 10), 100: (10_000, 10_240, 25)}
"""Users, and for them messages an hour, MB at most, and % of CPU at most."""

TOKENIZER = "the tables of the tokenizer alone take about 83; `counting.accurate = false` has none"
CHAIN = (
    "the whole offline chain reads all that goes, to keep what matters of it. It is due once in "
    "some 50 messages; strategies = ['smart-truncation'] trims in the time of the row above, and a "
    "model's part can be done beforehand (condensation.background)"
)
SEARCH = (
    "that is the search in all that was left out, here some 130 messages, and the fit around it; "
    "the guide does not say in how much its own looks"
)
NEW = (
    "every new message is looked up in vain once, so that the ratio rises with the conversation: "
    "over 60 turns it is 94 %, over 100 turns 97 %"
)


@frozen
class Row:
    """One line of a guide: what it says, what was measured, and whether that is kept."""

    table: str
    name: str
    guide: str
    ours: str
    met: bool
    why: str = ""

    @property
    def settled(self) -> bool:
        return self.met or bool(self.why)


def timed(table: str, name: str, limits: Sequence[float], times: list[float], why: str = "") -> Row:
    """A row of times: median, 95th percentile and maximum, each within its limit."""
    ordered = sorted(times)
    found = (quantile(ordered, 0.5), quantile(ordered, 0.95), ordered[-1])
    met = all(a <= b for a, b in zip(found, limits, strict=True))
    return Row(table, name, spelt(limits), spelt(found), met, "" if met else why)


def spelt(numbers: Sequence[float]) -> str:
    return " / ".join(f"{number:.3g}" for number in numbers)


def at_least(
    table: str, name: str, least: float, found: float, unit: str = "", why: str = ""
) -> Row:
    met = found >= least
    return Row(table, name, f"≥ {least:,g}{unit}", f"{found:,.4g}{unit}", met, "" if met else why)


def at_most(table: str, name: str, most: float, found: float, unit: str, why: str = "") -> Row:
    met = found <= most
    return Row(table, name, f"≤ {most:,g}{unit}", f"{found:,.3g}{unit}", met, "" if met else why)


def quiet(settings: Mapping[str, object]) -> Brim:
    usual = {"archive": {"where": "off"}, "monitor": {"publish": "off"}, "complete": ("scripted",)}
    return Brim({**usual, **settings}, [Scripted()])


async def milliseconds(work: Callable[[int], Awaitable[object]], times: int) -> list[float]:
    """CPU time of each, after a tenth of them for warming up."""
    taken = []
    for number in range(-times // 10, times):
        began = process_time()
        await work(number)
        if number >= 0:
            taken.append(1e3 * (process_time() - began))
    return taken


def look() -> str:
    """Look."""
    return "there it is"


OPERATIONS = "Operation timing"


async def loops(times: int) -> list[Row]:
    """What a chat loop does besides trimming."""
    ours, text = f"{OPERATIONS} (p50 / p95 / max, ms)", said(dice_of(1), 60)
    dirty = text[:200] + "\x07" + text[200:] + "\u202e"
    with quiet({"plugin": CLEANING}) as brim:
        loop = ChatLoop(brim, model=MODEL, tools=[look], budget=8_000)
        toolbox = loop._setup.toolbox
        call, ask = ToolCall("c", "look", "{}"), Ask((("user", text),), model=MODEL)
        return [
            timed(ours, "input validation", (0.1, 0.5, 1), await milliseconds(
                lambda n: checked(brim, text), times)),
            timed(ours, "content sanitization", (0.2, 1, 2), await milliseconds(
                lambda n: checked(brim, dirty), times)),
            timed(ours, "LLM invocation, what Brim adds", (500, 2_000, 5_000), await milliseconds(
                lambda n: brim.host.calls.complete(ask, 30.0), times)),
            timed(ours, "tool execution, what Brim adds", (50, 200, 1_000), await milliseconds(
                lambda n: toolbox.run([call], 20), times)),
            timed(ours, "complete iteration", (300, 1_000, 3_000), await milliseconds(
                lambda n: loop.arun_iteration(f"{n}: {text}"), times)),
        ]  # fmt: skip


def injection(times: int) -> Row:
    """A whole fit that looks something up for a question on what was left out."""
    dice, taken = dice_of(2), []
    with quiet({"inject": ("keyword-context",)}) as brim:
        session = brim.session(made(50).messages(1), model=MODEL, budget=12_000)
        for number in range(-1, times):
            session.append({"role": "user", "content": said(dice, 40)})
            began = process_time()
            fitted = session.fit()
            if number >= 0 and not fitted.report.condensed:
                taken.append(1e3 * (process_time() - began))
            session.append({"role": "assistant", "content": said(dice, 40)})
    table = f"{OPERATIONS} (p50 / p95 / max, ms)"
    return timed(table, "context injection, with the fit around it", (5, 20, 50), taken, SEARCH)


def trimming(samples: int) -> Iterator[Row]:
    """Trims of 300 messages, and turns without one."""
    table, proxy = f"{OPERATIONS} (p50 / p95 / max, ms)", "The proxy's targets"
    found: dict[str, list[float]] = {}
    with Operations(made(), quiet) as operations:
        for name, prepare in operations.prepared(
            ("trim", "stateless-turn", "condensing-turn", "counting")
        ).items():
            taken = [cpu(prepare(number)) for number in range(samples + 1)]
            found[name] = sorted(taken[1:])  # the first one warms up
        tokens = operations.whole
    turns = [time / 5 for time in found["stateless-turn"]]  # five of them in a sample
    yield timed(table, "memory trimming", (5, 20, 50), found["trim"])
    yield at_most(table, "memory trimming, median", 10, quantile(found["trim"], 0.5), " ms")
    yield at_least(proxy, "tokens counted a second", 1e4, 1e3 * tokens / fmean(found["counting"]))
    yield at_most(proxy, "latency of a turn, 95th percentile", 50, quantile(turns, 0.95), " ms")
    dear = quantile(found["condensing-turn"], 0.5)
    yield at_most(proxy, "latency of a turn that condenses, median", 100, dear, " ms", CHAIN)


def cpu(run: Callable[[], object]) -> float:
    began = process_time()
    run()
    return 1e3 * (process_time() - began)


def memory(sizes: Mapping[int, float]) -> Iterator[Row]:
    for size, most in sizes.items():
        one = held(quiet, size)
        row = at_most("Memory by conversation", f"{size:,} messages", most, one.held / MIB, " MB")
        yield row
    yield from trims(max(sizes))


def trims(most: int) -> Iterator[Row]:
    """Messages between two trims of a conversation that grows to so many."""
    dice, condensed = dice_of(3), []
    with quiet({"strategies": ("smart-truncation",)}) as brim:
        session = brim.session(model=MODEL, budget=32_000)
        for number in range(0, most, 2):
            session.append({"role": "user", "content": said(dice, 160)})
            if session.fit().report.condensed:
                condensed.append(number)
            session.append({"role": "assistant", "content": said(dice, 160)})
    for size, least in TRIMS.items():
        here = [number for number in condensed if size / 2 < number <= size]
        if size <= most and here:
            every = (size / 2) / len(here)
            name = f"messages between trims, {size:,} messages"
            yield at_least("Memory by conversation", name, least, every)


async def throughput(requests: int) -> list[Row]:
    """Concurrent loops of one process; CPU is that of the guide's messages an hour."""
    rows = []
    for users, (hourly, most, share) in SCALES.items():
        table = f"{users} concurrent loops"
        with TemporaryDirectory() as at, quiet({"archive": {"directory": at}}) as brim:
            found = await loaded(brim, Load(users, max(requests, users)))
        each = found.cpu / found.requests
        rows += [
            at_least(table, "messages an hour of CPU time", hourly, 3_600 / each),
            at_most(table, f"CPU at {hourly:,} messages an hour", share, hourly * each / 36, " %"),
            at_most(table, "resident memory", most, found.memory, " MB", TOKENIZER),
            at_least(table, "requests answered", 100, 100 * found.success_rate, " %"),
        ]
    return rows


def proxy(turns: int) -> Iterator[Row]:
    """What is left of the proxy's targets: accuracy, cache hits, tokens saved."""
    table, encode = "The proxy's targets", share_encoding().encode_ordinary
    messages: list[Any] = made(turns).messages(1)  # type: ignore[assignment]
    with quiet({}) as brim:
        texts = [said(dice_of(number), 80) for number in range(100)]
        plain = [{"role": "user", "content": text} for text in texts]
        exact = [len(encode(text)) for text in texts]
        ours = [count - 4 for count in brim.count(plain, model=MODEL).per_message]
        wrong = sum(abs(a - b) for a, b in zip(ours, exact, strict=True)) / sum(exact)
        yield at_least(table, "token counting accuracy", 95, 100 * (1 - wrong), " %")
        for length in range(5, len(messages) + 1, 4):
            brim.fit(messages[:length], model=MODEL, budget=12_000)
        stats = brim.stats()
    yield at_least(table, "cache hit ratio", 95, 100 * stats.cache_hit_ratio, " %", NEW)
    saved = stats.condensation_stats.avg_tokens_saved
    yield at_least(table, "tokens saved by a condensation", 100, saved)


def measured(scale: float) -> Iterator[Row]:
    """All rows, with this share of the samples."""
    many, some = max(int(400 * scale), 10), max(int(40 * scale), 4)
    biggest = 5_000 if scale >= 1 else 500
    yield from asyncio.run(loops(many))
    yield injection(some)
    yield from trimming(some)
    yield from memory({size: most for size, most in SIZES.items() if size <= biggest})
    yield from asyncio.run(throughput(many))
    yield from proxy(60)


def show(rows: Sequence[Row]) -> None:
    table = ""
    for row in sorted(rows, key=lambda row: [one.table for one in rows].index(row.table)):
        if row.table != table:
            table = row.table
            print(f"\n{table}\n")
            print(f"{'':45} {'guide':>20} {'ours':>22}")
        print(f"{row.name:45} {row.guide:>20} {row.ours:>22}  {'met' if row.met else 'NOT MET'}")
        if row.why:
            print(f"    {row.why}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    logger.disable("brim")
    rows = list(measured(0.1 if args.quick else 1.0))
    if args.json:
        print(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        show(rows)
    sys.exit(0 if all(row.settled for row in rows) else 1)


if __name__ == "__main__":
    main()

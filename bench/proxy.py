"""What a proxy adds: direct, the bare pass-through on the same stack, Brim, and LiteLLM.

All sides run in turns within each round, each in a process of its own, against one upstream on
loopback. For every size, number of clients and way of answering: milliseconds added to direct
(p50 and p99), and the CPU milliseconds of the proxy's process for a request. "brim" counts every
request; "brim off" only passes them on; "fitted" is a conversation of 200 messages that must be
condensed and is then known. The load test is that of the proxy guide: 1,000 requests by 50 clients.

At last 300 clients leave in the middle of a request, half of them of a streamed one, 25 at once:
milliseconds until the connection to the upstream is closed.

LiteLLM is measured where its proxy is found: `--litellm PATH`, or a program of this name beside
the interpreter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from proxy_parts.bodies import Bodies, Conversation, hello
from proxy_parts.leaving import Upstream, closed_after
from proxy_parts.load import load
from proxy_parts.sides import Side, serve, sides

SLOW = 5
"""A slow side gets one request where the others get so many."""


@dataclass(frozen=True)
class Case:
    """`messages` in about `size` bytes."""

    name: str
    size: int
    messages: int
    model: str = "roomy"

    def client(self, stream: bool) -> Bodies:
        return Conversation(self.size, self.messages, self.model, stream).body


CASES = (
    Case("1 KB", 1_000, 1),
    Case("100 KB", 100_000, 200),
    Case("1 MB", 1_000_000, 400),
    Case("100 KB, fitted", 100_000, 200, "narrow"),
)
LOAD = 1_000
LEAVING = 300


@dataclass
class Result:
    """Of one side: `p50` and `p99` milliseconds of a request, `cpu` those of its process for
    one. `added50` and `added99` are what is above direct."""

    case: str
    stream: bool
    clients: int
    side: str
    requests: int = 0
    failed: int = 0
    p50: float = 0.0
    p99: float = 0.0
    cpu: float = 0.0
    added50: float = 0.0
    added99: float = 0.0


def percentile(times: list[float], share: float) -> float:
    return 1000 * sorted(times)[min(int(share * len(times)), len(times) - 1)]


async def measured(
    case: str,
    stream: bool,
    every: list[Side],
    clients: int,
    number: int,
    rounds: int,
    client: Callable[[], Bodies],
) -> list[Result]:
    """All sides in turns. The first round is only there to warm them."""
    results = {side.name: Result(case, stream, clients, side.name) for side in every}
    talks = {side.name: [client() for _ in range(clients)] for side in every}
    times: dict[str, list[float]] = {side.name: [] for side in every}
    for turn in range(-1, rounds):
        for side in every:
            count = max(number // (SLOW if side.slow else 1), clients)
            before = side.cpu_ms()
            count = count if turn >= 0 else clients
            took, failed = await load(side.port, count, talks[side.name], side.headers)
            if turn >= 0:
                results[side.name].cpu += side.cpu_ms() - before
                results[side.name].failed += failed
                times[side.name] += took
    for name, one in results.items():
        one.requests = len(times[name])
        one.cpu /= one.requests
        one.p50, one.p99 = (percentile(times[name], share) for share in (0.5, 0.99))
        one.added50, one.added99 = one.p50 - results["direct"].p50, one.p99 - results["direct"].p99
    return list(results.values())


def shown(results: list[Result]) -> str:
    """One line for one case."""
    first = results[0]
    how = "64 events" if first.stream else "whole"
    line = f"{first.case:15} {how:9} {first.clients:3}  direct {first.p50:.2f}/{first.p99:.2f}"
    for one in results[1:]:
        line += f"  {one.side} +{one.added50:.2f}/+{one.added99:.2f} cpu {one.cpu:.2f}"
    failed = {one.side: one.failed for one in results if one.failed}
    return line + (f"  FAILED {failed}" if failed else "")


async def table(options: argparse.Namespace, every: list[Side]) -> list[Result]:
    found: list[Result] = []
    for case in CASES:
        if options.case and case.name not in options.case:
            continue
        number = max(options.requests // (1 + case.size // 50_000), 40)
        for stream in (False, True):
            for clients in options.clients:
                results = await measured(
                    case.name,
                    stream,
                    every,
                    clients,
                    max(number, 2 * clients),
                    options.rounds,
                    lambda case=case, stream=stream: case.client(stream),
                )
                found += results
                print(shown(results), file=sys.stderr if options.json else sys.stdout, flush=True)
    results = await measured("load test", False, every, 50, LOAD, 1, lambda: hello)
    print(shown(results), file=sys.stderr if options.json else sys.stdout, flush=True)
    return found + results


async def leaving(stack: ExitStack, folder: Path) -> dict[str, list[float]]:
    """Sorted milliseconds until the upstream is left, of answers that stream and that are whole."""
    upstream = Upstream()
    server = await asyncio.get_running_loop().create_server(upstream.connection, "127.0.0.1", 0)
    port, _ = await asyncio.to_thread(serve, stack, folder, server.sockets[0].getsockname()[1])
    found = {}
    for how, stream in (("streamed", True), ("whole", False)):
        seconds = await closed_after(port, upstream, stream, LEAVING // 2)
        found[how] = sorted(1000 * one for one in seconds)
    server.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=300, help="of 1 KB, a side and round")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 50])
    parser.add_argument("--case", nargs="+", choices=[case.name for case in CASES])
    parser.add_argument("--litellm", type=Path, default=Path(sys.executable).parent / "litellm")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    litellm = options.litellm if options.litellm.exists() else None
    if litellm is None:
        print(f"LiteLLM is left out: there is no {options.litellm}", file=sys.stderr)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        every = sides(stack, folder, litellm)
        found = uvloop.run(table(options, every))
        left = uvloop.run(leaving(stack, folder))
        memory = {side.name: round(side.rss_mib()) for side in every}
    if options.json:
        told = {"results": [asdict(one) for one in found], "leaving": left, "rss_mib": memory}
        print(json.dumps(told, indent=1))
    else:
        for how, times in left.items():
            middle, last = times[len(times) // 2], times[-1]
            print(
                f"{len(times)} clients leave, {how}: closed after {middle:.1f} ms, all {last:.1f}"
            )
        print("resident MiB:", ", ".join(f"{name} {size}" for name, size in memory.items()))


if __name__ == "__main__":
    main()

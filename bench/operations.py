"""What watching costs: one operation told to the default observers, and fits with and without.

The same work is done in turns by both, in CPU time of this process; what is shown is
the median, and the ratio of the two.
"""

from __future__ import annotations

import argparse
import json
from statistics import median
from time import process_time

from brim import Brim
from brim.model.operations import Operation

SILENT = {"plugins": {"disabled": ["operation-log", "operation-metrics"]}}
OPERATION = Operation(
    "condense",
    0.002,
    facts={
        "strategy": "smart-truncation",
        "tried": True,
        "applied": True,
        "tokens_before": 9_000,
        "tokens_after": 3_000,
        "saved": 6_000,
    },
)


def told(app: Brim, times: int) -> float:
    """Microseconds for one operation."""
    tell = app.host.calls.monitor_operation
    began = process_time()
    for _ in range(times):
        tell(OPERATION)
    return (process_time() - began) / times * 1e6


def stepped(app: Brim, times: int) -> float:
    """Microseconds for one step of the road around nothing."""
    began = process_time()
    for _ in range(times):
        with app.engine.watch.step("nothing") as taken:
            taken.facts["n"] = 1
    return (process_time() - began) / times * 1e6


def agent(app: Brim, turns: int) -> float:
    """Microseconds for one turn of a growing session: append a message, fit."""
    session = app.session([{"role": "user", "content": "begin"}], model="gpt-4o", budget=4_000)
    began = process_time()
    for i in range(turns):
        role = "user" if i % 2 else "assistant"
        session.append({"role": role, "content": f"turn {i} " + "some words to count " * 20})
        session.fit()
    return (process_time() - began) / turns * 1e6


WORK = {"one operation": told, "one step": stepped, "a turn of a session": agent}
TIMES = {"one operation": 5_000, "one step": 5_000, "a turn of a session": 200}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    samples: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in WORK}
    with Brim({"archive": {"where": "memory"}}) as watched, Brim(SILENT) as silent:
        agent(watched, 20)
        agent(silent, 20)
        for _ in range(rounds):
            for name, work in WORK.items():
                for app, taken in zip((watched, silent), samples[name], strict=True):
                    taken.append(work(app, TIMES[name]))
    return {
        name: {"watched_us": median(one), "silent_us": median(other)}
        for name, (one, other) in samples.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.rounds)
    if args.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'µs of CPU':22} {'watched':>9} {'silent':>9} {'ratio':>7}")
    for name, row in found.items():
        ratio = row["watched_us"] / row["silent_us"]
        print(f"{name:22} {row['watched_us']:9.2f} {row['silent_us']:9.2f} {ratio:7.2f}")


if __name__ == "__main__":
    main()

"""What very large input costs: CPU seconds, growing with the input and not with its square."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from typing import Any

from loguru import logger

from brim import Brim, BudgetInfeasible

MODEL = "gpt-4o"
LAST = {"role": "user", "content": "and now?"}
Messages = list[dict[str, Any]]


def loop(size: int) -> Messages:
    """`size` messages of an agent: question, call, result, answer."""
    out: Messages = []
    for i in range(size // 4 - 1):
        function = {"name": "read", "arguments": json.dumps({"page": i})}
        out += [
            {"role": "user", "content": f"question {i} " + "word " * 40},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"c{i}", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": f"c{i}", "content": f"page {i} " + "word " * 40},
            {"role": "assistant", "content": f"answer {i}"},
        ]
    return [*out, LAST]


def one(text: str) -> Messages:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}, LAST]


def parallel(size: int) -> Messages:
    calls = [
        {"id": f"c{i}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        for i in range(size)
    ]
    results = [
        {"role": "tool", "tool_call_id": f"c{i}", "content": "word " * 90} for i in range(size)
    ]
    return [LAST, {"role": "assistant", "content": None, "tool_calls": calls}, *results]


INPUTS: dict[str, tuple[Callable[[int], Messages], int]] = {
    "messages": (loop, 100_000),
    "spaces in one message": (lambda size: one(" " * size), 1_000_000),
    "bytes of words in one message": (lambda size: one("word " * (size // 5)), 10_000_000),
    "combining characters in one message": (lambda size: one("\u0301" * size), 1_000_000),
    "parallel calls in one message": (parallel, 10_000),
}


def seconds(work: Callable[[], object]) -> float:
    began = process_time()
    with suppress(BudgetInfeasible):
        work()
    return process_time() - began


def measure(messages: Messages, budget: int) -> dict[str, float]:
    data = json.dumps({"model": MODEL, "messages": messages}).encode()
    found = {}
    for door, given in (("objects", messages), ("bytes", data)):
        found[f"count {door}"] = seconds(lambda given=given: fresh().count(given, model=MODEL))
        app = fresh()
        fit = lambda given=given, app=app: app.fit(given, model=MODEL, budget=budget)  # noqa: E731
        found[f"fit {door}"] = seconds(fit)
        found[f"again {door}"] = seconds(fit)
    return found


def fresh() -> Brim:
    return Brim({"plugins": {"discover": False}, "archive": {"where": "memory"}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=int, default=32_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    logger.disable("brim")
    measure(one("warm up"), args.budget)
    table = {}
    for name, (make, largest) in INPUTS.items():
        for size in (largest // 4, largest):
            table[f"{size:,} {name}"] = measure(make(size), args.budget)
    if args.json:
        print(json.dumps(table, indent=2))
        return
    columns = list(next(iter(table.values())))
    print(f"{'CPU seconds':46}" + "".join(f"{column:>15}" for column in columns))
    for name, row in table.items():
        print(f"{name:46}" + "".join(f"{row[column]:>15.2f}" for column in columns))


if __name__ == "__main__":
    main()

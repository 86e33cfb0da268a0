"""Work grows with the input, not with its square.

What is measured is executed lines of Brim's own code: the same on every machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import brim
from brim import Brim
from brim.errors import BudgetInfeasible

HOME = str(Path(brim.__file__).parent)
SMALL, TIMES = 110, 4
SLACK = 1.05
HEAP = 1.5
"""Above proportional: room for logarithms. Today all are below 1."""


def lines(work: Callable[[], object]) -> int:
    """How many lines of Brim are executed."""
    count = 0

    def in_brim(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return in_brim

    def trace(frame: FrameType, event: str, _: object) -> Any:
        return in_brim if frame.f_code.co_filename.startswith(HOME) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def call(*ids: str, arguments: str = "{}") -> dict[str, Any]:
    calls = [
        {"id": one, "type": "function", "function": {"name": "f", "arguments": arguments}}
        for one in ids
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(one: str, text: str = "done") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": one, "content": text}


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": text, **more}


LAST = user("and now?")
SHAPES: dict[str, Callable[[int], list[Any]]] = {
    "many messages": lambda n: [user(f"{i} " + "word " * 30) for i in range(n)] + [LAST],
    "tool loop": lambda n: [m for i in range(n) for m in (call(f"c{i}"), result(f"c{i}"))] + [LAST],
    "one id again": lambda n: [m for _ in range(n) for m in (LAST, call("c"), result("c"))],
    "parallel calls": lambda n: [
        LAST,
        call(*map(str, range(n))),
        *(result(str(i), "word " * 100) for i in range(n)),
    ],
    "orphans": lambda n: [*(result(str(i)) for i in range(n)), LAST],
    "instructions between": lambda n: (
        [m for i in range(n) for m in (user(f"{i} word word"), {"role": "system", "content": "s"})]
        + [LAST]
    ),
    "blocks": lambda n: [user([{"type": "text", "text": f"b{i}"} for i in range(n)]), LAST],  # type: ignore[arg-type]
    "result of blocks": lambda n: [
        LAST,
        call("c"),
        result("c", [{"type": "text", "text": f"{i} " + "word " * 80} for i in range(n)]),  # type: ignore[arg-type]
    ],
    "unknown fields": lambda n: [user("a", **{f"x{i}": [i] for i in range(n)}), LAST],
    "arguments": lambda n: [
        LAST,
        call("c", arguments=json.dumps([f"{i} " + "word " * 250 for i in range(n)])),
        result("c"),
        LAST,
    ],
    "spaces": lambda n: [user(" " * (n * 500)), LAST],
    "lone surrogates": lambda n: [user(f"{i} \ud800 word") for i in range(n)] + [LAST],
}


def fitted(given: object, budget: int, strategy: str) -> None:
    app = Brim({"model": "gpt-4o", "strategies": [strategy], "plugins": {"discover": False}})
    with app, suppress(BudgetInfeasible):
        app.fit(given, budget=budget)


@pytest.mark.parametrize("door", ["objects", "bytes"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_fit_is_linear(shape, door):
    small, large = work_of(shape, door, "smart-truncation")
    assert large <= small * TIMES * SLACK, f"{small} lines for 1, {large} for {TIMES}"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fit_with_all_strategies_is_nearly_linear(shape):
    """Selection keeps a heap, which costs a logarithm more."""
    small, large = work_of(shape, "objects", "auto")
    assert large <= small * TIMES * HEAP, f"{small} lines for 1, {large} for {TIMES}"


def work_of(shape: str, door: str, strategy: str) -> list[int]:
    """Lines of Python for a conversation, and for one that is `TIMES` as large."""
    work = []
    for size in (SMALL, SMALL * TIMES):
        messages = SHAPES[shape](size)
        given = json.dumps(messages).encode() if door == "bytes" else messages
        fitted([LAST], 100, strategy)  # what is loaded once is loaded now
        work.append(lines(lambda given=given, size=size: fitted(given, 40 + 3 * size, strategy)))
    idle = lines(lambda: fitted([LAST], 100, strategy))
    return [max(one - idle, 1) for one in work]


def test_turns_of_a_session_are_linear():
    """Reading a conversation message by message costs what reading it at once does."""

    def grown(size: int) -> Callable[[], None]:
        def work() -> None:
            with Brim({"model": "gpt-4o", "plugins": {"discover": False}}) as app:
                session = app.session(dialect="openai-chat")
                for i in range(size):
                    session.append(user(f"{i} word"))

        return work

    grown(1)()
    idle, small, large = (lines(grown(size)) for size in (1, SMALL, SMALL * TIMES))
    assert large - idle <= (small - idle) * TIMES * SLACK

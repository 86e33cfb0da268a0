"""Folded logs: which lines are alike, and what is said of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brim.defaults.compaction.logs import folded


def test_clock_times_of_one_day() -> None:
    lines = [f"2026-01-02 10:00:{n:02d},120 GET /health 200" for n in (1, 5, 9, 30)]
    lines.append("2026-01-02 10:00:31,000 db-7 lost")
    assert folded("\n".join(lines)) == (
        "2026-01-02 10:00:01,120 GET /health 200 [4 times, until 2026-01-02 10:00:30,120]\n"
        "2026-01-02 10:00:31,000 db-7 lost"
    )


def test_counters_and_per_cent() -> None:
    steps = "\n".join(f"Step {n}/9 ok" for n in range(1, 10))
    assert folded(steps) == "Step 1/9 ok [9 times, until 9]"
    loads = "\n".join(f"Downloading {n}%" for n in (10, 13, 70, 99))
    assert folded(loads) == "Downloading 10% [4 times, until 99%]"


def test_the_same_line() -> None:
    assert folded("a\na\na\nb\nb") == "a [3 times]\nb\nb"


@pytest.mark.parametrize(
    "lines",
    [
        ["id=55", "id=77", "id=99"],
        ["order 1001", "order 1002", "order 1003"],
        ["2026-01-02 10:00:00 x", "2026-01-03 10:00:00 x", "2026-01-04 10:00:00 x"],
        ["10:00:09 x", "10:00:08 x", "10:00:07 x"],
        ["v1.2", "v1.3", "v1.4"],
        ["at /x/1.py", "at /x/2.py", "at /x/3.py"],
        ["issue #1", "issue #2", "issue #3"],
        ["node-1", "node-2", "node-3"],
        ["5", "4", "3", "2"],
        ["", "", "", ""],
        ["[10/Oct/2000:13:55:36] a", "[10/Oct/2001:13:55:36] a", "[10/Oct/2002:13:55:36] a"],
    ],
)
def test_identifiers_and_days_are_never_folded(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert folded(text) == text


KEPT = ["id={n}", "issue #{n}", "job-{n} done", "at /x/{n}.py", "get /x/{n}", "row {n}{n}{n}{n}"]
LINES = ["10:00:0{n} tick", "step {n} of 9", "{n}%", "same", "", *KEPT]


@given(st.lists(st.tuples(st.sampled_from(LINES), st.integers(0, 9), st.integers(1, 6))))
def test_only_times_and_counters_in_between_are_left_out(runs: list[tuple[str, int, int]]) -> None:
    lines = [line.format(n=n % 10) for line, first, m in runs for n in range(first, first + m)]
    found = folded("\n".join(lines))
    unfolded = sum(int(one) for one in re.findall(r"\[(\d+) times", found))
    others = sum(" times" not in line for line in found.split("\n"))
    assert unfolded + others == max(len(lines), 1)
    named = [line for line in lines if any(line.startswith(one[:3]) for one in KEPT)]
    assert all(line in found for line in named)

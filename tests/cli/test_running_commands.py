"""`brim stats` and `brim top`, on real processes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from brim.cli.running import Process, processes
from brim.cli.running_view import amount, duration, view
from brim.store.running import Found, Notice

LOOP = """
import sys
from brim import Brim
from brim.chat import ChatLoop
from brim.testing.fakes import ScriptedModel

settings = {"complete": ["scripted-model"], "archive": {"where": "memory"}}
settings["counting"] = {"accurate": False}
brim = Brim(settings, plugins=[ScriptedModel(("An answer. " * 40,))])
loop = ChatLoop(brim, model=sys.argv[1], budget=1_500)
for line in sys.stdin:
    for number in range(int(line)):
        loop.run_iteration(f"Question {number}? " + "word " * 60)
"""


class Loop:
    """A chat loop in a process of its own, that iterates as often as it is told."""

    def __init__(self, model: str, data: Path) -> None:
        command = [sys.executable, "-c", LOOP, model]
        environment = {**os.environ, "BRIM_DATA_DIR": str(data)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment)

    def iterate(self, times: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{times}\n")
        self.process.stdin.flush()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def brim(*words: str, data: Path, columns: int = 80) -> str:
    program = [sys.executable, "-c", "from brim.cli.main import main; main()", *words]
    environment = {**os.environ, "BRIM_DATA_DIR": str(data), "COLUMNS": str(columns)}
    answer = subprocess.run(
        program, capture_output=True, text=True, check=False, cwd=data, env=environment
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def figures(data: Path) -> dict[str, Any]:
    """By what each works on."""
    running = json.loads(brim("stats", "--json", data=data))["running"]
    return {one["name"]: one for one in running}


def until(data: Path, **requests: int) -> dict[str, Any]:
    """The figures once so many requests are told of."""
    for _ in range(600):
        found = figures(data)
        counts = {name: one["figures"]["total_requests"] for name, one in found.items()}
        if counts == requests:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{counts} instead of {requests}")


@pytest.fixture
def loops(tmp_path: Path) -> Iterator[list[Loop]]:
    made = [Loop("first", tmp_path), Loop("second", tmp_path)]
    yield made
    for one in made:
        one.process.kill()
        one.end()


def test_real_loops_from_start_to_end(tmp_path: Path, loops: list[Loop]) -> None:
    first, second = loops
    first.iterate(30)
    second.iterate(1)
    found = until(tmp_path, first=30, second=1)
    assert found["first"]["pid"] == first.process.pid
    traffic = found["first"]["figures"]["traffic"]
    assert traffic["condensed"] > 0
    assert traffic["tokens_after"] < traffic["tokens_before"]

    narrow, wide = (brim("top", "--once", data=tmp_path, columns=c) for c in (80, 140))
    assert max(map(len, narrow.splitlines())) <= 80
    assert max(map(len, wide.splitlines())) <= 140
    assert narrow.startswith("2 running  31 requests")
    for shown in (narrow, wide):
        assert {"first", "second"} <= set(shown.split())
    assert "MB" in wide.split()
    whole = brim("stats", data=tmp_path)
    assert "requests that failed 0.0%: excellent" in whole
    assert "iteration" in whole.split()

    first.process.send_signal(signal.SIGKILL)
    first.process.wait(60)
    shown = brim("top", "--once", data=tmp_path)
    assert "1 running  1 requests" in shown
    assert "removed the file of a process that had ended" in shown
    second.end()  # takes its own file away
    assert brim("top", "--once", data=tmp_path).startswith("nothing is running")
    assert list((tmp_path / "run").iterdir()) == []


def test_bad_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    (folder / "12-1.json").write_text("garbage")
    for command in (("stats",), ("top", "--once")):
        assert "skipped 12-1.json: JSON is malformed" in brim(*command, data=tmp_path)
    (skipped,) = json.loads(brim("stats", "--json", data=tmp_path))["skipped"]
    assert skipped["file"] == "12-1.json"


def test_top_is_live_in_a_terminal_until_it_is_interrupted(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed}; from brim.cli.main import main; main()"  # a shell's job would ignore it
    program = [sys.executable, "-c", start, "top"]
    environment = {**os.environ, "BRIM_DATA_DIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(
        [*program, "--every", "0.1"], stdout=follower, stderr=follower, env=environment
    )
    os.close(follower)
    killer = Timer(60, process.kill)  # reading would wait for ever
    killer.start()
    seen = b""
    while seen.count(b"nothing is running") < 3:
        seen += os.read(leader, 4_096)
    process.send_signal(signal.SIGINT)
    while b"\x1b[?1049l" not in seen:  # back to the ordinary screen
        seen += os.read(leader, 4_096)
    os.close(leader)
    assert process.wait(60) == 0
    killer.cancel()


def row(**other: Any) -> Process:
    facts: dict[str, Any] = {"pid": 1_234_567, "kind": "proxy", "name": "x" * 200}
    facts |= {"running": 9e6, "idle": 9e5, "requests": 10**9, "errors": 10**5}
    facts |= {"before": 10**12, "after": 10**11, "level": "overflow", "utilization": 1.0}
    facts |= {"condensed": 10**6, "degraded": 9, "memory": 12_345.6}
    return Process(**{**facts, "reuse": 1.0, "hits": 1.0, "p50": 9.9, "p95": 99.0, **other})


@pytest.mark.parametrize("width", [80, 129, 130, 140])
def test_the_largest_figures_fit(width: int) -> None:
    from rich.console import Console

    console = Console(width=width, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(view([row(), row(kind="chat")], width, "23:59:59"))
    console.file.close()
    lines = console.export_text().splitlines()
    assert len(lines) == 5  # nothing is wrapped
    assert "…" in lines[3]
    assert all("overflow 100%" in line for line in lines[3:])
    assert lines[3].count("…") == 1  # only the name is cut


def test_figures_of_the_wrong_type_count_as_none() -> None:
    odd = {"traffic": [], "operations": {"fit": 7, "\x1b[31m": {"count": "many"}}, "bands": None}
    one = Notice(pid=1, kind="\x1b]0;x\x07", name="a\u202eb", started=5, written=6, figures=odd)
    (found,) = processes(Found((one,)), 10.0)
    assert (found.kind, found.name) == ("\ufffd]0;x\ufffd", "a\ufffdb")
    assert (found.requests, found.p50, found.running) == (0, None, 5.0)
    assert all("\x1b" not in timed.name for timed in found.operations)


@pytest.mark.parametrize(
    ("number", "shown"),
    list(
        zip(
            (0, 999, 1_000, 9_960, 12_345, 999_600, 10**12, 10**15),
            ("0", "999", "1.0k", "10.0k", "12k", "1.0M", "1.0T", "1000T"),
            strict=True,
        )
    ),
)
def test_amounts_are_short(number: int, shown: str) -> None:
    assert amount(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0s"), (59.9, "59s"), (61, "1m01s"), (3_700, "1h01m"), (90_000, "1d1h")],
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown

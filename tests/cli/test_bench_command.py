"""`brim bench`: exit codes, files, and what is shown. Nothing here depends on how long it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from pstats import Stats
from typing import Any

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import main

QUICK = ("--rounds", "6", "--only", "session-turn")
HOARDER = """
from brim.api import hookimpl

kept = []

@hookimpl
def monitor_operation(operation):
    if operation.name == "iteration":
        kept.append(bytes(range(256)) * 2_000)
"""
REFUSER = """
from brim.api import InputRefused, hookimpl

@hookimpl
def check_input(text):
    raise InputRefused("not today", reason="mood")
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BRIM_COUNTING__ACCURATE", "false")
    talk = [{"role": "system", "content": "Be brief."}]
    for i in range(12):
        talk.append(
            {"role": "user", "content": f"What does order {4000 + i} cost? " + "word " * 30}
        )
        talk.append({"role": "assistant", "content": f"It costs {70 + i} dollars. " + "so " * 30})
    Path("talk.json").write_text(json.dumps(talk))
    Path("hoarder.py").write_text(HOARDER)
    Path("refuser.py").write_text(REFUSER)


def bench(*words: str, plugin: str = "") -> Result:
    before = ("--plugin", plugin) if plugin else ()
    given = [*before, "bench", *words]
    return CliRunner().invoke(main, given, catch_exceptions=False, env={"COLUMNS": "80"})


def regress(*words: str) -> Result:
    return bench("regress", "talk.json", *QUICK, *words)


def saved(change: Callable[[float], float] = lambda ratio: ratio) -> Any:
    """A baseline in base.json, its ratios changed in this way."""
    if not Path("base.json").exists():
        assert regress("--save", "base.json").exit_code == 0
    base = json.loads(Path("base.json").read_text())
    for name, ratios in base["ratios"].items():
        base["ratios"][name] = [change(ratio) for ratio in ratios]
    Path("changed.json").write_text(json.dumps(base))
    return base


def test_a_baseline_and_what_became_of_it() -> None:
    base = saved(lambda ratio: ratio / 50)
    assert list(base["ratios"]) == ["session-turn"]
    assert len(base["ratios"]["session-turn"]) == 6

    slower = regress("--baseline", "changed.json")
    assert slower.exit_code == 1
    assert "slower by more than 10 %: session-turn" in slower.output
    assert max(map(len, slower.output.splitlines())) <= 80

    tolerant = regress("--baseline", "changed.json", "--threshold", "1000000")
    assert tolerant.exit_code == 0
    assert "nothing became slower by more than 1e+06 %" in tolerant.output

    saved(lambda ratio: ratio * 50)
    faster = regress("--baseline", "changed.json", "--json")
    assert faster.exit_code == 0
    (one,) = json.loads(faster.stdout)
    assert (one["name"], one["verdict"]) == ("session-turn", "faster")
    assert one["change"]["low"] <= one["change"]["median"] <= one["change"]["high"] < 0


def test_without_a_baseline_it_tells_what_it_took() -> None:
    found = regress()
    assert found.exit_code == 0
    assert "× reference" in found.output
    assert "verdict" not in found.output


def test_every_operation_runs_on_what_is_made() -> None:
    from brim.bench.operations import OPERATIONS, Operations
    from brim.bench.paired import measure
    from brim.bench.subject import made
    from brim.road.brim import Brim

    subject = made(turns=8)
    assert subject.messages(1) == subject.messages(1) != subject.messages(2)
    with Operations(subject, lambda more: Brim({"archive": {"where": "off"}, **more})) as found:
        works = found.prepared(tuple(OPERATIONS))
        last = dict(measure(works, 1, warm=0, beside=int))
        reports = [works[name](3)().report for name in ("trim", "condensing-turn", "cold-fit")]
    assert set(last) == set(OPERATIONS)
    assert all(one.seconds[0] > 0 for one in last.values())
    assert all(report.condensed for report in reports)
    assert reports[0].strategies == ("smart-truncation",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--baseline", "none.json"), "none.json: No such file"),
        (("--baseline", "talk.json"), "talk.json is no baseline"),
        (("--model", "gpt-4", "--baseline", "base.json"), "another conversation or model"),
        (("--only", "sesion-turn"), "there is no benchmark 'sesion-turn'; there are counting"),
        (("--only", ","), "one without a name"),
        (("--profile", "p", "--save", "b"), "--profile slows what it looks at"),
        (("--save", "no/base.json"), "cannot write"),
        (("--rounds", "5"), "Invalid value for '--rounds'"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], said: str) -> None:
    if "base.json" in words:
        saved()
    found = regress(*words)
    assert found.exit_code == 2
    assert said in found.output
    assert "Traceback" not in found.output


@pytest.mark.parametrize("text", ["", "garbage", "[]", '{"messages": []}', '{"input": "hi"}'])
def test_files_without_a_conversation(text: str) -> None:
    Path("bad.json").write_text(text)
    found = bench("regress", "bad.json", *QUICK)
    assert found.exit_code == 2
    assert found.output.startswith("brim: ")


def test_profiles() -> None:
    assert regress("--profile", "p").exit_code == 0
    assert any(name == "fit" for _, _, name in Stats("p").stats)  # type: ignore[attr-defined]
    words = ("load", "--users", "1", "--requests", "2", "--profile", "q")
    assert bench(*words).exit_code == 0
    assert any(name == "arun_iteration" for _, _, name in Stats("q").stats)  # type: ignore[attr-defined]
    assert bench("load", "--profile", "no/q").exit_code == 2


def test_a_leak_is_found_and_loops_that_leave_nothing_pass() -> None:
    words = ("leak", "--iterations", "60", "--warm-up", "40")
    fine = bench(*words, "--json")
    assert fine.exit_code == 0, fine.output
    assert json.loads(fine.stdout)["iterations"] == 60
    found = bench(*words, "--trace", plugin="hoarder.py")
    assert found.exit_code == 1
    assert "60 iterations: leaks: more than the limit of 10 MiB" in found.output
    assert "hoarder.py" in found.output
    assert not Path("data").exists()


def test_load_and_what_fails_under_it() -> None:
    fine = bench("load", "--users", "3", "--requests", "7", "--latency", "1")
    assert fine.exit_code == 0
    assert "7 of 3 users" in fine.output
    failing = bench("load", "--users", "2", "--requests", "4", "--json", plugin="refuser.py")
    assert failing.exit_code == 1
    found = json.loads(failing.stdout)
    assert (found["failed"], found["success_rate"]) == ({"InputRefused": 4}, 0.0)
    assert bench("load", "--users", "5", "--requests", "4").exit_code == 2


def test_memory_by_size() -> None:
    found = json.loads(bench("memory", "--sizes", "5,20", "--json").stdout)
    assert [one["messages"] for one in found] == [5, 20]
    assert all(one["ratio"] == one["held"] / one["text"] for one in found)
    assert "for a byte of text" in bench("memory", "--sizes", "5").output
    assert bench("memory", "--sizes", "5,many").exit_code == 2


def test_the_cache_size() -> None:
    words = ("cache-size", "--requests-per-minute", "1000", "--message-length", "2000")
    assert json.loads(bench(*words, "--json").stdout) == {
        "recommended": 200,
        "configured": 2_000,
        "origin": "default",
    }
    assert "that is enough" in bench(*words).output
    more = ("cache-size", "--requests-per-minute", "100000", "--message-length", "1800")
    assert "[counting]\nmemo = 3600" in bench(*more).output

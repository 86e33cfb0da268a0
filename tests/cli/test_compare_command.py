"""`brim compare`: every strategy side by side, failures in their rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import main

MODEL = ("--model", "gpt-4o")
BAD = """
from brim.api import hookimpl

@hookimpl
def condense(task):
    raise RuntimeError("no luck <today>")
"""


def chat(turns: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"role": "system", "content": "Be brief."}]
    for i in range(turns):
        ask = f"Never delete src/app/file_{i}.py. What does order {4000 + i} cost? " + "word " * 30
        found.append({"role": "user", "content": ask})
        found.append({"role": "assistant", "content": f"It costs {70 + i} dollars. " + "so " * 30})
    return [*found, {"role": "user", "content": "and now?"}]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, before: tuple[str, ...] = ()) -> Result:
    given = [*before, "compare", *arguments]
    return CliRunner().invoke(main, given, catch_exceptions=False, env={"COLUMNS": "100"})


def write(name: str, *lines: object) -> str:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    Path(name).write_text("\n".join(texts), encoding="utf-8")
    return name


def compared(*arguments: str, before: tuple[str, ...] = ()) -> Any:
    result = run(*arguments, "--json", *MODEL, before=before)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_all_strategies_and_auto_at_the_usual_budgets() -> None:
    (one,) = compared(write("talk.json", chat(20)))
    trials = one["trials"]
    names = {trial["strategy"] for trial in trials}
    assert names >= {"auto", "smart-truncation", "tool-masking", "key-point-extraction"}
    assert [t["budget"] for t in trials] == ["10%"] * len(names) + ["25%"] * len(names) + [
        "50%"
    ] * len(names)
    assert trials[0]["strategy"] == "auto"
    for trial in trials:
        body = one["tokens"] - one["fixed"]
        assert trial["limit"] == one["fixed"] + round(int(trial["budget"][:-1]) / 100 * body)
        assert 0 < trial["tokens"] <= trial["limit"]
        assert 0 <= trial["survival"] <= 1
        assert trial["messages"] == 42
        assert trial["broken"] == []


def test_the_strip_covers_every_message_once() -> None:
    found = compared(write("talk.json", chat(20)), "--strategies", "smart-truncation,auto")
    trials = found[0]["trials"]
    for trial in trials:
        places = [s["first"] + i for s in trial["strip"] for i in range(s["messages"])]
        assert places == list(range(42))
        kept = sum(s["messages"] for s in trial["strip"] if s["fate"] == "kept")
        assert kept == trial["kept"]
        assert trial["strip"][0]["fate"] == trial["strip"][-1]["fate"] == "kept"
    cut, noted = (
        next(t for t in trials if t["strategy"] == n) for n in ("smart-truncation", "auto")
    )
    assert {s["fate"] for s in cut["strip"]} == {"kept", "left out"}
    assert "noted" in {s["fate"] for s in noted["strip"]}


def test_a_conversation_is_grown_turn_by_turn() -> None:
    (one,) = compared(
        write("talk.json", chat(20)), "--strategies", "smart-truncation", "--budget", "800"
    )
    growth = one["trials"][0]["growth"]
    assert len(growth["tokens"]) == len(one["raw"]) == 21
    assert one["raw"][-1] == one["tokens"]
    assert max(growth["tokens"]) <= 800
    assert growth["tokens"][0] == one["raw"][0]
    assert 1 <= growth["condensations"] < 10
    assert 0.5 < growth["reuse"] < 1
    assert growth["broken"] == 0


def test_budgets_as_tokens_and_shares_each_once_from_the_smallest() -> None:
    source = write("talk.json", chat(10))
    budgets = ("--budget", "50%", "--budget", "25%", "--budget", "50%", "--budget", "0.6k")
    (one,) = compared(source, "--strategies", "auto", *budgets)
    assert [trial["budget"] for trial in one["trials"]] == ["25%", "50%", "0.6k"]
    assert one["trials"][-1]["limit"] == 600


def test_a_strategy_that_raises_is_a_row_that_says_why() -> None:
    write("luckless.py", BAD)
    (one,) = compared(
        write("talk.json", chat(20)),
        *("--budget", "30%", "--strategies", "luckless,smart-truncation"),
        before=("--plugin", "luckless.py"),
    )
    bad, good = one["trials"]
    assert any("luckless failed" in told and "RuntimeError" in told for told in bad["remarks"])
    assert bad["by"] == ["smart-truncation"]
    assert (bad["tokens"], good["remarks"]) == (good["tokens"], [])


def test_a_budget_that_is_too_small_is_a_row_that_says_why() -> None:
    source = write("talk.json", chat(20))
    result = run(source, "--budget", "5", "--budget", "50%", *MODEL, "--strategies", "auto")
    assert result.exit_code == 0
    assert "failed" in result.output
    assert "cannot fit 5 tokens" in " ".join(result.output.split())


def test_each_line_is_compared_and_a_bad_one_told() -> None:
    source = write("talks.jsonl", chat(20), "{ broken", chat(4))
    result = run(source, "--json", *MODEL, "--strategies", "auto", "--budget", "40%")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [bool(one["error"]) for one in found] == [False, True, False]
    assert [one["messages"] for one in found] == [42, 0, 10]
    shown = run(source, *MODEL, "--strategies", "auto", "--budget", "40%")
    assert shown.exit_code == 1
    assert "line 2: " in shown.output
    assert "2 conversations" in shown.output


def test_the_table_has_the_figures_of_the_json() -> None:
    source = write("talk.json", chat(20))
    options = (source, "--budget", "30%", "--strategies", "auto,smart-truncation")
    (one,) = compared(*options)
    plain = run(*options, *MODEL)
    assert plain.exit_code == 0
    for trial in one["trials"]:
        row = next(r for r in plain.output.splitlines() if r.startswith(trial["strategy"]))
        share = trial["kept"] / trial["messages"]
        reuse = trial["growth"]["reuse"]
        figures = [f"{trial['tokens']:,}", f"{trial['survival']:.0%}", f"{share:.0%}"]
        assert row.split()[1:5] == [*figures, f"{reuse:.1%}"]
        assert row.split()[-1] == "yes"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--budget", "0%"), "is no share; write 25%"),
        (("--budget", "120%"), "is no share"),
        (("--budget", "lots"), "is no number of tokens"),
        (("--strategies", "smart-truncaton"), "did you mean 'smart-truncation'?"),
        (("--strategies", ","), "names no strategy"),
    ],
)
def test_wrong_use_is_explained(options: tuple[str, str], words: str) -> None:
    result = run(write("talk.json", chat(2)), *options)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    write("brim.toml", f'[archive]\ndirectory = "{tmp_path}/archive"')
    compared(write("talk.json", chat(20)), "--strategies", "auto", "--budget", "30%")
    assert not (tmp_path / "archive").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brim.toml", "talk.json"]


def test_two_runs_find_the_same() -> None:
    source = write("talk.json", chat(12))
    once, again = (compared(source, "--strategies", "auto")[0] for _ in range(2))
    for found in (once, again):
        for trial in found["trials"]:
            del trial["seconds"], trial["growth"]["milliseconds"]
    assert once == again

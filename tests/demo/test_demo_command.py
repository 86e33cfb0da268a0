"""`brim demo` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import cli
from brim.demo.replay import Frame
from brim.demo.table import summarize


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["demo", *arguments])


def test_json_and_table_have_the_same_figures(frames: Sequence[Frame]) -> None:
    plain, data = run("--turns", "100"), run("--turns", "100", "--json")
    assert plain.exit_code == data.exit_code == 0
    summary = summarize(frames[:100], "gpt-4o")
    assert json.loads(data.output) == json.loads(json.dumps(summary.as_dict()))
    for row in summary.rows:
        line = next(x for x in reversed(plain.output.splitlines()) if x.strip().startswith(row.way))
        assert line.split() == " ".join(row.cells()).split()
    assert "\x1b" not in plain.output


def test_page_and_picture(tmp_path: Path) -> None:
    page, picture = tmp_path / "demo.html", tmp_path / "demo.svg"
    result = run("--turns", "40", "--report", str(page), "--picture", str(picture))
    assert result.exit_code == 0
    assert "wrote" in result.output
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_turns_and_window(tmp_path: Path) -> None:
    figures = json.loads(run("--json", "--turns", "30", "--window", "8,000").output)
    assert (figures["turns"], figures["window"]) == (30, 8000)
    assert figures["rows"][2]["over"] == figures["rows"][2]["invalid"] == 0
    assert figures["rows"][0]["over"] > 0


@pytest.mark.parametrize("value", ["none", "0", "16kk", "16q"])
def test_a_bad_window_is_explained(value: str) -> None:
    result = run("--window", value)
    assert result.exit_code == 2
    assert "is no number of tokens" in result.output


def test_a_window_that_is_too_small_is_explained() -> None:
    result = run("--window", "100")
    assert result.exit_code != 0
    assert "cannot fit 100 tokens" in result.output
    assert "Traceback" not in result.output

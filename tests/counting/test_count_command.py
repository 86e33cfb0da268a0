"""`brim count`, from files to the figures on the screen."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import cli

CHAT = [
    {"role": "system", "content": "You are helpful."},
    {"role": "user", "content": "Hello there"},
    {"role": "assistant", "content": "Hi!"},
]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["count", *arguments], input=given)


def written(value: Any) -> str:
    Path("chat.json").write_text(json.dumps(value), encoding="utf-8")
    return "chat.json"


def test_one_conversation_as_json() -> None:
    result = run(written(CHAT), "--model", "gpt-4o", "--json")
    assert result.exit_code == 0
    (report,) = json.loads(result.stdout)
    assert report["total"] == report["upper"] == 23
    assert report["per_message"] == [8, 6, 6]
    assert report["roles"] == ["system", "user", "assistant"]
    assert report["per_role"] == {"system": 8, "reply": 3, "user": 6, "assistant": 6}
    assert (report["fixed"], report["window"], report["known"]) == (11, 128_000, True)
    assert report["error"] is None


def test_one_conversation_for_people() -> None:
    result = run(
        written({"model": "claude-opus-4-8", "messages": CHAT[1:]}), "--dialect", "anthropic"
    )
    assert result.exit_code == 0
    last = result.stdout.strip().splitlines()[-1]
    assert "of the window of claude-opus-4-8, 1,000,000" in last
    assert "at most" in last


def test_lines_and_standard_input() -> None:
    with gzip.open("many.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"messages": CHAT}) + "\n{oops\n" + json.dumps(CHAT) + "\n")
    result = run("many.jsonl.gz", "--model", "gpt-4o")
    assert result.exit_code == 1
    assert "line 2: " in result.stderr
    assert "2 counted, 1 not; 46 tokens" in result.stdout
    piped = run("-", "--model", "gpt-4o", "--json", given=json.dumps(CHAT))
    assert json.loads(piped.stdout)[0]["total"] == 23


def test_clear_answers_to_mistakes() -> None:
    no_model = run(written(CHAT))
    assert (no_model.exit_code, "no model is named" in no_model.stderr) == (1, True)
    typo = run(written(CHAT), "--model", "gpt-4o-minii")
    assert (typo.exit_code, "unknown model" in typo.stdout) == (0, True)
    robot = run(written([{"role": "robot", "content": "x"}]), "--model", "gpt-4o")
    assert (robot.exit_code, "messages[0]" in robot.stderr) == (1, True)
    assert run("missing.json").exit_code == 2

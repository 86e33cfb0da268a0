"""`brim check`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dialect_samples import assistant, calls, text, tool, use, user

from brim.cli.main import cli

HI = user("hi")
ORPHAN = {"messages": [HI, tool("call_7")]}
CLEAN = {"messages": [HI, calls("a"), tool("a")], "model": "gpt-4o"}
BLANK = {"system": "be kind", "messages": [user(text(" ")), assistant(use("u"))]}


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments], input=given)


def written(name: str, *values: Any) -> str:
    Path(name).write_text("\n".join(map(json.dumps, values)), encoding="utf-8")
    return name


def test_clean_input() -> None:
    result = run(written("a.json", CLEAN))
    assert (result.exit_code, result.stdout) == (0, "1 conversation, 0 violations\n")


def test_violations_are_told_with_their_numbers() -> None:
    result = run("--json", written("a.jsonl", CLEAN, ORPHAN, BLANK))
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["conversations"] == 3
    found = [(one["line"], one["message"], one["rule"]) for one in answer["violations"]]
    assert found == [(2, 1, 1), (3, 0, 20), (3, 1, 15)]
    assert "call_7" in answer["violations"][0]["detail"]
    assert "must be a response to" in answer["violations"][0]["answer"]


def test_table() -> None:
    result = run(written("a.json", ORPHAN))
    assert result.exit_code == 1
    assert "call_7" in result.stdout
    assert "1 conversation, 1 violation" in result.stdout


def test_input_that_cannot_be_read() -> None:
    Path("a.jsonl").write_text(json.dumps({"messages": [{"role": "robot"}]}) + "\n{oops\n")
    answer = json.loads(run("--json", "a.jsonl").stdout)
    found = [(one["line"], one["message"], one["rule"]) for one in answer["violations"]]
    assert found == [(1, 0, "role"), (2, None, "json")]


def test_dialect_and_standard_input() -> None:
    prefilled = json.dumps([HI, assistant("ok ")])
    assert run("-", given=prefilled).exit_code == 0
    assert run("-", "--dialect", "anthropic", given=prefilled).exit_code == 1


def test_usage() -> None:
    assert run("no-such-file.json").exit_code == 2
    result = run(written("a.json", CLEAN), "--dialect", "anthropics")
    assert result.exit_code == 2
    assert "there is anthropic" in result.stderr


def test_rules_of_a_model() -> None:
    bedrock = "anthropic.claude-3-haiku-20240307-v1:0"
    messages = [HI, assistant(use("u")), user({"type": "tool_result", "tool_use_id": "u"})]
    name = written("a.json", messages)
    assert run(name).exit_code == 0
    answer = json.loads(run(name, "--model", bedrock, "--json").stdout)
    assert [one["rule"] for one in answer["violations"]] == [34]

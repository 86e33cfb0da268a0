"""`brim fit --pin`: what stays whatever it costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import main

TALK: list[dict[str, Any]] = [
    {"role": "assistant" if i % 2 else "user", "content": f"line {i}. " + "word " * 30}
    for i in range(41)
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, lines: int = 1) -> Result:
    Path("talk.jsonl").write_text("\n".join([json.dumps(TALK)] * lines))
    options = ["fit", "talk.jsonl", "-o", "out.jsonl", "--model", "gpt-4o", "--budget", "500"]
    return CliRunner().invoke(main, [*options, *arguments], catch_exceptions=False)


def out() -> list[list[dict[str, Any]]]:
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]


def test_positions_and_texts() -> None:
    assert run().exit_code == 0
    assert not [one for one in (TALK[2], TALK[9], TALK[-9]) if one in out()[0]]
    assert run("--pin", "message:2", "--pin", "message:-9", "--pin", "line 9.").exit_code == 0
    assert all(one in out()[0] for one in (TALK[2], TALK[9], TALK[-9]))


def test_several_processes_pin_too() -> None:
    assert run("--pin", "line 9.", "--jobs", "2", lines=2).exit_code == 0
    assert [TALK[9] in one for one in out()] == [True, True]


def test_a_role_that_does_not_fit_is_told() -> None:
    result = run("--pin", "role:assistant")
    assert result.exit_code == 1
    assert "cannot fit 500 tokens" in result.output


def test_a_position_that_is_not_there_is_told() -> None:
    result = run("--pin", "message:99")
    assert result.exit_code == 1
    assert "pin 99: there are only 41 messages" in result.output


def test_a_pin_that_means_nothing_is_wrong_use() -> None:
    result = run("--pin", "role:usr")
    assert result.exit_code == 2
    assert "is no pin: expected role: with one of user" in " ".join(result.output.split())

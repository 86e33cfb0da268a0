"""`brim explain`: the same story on a terminal and as JSON."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from click.testing import CliRunner
from operations_chat import chat
from rich.console import Console

from brim.cli.explain_view import Bar
from brim.cli.main import main


@pytest.fixture
def explain(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(value, *arguments, width=80):
        name = "lines.jsonl" if isinstance(value, str) else "one.json"
        (tmp_path / name).write_text(value if isinstance(value, str) else json.dumps(value))
        command = ["explain", name, "--model", "gpt-4o", *arguments]
        return CliRunner(env={"COLUMNS": str(width)}).invoke(main, command)

    return run


def test_a_condensed_conversation(explain):
    found = explain(chat(60), "--budget", "3k")
    assert found.exit_code == 0
    assert "of 3,000 tokens: condensed" in found.output
    assert "replaced by a note" in found.output
    assert "came in" in found.output
    assert "█" in found.output
    assert "░" in found.output


@pytest.mark.parametrize("width", [60, 80, 140])
def test_lines_are_as_wide_as_the_terminal(explain, width):
    found = explain(chat(60), "--budget", "3k", width=width)
    lines = found.output.splitlines()
    assert max(len(line) for line in lines) <= width
    bar = next(line for line in lines if "██" in line and "head" not in line)
    assert len(bar.strip()) == width - 4


def test_json(explain):
    found = explain(chat(60), "--budget", "3k", "--json", "--strategy", "smart-truncation")
    (one,) = json.loads(found.output)
    assert one["line"] == 1
    assert one["error"] is None
    assert sum(one["window"].values()) == 3_000
    assert one["report"]["steps"][0]["strategy"] == "smart-truncation"


def test_what_does_not_fit(explain):
    found = explain(chat(3), "--budget", "20")
    assert found.exit_code == 1
    assert "cannot fit 20 tokens" in found.output
    assert "must stay" in found.output
    assert "user" in found.output
    (one,) = json.loads(explain(chat(3), "--budget", "20", "--json").output)
    assert one["minimum"] > one["budget"] == 20
    assert one["counted"]["per_role"]["user"] > 0


def test_invalid_input(explain):
    orphan = {"role": "tool", "tool_call_id": "nowhere", "content": "42"}
    found = explain([{"role": "user", "content": "hi"}, orphan])
    assert found.exit_code == 1
    assert "the input breaks rule 1" in found.output


def test_many_conversations_do_not_know_of_each_other(explain):
    lines = "\n".join([json.dumps(chat(60)), "not json", json.dumps(chat(60))])
    found = explain(lines, "--budget", "3k")
    assert found.exit_code == 1
    assert [f"line {n}" in found.output for n in (1, 2, 3)] == [True] * 3
    first, second, third = json.loads(explain(lines, "--budget", "3k", "--json").output)
    assert second["error"]
    assert not third["report"]["replayed"]
    assert first["window"] == third["window"]


def test_strategy_and_policy_are_taken(explain):
    found = explain(chat(60), "--budget", "20k", "--policy", "history-pairs", "--json")
    assert "messages" in json.loads(found.output)[0]["report"]["reason"]
    wrong = explain(chat(1), "--strategy", "no-such")
    assert wrong.exit_code == 2
    assert explain(chat(1), "--dialect", "no-such").exit_code == 2


def test_markup_in_texts_is_shown_as_it_stands(explain):
    found = explain([{"role": "user", "content": "hi"}], "--model", "[red]x[/red]")
    assert "[red]x[/red]" in found.output


@pytest.mark.parametrize("room", [1, 3, 10, 76])
def test_every_part_of_a_bar_is_seen(room):
    parts = {"head": 1, "kept": 5_000, "notes": 1, "free": 0}
    widths = Bar(parts).widths(room)
    assert set(widths) == {"head", "kept", "notes"}
    assert all(width >= 1 for width in widths.values())
    assert sum(widths.values()) == max(room, 3)


def test_a_bar_without_parts_is_empty():
    console = Console(width=20, record=True, file=StringIO())
    console.print(Bar({"head": 0}))
    assert console.export_text().strip() == ""

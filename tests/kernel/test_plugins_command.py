"""`brim` itself, and `brim plugins`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import COMMANDS, cli

Run = Callable[..., Result]
Install = Callable[..., None]

COMMAND = """
import click
from brim.api import hookimpl

@hookimpl
def extend_cli(group):
    group.add_command(click.Command("greet", callback=lambda: print("hello"), help="Say hello."))
    group.add_command(click.Command("fit", callback=lambda: print("stolen")))
"""
DROP = """
from brim.api import Condensation, Drop, hookimpl

@hookimpl
def condense(task):
    return Condensation((Drop((0,)),))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `brim` with these words in an empty folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(cli, words)


def plugins(run: Run, *words: str) -> dict[str, dict[str, Any]]:
    answer = run(*words, "plugins", "list", "--json")
    assert answer.exit_code == 0, answer.output
    return {plugin["name"]: plugin for plugin in json.loads(answer.stdout)}


def test_list_has_all_of_them(run: Run, install: Install) -> None:
    install("good", "import_error", "blocked")
    Path("brim.toml").write_text('[plugins]\ndisabled = ["acme-blocked"]\n')
    found = plugins(run)
    assert found["acme-log"] == {
        "name": "acme-log",
        "distribution": "acme-good",
        "version": "1.0",
        "origin": "acme_log",
        "hooks": ["monitor_operation"],
        "order": 2,
        "state": "active",
        "reason": "",
        "active": True,
    }
    assert "acme_library" in found["acme-import-error"]["reason"]
    assert "plugins.disabled" in found["acme-blocked"]["reason"]
    assert [found[name]["state"] for name in ("keep-last", "token-budget")] == ["idle", "active"]


def test_list_for_people(run: Run, install: Install) -> None:
    install("good")
    answer = run("plugins", "list")
    assert answer.exit_code == 0
    (line,) = [line for line in answer.stdout.splitlines() if "keep-last" in line]
    assert line.split()[:4] == ["keep-last", "acme-good", "1.0", "condense"]
    assert "idle: no setting names it" in line


def test_check_is_content(run: Run, install: Install) -> None:
    install("good")
    answer = run("plugins", "check")
    assert (answer.exit_code, answer.stdout.split(", ")[-1]) == (0, "nothing wrong\n")


def test_check_names_every_broken_plugin(run: Run, install: Install) -> None:
    install("good", "misspelt", "raising")
    answer = run("plugins", "check", "--json")
    assert answer.exit_code == 1
    told = json.loads(answer.stdout)
    assert not told["ok"]
    assert len(told["problems"]) == 3
    assert all(" (acme-" in problem for problem in told["problems"])


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('strategies = ["keep-lst"]', "did you mean 'keep-last'?"),
        ('policy = "acme-log"', "policy names 'acme-log', which has no should_trim"),
        ('[plugin.keep-last]\nkeep = "two"', "plugin.keep-last.keep: expected an integer"),
        ('[plugins]\ndisabled = ["smart-truncation"]', "the strategy that cannot fail"),
    ],
)
def test_check_finds_bad_settings(run: Run, install: Install, toml: str, said: str) -> None:
    install("good")
    Path("brim.toml").write_text(toml)
    answer = run("plugins", "check")
    assert answer.exit_code == 1
    assert said in answer.stdout


def test_an_error_is_one_clear_line(run: Run, install: Install) -> None:
    install("good", "duplicate")
    answer = run("plugins", "list")
    assert answer.exit_code == 2
    (line,) = answer.stderr.splitlines()
    assert line.startswith("brim: plugin 'keep-last': the name is offered twice")


def test_verbose_shows_where_it_came_from(run: Run, install: Install) -> None:
    install("good", "duplicate")
    answer = run("-v", "plugins", "list")
    assert answer.exit_code == 2
    assert "Traceback" in answer.stderr


def test_a_plugin_in_a_file(run: Run) -> None:
    Path("drop_first.py").write_text(DROP)
    found = plugins(run, "--plugin", "drop_first.py")
    assert found["drop-first"]["active"]
    assert found["drop-first"]["hooks"] == ["condense"]


@pytest.mark.parametrize("option", ["--plugin", "--config"])
def test_a_file_that_is_not_there(run: Run, option: str) -> None:
    answer = run(option, "nope.py", "plugins", "list")
    assert answer.exit_code == 2
    assert "'nope.py' does not exist" in answer.stderr


def test_config_names_the_file_to_read(run: Run, install: Install) -> None:
    install("good")
    Path("brim.toml").write_text("this is no TOML")
    Path("other.toml").write_text('strategies = ["keep-last"]')
    assert plugins(run, "--config", "other.toml")["keep-last"]["active"]


def test_trace_shows_the_calls(run: Run) -> None:
    answer = run("plugins", "trace", "--json")
    assert answer.exit_code == 0, answer.output
    steps = [(step["hook"], step["plugin"]) for step in json.loads(answer.stdout)]
    order = [("should_trim", "token-budget"), ("condense", "smart-truncation")]
    assert [step for step in steps if step in order] == order


def test_trace_of_a_file_with_a_plugin(run: Run) -> None:
    Path("drop_first.py").write_text(DROP)
    Path("brim.toml").write_text('strategies = ["drop-first"]')
    messages = [{"role": "user", "content": f"word {n} " * 30} for n in range(20)]
    Path("chat.json").write_text(json.dumps(messages))
    words = ["--model", "gpt-4o", "--budget", "600", "--json"]
    answer = run("--plugin", "drop_first.py", "plugins", "trace", "chat.json", *words)
    assert answer.exit_code == 0, answer.output
    called = [step["plugin"] for step in json.loads(answer.stdout) if step["hook"] == "condense"]
    assert called[0] == "drop-first"


def test_commands_of_plugins(run: Run) -> None:
    Path("mine.py").write_text(COMMAND)
    assert run("--plugin", "mine.py", "greet").stdout == "hello\n"
    help_text = run("--plugin", "mine.py", "--help").stdout
    assert "greet" in help_text
    assert "Say hello." in help_text
    assert "stolen" not in run("--plugin", "mine.py", "fit", "--help").stdout
    assert run("greet").exit_code == 2


def test_help_survives_broken_settings(run: Run) -> None:
    Path("brim.toml").write_text('policy = "nonsense"')
    answer = run("--help")
    assert answer.exit_code == 0
    assert "Fit the conversations" in answer.stdout
    assert "policy names 'nonsense'" in answer.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_there_and_says_what_the_list_says(run: Run, name: str) -> None:
    answer = run(name, "--help")
    assert answer.exit_code == 0, answer.output
    assert COMMANDS[name][1] in " ".join(answer.stdout.split())


def test_a_command_imports_only_itself() -> None:
    code = (
        "import sys; from brim.cli.main import cli\n"
        "cli(['plugins', '--help'], standalone_mode=False)\n"
        "print(sorted({'rich', 'loguru', 'tiktoken', 'asyncio', 'brim.cli.fit'} & {*sys.modules}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert answer.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("columns", ["80", "140"])
def test_the_table_breaks_no_name(run: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = run("plugins", "list").stdout
    words = set(shown.split())
    for plugin in plugins(run).values():
        assert {plugin["name"], plugin["state"].partition(":")[0], *plugin["hooks"]} <= {
            word.rstrip(":") for word in words
        }
    assert max(map(len, shown.splitlines())) <= int(columns)

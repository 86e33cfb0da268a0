"""`brim plugins check TARGET`: laws and metadata of a file, a project or an installed plugin."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from brim.authoring import laws, metadata
from brim.authoring.target import Offer, Target, find
from brim.cli.main import cli
from brim.testing.judge import Brief, judge

HEAD = "from brim.api import Condensation, Counts, Drop, hookimpl\n\n@hookimpl\n"
FORGETFUL = HEAD + (
    "def condense(task):\n"
    "    kept = [one.index for one in task.conversation.exchanges if one.keep]\n"
    "    return Condensation((Drop(tuple(kept)),)) if kept else None\n"
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["plugins", *words], catch_exceptions=False)


def facts(*words: str) -> dict[str, Any]:
    answer = run("check", *words, "--json", "--examples", "3")
    found = json.loads(answer.output)
    assert answer.exit_code == (0 if found["ok"] else 1)
    return dict(found)


def project(name: str = "mine", hook: str = "monitor_operation", **changes: str) -> Path:
    """A new project, with texts of its pyproject.toml replaced."""
    assert run("new", name, "--hook", hook).exit_code == 0
    folder = Path(f"brim-{name}")
    described = folder / "pyproject.toml"
    text = described.read_text()
    for old, new in changes.items():
        assert KEYS[old] in text
        text = text.replace(KEYS[old], new)
    described.write_text(text)
    return folder


KEYS = {
    "group": "[project.entry-points.brim]",
    "brim": '"brim>=0.1"',
    "line": 'mine = "brim_mine:Mine"',
}


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    (plugin,) = found["plugins"]
    return {law["law"]: law["outcome"] for law in plugin["laws"]}


def remarks(found: dict[str, Any]) -> dict[str, bool]:
    return {remark["text"]: remark["wrong"] for remark in found["remarks"]}


def test_a_new_project_is_right() -> None:
    answer = run("check", str(project()), "--examples", "2")
    assert answer.exit_code == 0
    assert "monitor_operation   never raises" in answer.output
    assert "0 broken" in answer.output
    assert "advice" not in answer.output


def test_a_broken_law_is_shown_with_its_smallest_example() -> None:
    Path("forgetful.py").write_text(FORGETFUL)
    answer = run("check", "forgetful.py", "--examples", "15")
    assert answer.exit_code == 1
    assert "must stay: Drop(exchanges=(" in answer.output
    assert '"messages": [' in answer.output
    assert "13 laws kept, 1 broken" in answer.output


def test_an_installed_plugin_by_its_name() -> None:
    Path("token-budget").mkdir()
    found = facts("token-budget")
    assert found["target"] == "installed brim 0.1.0"
    assert set(outcomes(found).values()) == {"kept"}
    assert found["remarks"] == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HEAD + "def condens(task): ...", "did you mean 'condense'?"),
        ("BRIM_API = 9\n" + HEAD + "def condense(task): ...", "upgrade Brim"),
        ("def condense(task): ...", "mark condense with brim.api.hookimpl"),
        ("import nowhere", "could not be loaded: ModuleNotFoundError"),
        ("import os; print('so long', flush=True); os._exit(3)", "(exit code 3): so long"),
        ("raise SystemExit('enough')", "enough"),
    ],
)
def test_what_the_host_would_refuse(source: str, said: str) -> None:
    Path("bad_one.py").write_text(source)
    found = facts("bad_one.py")
    assert not found["ok"]
    assert found["plugins"][0]["plugin"] == "bad-one"
    assert said in found["plugins"][0]["refused"]


def test_one_that_never_ends_is_ended() -> None:
    Path("endless.py").write_text("while True: pass")
    answer = run("check", "endless.py", "--seconds", "2")
    assert answer.exit_code == 1
    assert "could not be loaded: it did not end within 2 s" in answer.output


def test_a_law_that_ends_the_process_is_named() -> None:
    told = [{"event": "loaded", "hooks": ["admit"]}, {"event": "trying", "law": "never_raises"}]
    verdict = laws._verdict("mine", told, "it did not end within 2 s")
    assert verdict.refused == "it did not end within 2 s, while trying never_raises"
    assert not verdict.ok


def test_its_section_of_the_settings_is_used() -> None:
    folder = project("mine", "count_tokens")
    Path("brim.toml").write_text('[plugin.mine]\nencoding = "o200k_base"\nbytes_per_token = 0.1\n')
    (plugin,) = facts(str(folder))["plugins"]
    assert "bytes_per_token" in plugin["refused"]
    Path("brim.toml").write_text('[plugin.mine]\nencoding = "another"\n')
    (law,) = facts(str(folder))["plugins"][0]["laws"]
    assert law["outcome"] == "skipped"
    assert "it counts for neither of o200k_base and mine" in law["detail"]


def test_a_counter_is_asked_for_the_vocabulary_of_its_name() -> None:
    assert set(outcomes(facts(str(project("mine", "count_tokens")))).values()) == {"kept"}


def test_models_are_asked_only_when_said() -> None:
    folder = str(project("mine", "complete"))
    assert outcomes(facts(folder)) == {"": "skipped"}
    assert outcomes(facts(folder, "--live"))["says_what_it_used"] == "kept"


def test_entry_points_where_nothing_looks() -> None:
    found = facts(str(project(group="[project.entry-points.brim-plugins]")))
    assert [*remarks(found).values()] == [True, True]
    assert "[project.entry-points.brim]" in next(iter(remarks(found)))
    assert found["plugins"] == []


def test_no_entry_point() -> None:
    found = facts(str(project(line="")))
    ((text, wrong),) = remarks(found).items()
    assert wrong
    assert "no entry point makes it a plugin" in text


@pytest.mark.parametrize(
    ("requirement", "said", "wrong"),
    [
        ('"brim"', "any Brim there ever was; say 'brim>=0.1'", False),
        ('"brim>=7"', "it asks for brim>=7; this is Brim 0.1.0", True),
        ('"attrs"', "it does not depend on Brim; add 'brim>=0.1'", False),
        ("\"brim>=0.1; python_version > '3'\"", "", False),
    ],
)
def test_the_dependency_on_brim(requirement: str, said: str, wrong: bool) -> None:
    target = Target("", (Offer("mine", "mine:Mine"),), requires=(requirement.strip('"'),))
    found = metadata.remarks(target)
    assert [(said in one.text, one.wrong) for one in found] == [(True, wrong)] * bool(said)


def test_a_name_that_is_taken() -> None:
    folder = project(line='disk-cache = "brim_mine:Mine"')
    (remark,) = metadata.remarks(find(str(folder)))
    assert remark.wrong
    assert "'disk-cache' is taken by brim 0.1" in remark.text


def test_types_that_are_not_seen() -> None:
    folder = project()
    (folder / "src" / "brim_mine" / "py.typed").unlink()
    found = facts(str(folder))
    ((text, wrong),) = remarks(found).items()
    assert found["ok"]
    assert not wrong
    assert "brim_mine has no py.typed" in text


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("disk-cash", "did you mean 'disk-cache'?"),
        ("nowhere.py", "there is no nowhere.py"),
        ("no/where", "there is no no/where"),
        ("notes.txt", "no Python file"),
        ("empty", "has no pyproject.toml"),
        ("damaged", "cannot be read"),
    ],
)
def test_nothing_to_check(target: str, said: str) -> None:
    Path("notes.txt").write_text("")
    Path("empty").mkdir()
    Path("damaged").mkdir()
    Path("damaged", "pyproject.toml").write_text("[project")
    answer = run("check", target)
    assert answer.exit_code == 2
    assert said in answer.output


def test_without_the_tools_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "NEEDED", ("pytest", "no_such_package"))
    answer = run("check", "token-budget")
    assert answer.exit_code == 2
    assert "pip install no_such_package" in answer.output


def test_files_go_to_a_home_that_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("cache").absolute()))
    assert set(outcomes(facts("disk-cache")).values()) == {"kept", "skipped"}
    assert not Path("cache").exists()


def test_the_judge_says_what_it_does_as_it_goes() -> None:
    Path("strict.py").write_text(HEAD.replace("hookimpl\n\n", "hookimpl\n") + "def admit(): 1/0\n")
    out = BytesIO()

    def say(event: str, **facts: object) -> None:
        out.write(msgspec.json.encode({"event": event, **facts}) + b"\n")

    judge(Brief(out="", name="strict", file="strict.py", examples=2), say)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert told[0] == {"event": "loaded", "hooks": ["admit"]}
    assert told[1] == {"event": "trying", "hook": "admit", "law": "never_raises"}
    assert (told[2]["outcome"], told[2]["law"]) == ("broken", "never_raises")
    assert "ZeroDivisionError" in told[2]["detail"]
    assert told[-1] == {"event": "done"}

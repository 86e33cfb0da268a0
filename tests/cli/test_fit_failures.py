"""`brim fit` on wrong use: exit code 2, one clear sentence, and nothing written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from brim.cli.main import main
from brim.cli.output import atomic_output
from brim.cli.tokens import TOKENS, TOKENS_OR_NONE

TALK = [{"role": "user", "content": "hello"}]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("talk.json").write_text(json.dumps(TALK))
    Path("talk.jsonl").write_text(f"{json.dumps(TALK)}\n" * 3)
    Path("folder").mkdir()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["fit", *arguments], catch_exceptions=False)


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no input": ((), "INPUT"),
    "no such file": (("nothing.json",), "does not exist"),
    "a directory": (("folder",), "directory"),
    "output is a directory": (("talk.json", "-o", "folder"), "cannot write folder"),
    "output in no directory": (("talk.json", "-o", "no/where.json"), "cannot write no/where"),
    "output inside of a file": (("talk.json", "-o", "talk.json/out"), "cannot write talk.json/out"),
    "strategy": (("talk.json", "--strategy", "smart-truncaton"), "smart-truncation"),
    "strategy in processes": (("talk.jsonl", "--jobs", "2", "--strategy", "nope"), "'nope'"),
    "policy": (("talk.json", "--policy", "nope"), "'nope'"),
    "dialect": (("talk.json", "--dialect", "antropic"), "anthropic"),
    "dialect in processes": (("talk.jsonl", "--jobs", "2", "--dialect", "nope"), "anthropic"),
    "budget of nothing": (("talk.json", "--budget", "0"), "8000 or 8k"),
    "budget of words": (("talk.json", "--budget", "lots"), "8000 or 8k"),
    "budget below zero": (("talk.json", "--budget", "-5"), "8000 or 8k"),
    "reserve of words": (("talk.json", "--reserve", "some"), "8000 or 8k"),
    "no processes": (("talk.json", "--jobs", "0"), "jobs"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_wrong_use(arguments: tuple[str, ...], said: str) -> None:
    before = sorted(Path().rglob("*"))
    result = run(*arguments, "--model", "gpt-4o")
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert sorted(Path().rglob("*")) == before


def test_without_a_model_the_line_fails() -> None:
    result = run("talk.json")
    assert result.exit_code == 1
    assert "no model is named" in result.stderr


def test_an_unknown_model_is_taken_for_a_small_one() -> None:
    result = run("talk.json", "--model", "nobody-knows-it", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["window"] == 8_192


def test_an_empty_file_fits_nothing() -> None:
    Path("empty.jsonl").write_text("\n\n")
    result = run("empty.jsonl", "--model", "gpt-4o")
    assert result.exit_code == 1
    assert "0 fitted" in result.stderr


@pytest.mark.parametrize("text", ["", "7", "{}", '{"messages": 7}', "[1", '["hi"]', "\0"])
def test_a_file_that_is_no_conversation(text: str) -> None:
    Path("bad.json").write_text(text)
    result = run("bad.json", "--model", "gpt-4o")
    assert result.exit_code == 1
    assert "bad.json: " in result.stderr


def test_an_error_while_writing_leaves_the_old_file() -> None:
    path = Path("out.json.gz")
    path.write_text("old")

    def fail() -> None:
        with atomic_output(path) as file:
            file.write(b"half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert len(list(Path().glob("*out*"))) == 1
    assert not list(Path().glob(".out*"))


def test_the_output_has_the_usual_mode() -> None:
    before = os.umask(0o027)
    try:
        with atomic_output(Path("out.json")) as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert Path("out.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("8000", 8_000),
        ("8_000", 8_000),
        ("8,000", 8_000),
        ("8k", 8_000),
        ("8 K", 8_000),
        (" 1.5m ", 1_500_000),
        ("0.001k", 1),
        ("16.5k", 16_500),
        ("1.1m", 1_100_000),
        (4_096, 4_096),
    ],
)
def test_numbers_of_tokens(text: str, tokens: int) -> None:
    assert TOKENS.convert(text, None, None) == tokens


@pytest.mark.parametrize(
    "text", ["", "k", "8kk", "1.5", "0.0001k", "-1", "1e3", "٣", "9" * 400, "0x10", "8 000", "0"]
)
def test_what_is_no_number_of_tokens(text: str) -> None:
    with pytest.raises(click.BadParameter, match="8000 or 8k"):
        TOKENS.convert(text, None, None)


def test_nothing_may_be_reserved() -> None:
    assert TOKENS_OR_NONE.convert("0", None, None) == 0

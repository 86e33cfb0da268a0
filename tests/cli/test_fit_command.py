"""`brim fit`: shapes in, shapes out, and what it says about it."""

from __future__ import annotations

import gzip
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from brim.cli.main import main

MODEL = ("--model", "gpt-4o")


def chat(turns: int) -> list[dict[str, Any]]:
    found = []
    for i in range(turns):
        found.append({"role": "user", "content": f"question {i} " + "word " * 30})
        found.append({"role": "assistant", "content": f"answer {i} " + "word " * 30})
    return [*found, {"role": "user", "content": "and now?"}]


LINES = [
    json.dumps({"id": 1, "messages": chat(2)}),
    "{ broken",
    json.dumps(chat(30)),
    "",
    json.dumps({"messages": chat(40), "stream": True}),
    json.dumps({"messages": [{"role": "user", "content": "word " * 900}]}),
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["fit", *arguments], input=stdin, catch_exceptions=False)


def write(name: str, text: str) -> str:
    data = text.encode()
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return name


def test_a_list_of_messages(tmp_path: Path) -> None:
    source = write("talk.json", json.dumps(chat(40), indent=1))
    result = run(source, "-o", "out.json", *MODEL, "--budget", "500")
    assert result.exit_code == 0
    out = json.loads(Path("out.json").read_bytes())
    assert out[-1] == chat(40)[-1]
    assert 3 < len(out) < 20
    assert result.stdout == ""
    assert f"of 500 tokens, {len(out)} of 81 messages (smart-truncation)" in result.stderr


def test_a_request_object_on_standard_output() -> None:
    source = write("talk.json", json.dumps({"model": "gpt-4o", "messages": chat(40), "n": 1}))
    result = run(source, "--budget", "0.5k")
    assert result.exit_code == 0
    out = json.loads(result.stdout)
    assert list(out) == ["model", "messages", "n"]
    assert len(out["messages"]) < 20


def test_what_fits_goes_out_byte_for_byte() -> None:
    text = json.dumps(chat(3), indent=3)
    result = run(write("talk.json", f"\n{text}\n\n"), *MODEL)
    assert result.stdout == text + "\n"
    assert "nothing had to change" in result.stderr


@pytest.mark.parametrize("name", ["talk.jsonl", "talk.jsonl.gz", "-"])
def test_lines_with_a_bad_one_in_the_middle(name: str) -> None:
    text = "\n".join(LINES)
    stdin = text.encode() if name == "-" else None
    source = name if name == "-" else write(name, text)
    result = run(source, "-o", "out.jsonl", *MODEL, "--budget", "500", stdin=stdin)
    assert result.exit_code == 1
    out = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert len(out) == 3
    assert out[0] == json.loads(LINES[0])
    assert isinstance(out[1], list)
    assert out[2]["stream"] is True
    assert "line 2: not valid JSON" in result.stderr
    assert "line 6: the conversation cannot fit 500 tokens" in result.stderr
    assert "3 fitted (2 changed), 2 not" in result.stderr


def test_several_processes_give_what_one_gives() -> None:
    source = write("talk.jsonl", "\n".join(LINES * 5))
    one = run(source, "-o", "one.jsonl", *MODEL, "--budget", "500")
    two = run(source, "-o", "two.jsonl.gz", *MODEL, "--budget", "500", "--jobs", "2")
    assert one.exit_code == two.exit_code == 1
    assert gzip.decompress(Path("two.jsonl.gz").read_bytes()) == Path("one.jsonl").read_bytes()
    assert one.stderr == two.stderr
    assert len(Path("one.jsonl").read_text().splitlines()) == 15


def test_lines_do_not_know_of_each_other() -> None:
    """The second line goes on where the first one ends; alone or not, it comes out the same."""
    lines = [json.dumps(chat(40)[:end]) for end in (61, 65)]
    alone = [run(write("one.jsonl", line), *MODEL, "--budget", "500").stdout for line in lines]
    both = run(write("two.jsonl", "\n".join(lines)), *MODEL, "--budget", "500").stdout
    assert both == "".join(alone)


def test_compressed_output_is_the_same_each_time() -> None:
    source = write("talk.jsonl", LINES[2])
    for name in ("a.gz", "b.gz"):
        assert run(source, "-o", name, *MODEL, "--budget", "500").exit_code == 0
    assert Path("a.gz").read_bytes() == Path("b.gz").read_bytes()


def test_json_tells_what_was_done() -> None:
    source = write("talk.jsonl", "\n".join(LINES))
    result = run(source, *MODEL, "--budget", "500", "--json")
    told = json.loads(result.stdout)
    assert [one["line"] for one in told] == [1, 2, 3, 5, 6]
    assert [one["error"] is None for one in told] == [True, False, True, True, False]
    assert told[2]["strategies"] == ["smart-truncation"]
    assert told[2]["tokens_after"] <= 500
    assert not list(Path().glob("out*"))
    assert run(source, *MODEL, "--json", "-o", "out.jsonl").exit_code == 1
    assert len(Path("out.jsonl").read_text().splitlines()) == 4


def test_json_copes_with_half_a_surrogate_pair() -> None:
    messages = [*chat(1), {"role": "tool", "tool_call_id": "\ud800", "content": "x"}]
    result = run(write("talk.json", json.dumps(messages)), *MODEL, "--json")
    assert result.exit_code == 1
    (told,) = json.loads(result.stdout)
    assert told["violations"][0]["rule"] == 1


def test_an_input_that_breaks_a_rule_says_so() -> None:
    messages = [*chat(1), {"role": "tool", "tool_call_id": "a", "content": "x"}]
    result = run(write("talk.json", json.dumps(messages)), *MODEL)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == messages
    assert "talk.json: the input breaks rule 1" in result.stderr


def test_options_reach_the_fit() -> None:
    source = write("talk.json", json.dumps(chat(300)))
    settings = write("brim.toml", "[models.small]\nwindow = 2000\nmax_output = 100\n")
    result = run(source, "--model", "small", "--reserve", "300", "--json")
    (told,) = json.loads(result.stdout)
    assert (told["window"], told["reserve"], told["budget"]) == (2_000, 300, 1_700)
    (told,) = json.loads(run(source, "--model", "small", "--reserve", "0", "--json").stdout)
    assert told["budget"] == 2_000
    result = run(source, *MODEL, "--policy", "history-pairs", "--dialect", "anthropic", "--json")
    (told,) = json.loads(result.stdout)
    assert told["dialect"] == "anthropic"
    assert "of the safe 205" in told["reason"]
    assert told["messages_after"] < 250
    assert settings


PLUGIN = """
from brim.api import Condensation, Drop, hookimpl

name = "first-half"

@hookimpl
def condense(task):
    half = len(task.conversation.exchanges) // 2
    return Condensation((Drop(tuple(range(half))),))
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_strategy_of_ones_own_from_a_file(jobs: str) -> None:
    plugin = write("first_half.py", PLUGIN)
    source = write("talk.jsonl", json.dumps(chat(40)))
    arguments = ["--plugin", plugin, "fit", source, *MODEL, "--budget", "2.9k", "--json"]
    arguments += ["--strategy", "first-half", "--jobs", jobs]
    plain = {"BRIM_CONDENSATION__QUALITY": "0"}  # what it keeps does not matter here
    result = CliRunner(env=plain).invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)[0]["strategies"] == ["first-half"]


@pytest.mark.parametrize("name", ["out.json", "out.json.gz"])
def test_the_output_replaces_an_older_file_whole(name: str) -> None:
    source = write("talk.json", json.dumps(chat(3)))
    Path(name).write_text("old")
    Path(name).chmod(0o600)
    assert run(source, "-o", name, *MODEL).exit_code == 0
    data = Path(name).read_bytes()
    text = gzip.decompress(data) if name.endswith(".gz") else data
    assert json.loads(text) == chat(3)
    assert sorted(path.name for path in Path().iterdir()) == sorted([source, name])


def test_the_input_may_be_its_own_output() -> None:
    source = write("talk.json", json.dumps(chat(40)))
    assert run(source, "-o", source, *MODEL, "--budget", "500").exit_code == 0
    assert len(json.loads(Path(source).read_text())) < 20


def test_a_link_stays_a_link() -> None:
    source = write("talk.json", json.dumps(chat(3)))
    Path("link.json").symlink_to("real.json")
    assert run(source, "-o", "link.json", *MODEL).exit_code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text()) == chat(3)


def test_a_device_stays_a_device() -> None:
    source = write("talk.json", json.dumps(chat(3)))
    assert run(source, "-o", "/dev/null", *MODEL).exit_code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_standard_input_may_be_a_document() -> None:
    stdin = json.dumps(chat(40), indent=2).encode()
    result = run("-", *MODEL, "--budget", "500", stdin=stdin)
    assert result.exit_code == 0
    assert len(json.loads(io.BytesIO(result.stdout_bytes).read())) < 20

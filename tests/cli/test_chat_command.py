"""`brim chat` against a provider on loopback: turns, commands, failures, and what stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

sys.path.append(str(Path(__file__).parents[1] / "defaults"))

from model_server import Answer, Script, fails, hangs, serving, streams

from brim.chat import Transcripts
from brim.cli.main import cli

TOOLS = """
from __future__ import annotations
from math import floor

def weather(city: str) -> str:
    \"\"\"Tell the weather.\"\"\"
    return f"rain in {city}, {_mild()} degrees"

def _mild() -> int:
    return floor(9.5)
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings, no keys, and transcripts of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def openai(*words: str, call: tuple[str, str] | None = None) -> Answer:
    """Words one by one, and a call: (name, arguments)."""
    found: list[dict[str, Any]] = [{"delta": {"content": word}} for word in words]
    if call:
        function = {"name": call[0], "arguments": call[1]}
        found.append({"delta": {"tool_calls": [{"index": 0, "id": "c1", "function": function}]}})
    found.append({"delta": {}, "finish_reason": "tool_calls" if call else "stop"})
    usage = {"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 6}}
    return sent(*({"choices": [one]} for one in found), usage)


def anthropic(*words: str) -> Answer:
    usage = {"input_tokens": 20, "output_tokens": 6}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        for word in words
    ]
    return sent(
        {"type": "message_start", "message": {"content": [], "usage": usage}},
        *deltas,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    )


def sent(*events: dict[str, Any]) -> Answer:
    return streams(*(f"data: {json.dumps(one)}\n\n".encode() for one in events))


def chat(typed: str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["chat", *arguments], input=typed)


def talk(script: Script, typed: str, *arguments: str) -> Result:
    return chat(typed, "--url", script.url, "--model", "gpt-4o", *arguments)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def transcript(result: Result) -> str:
    return result.stderr.split("--resume ")[1].split()[0]


def test_answers_go_out_and_the_meter_beside_them() -> None:
    with serving(openai("Hel", "lo"), openai("Bye")) as script:
        result = talk(script, "hi\n\nand now?\n", "--system", "be brief", "--budget", "2k")
    assert (result.exit_code, result.stdout) == (0, "Hello\nBye\n")
    assert "gpt-4o" in result.stderr
    meters = [line for line in result.stderr.splitlines() if "░" in line]
    assert [meter.rstrip().endswith("%) ok") for meter in meters] == [True, True]
    assert "14 of 2,000 (1%)" in meters[0]
    first, second = (seen.body["messages"] for seen in script.seen)
    assert [one["content"] for one in first] == ["be brief", "hi"]
    assert [one["content"] for one in second] == ["be brief", "hi", "Hello", "and now?"]


def test_what_the_model_thinks_where_the_user_wants_to_see_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thoughts = [
        {"choices": [{"delta": {"reasoning_content": one}}]} for one in ("let ", "me\x1b[2J")
    ]
    answer = sent(*thoughts, {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]})
    with serving(answer) as script:
        hidden = talk(script, "hi\n")
        monkeypatch.setenv("SHOW_LLM_REASONING", "true")
        shown, told = talk(script, "hi\n"), talk(script, "hi\n", "--json")
    assert "let me" not in hidden.output
    assert (shown.stdout, "let me\ufffd[2J\n" in shown.stderr) == ("Hi\n", True)
    assert [one for one in lines(told) if one["type"] == "reasoning"] == [
        {"type": "reasoning", "text": "let "},
        {"type": "reasoning", "text": "me\x1b[2J"},
    ]


def test_anthropic_and_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    with serving(anthropic("Hel", "lo")) as script:
        result = chat(
            "hi\n", "--url", script.url, "--dialect", "anthropic", "--model", "claude-sonnet-4-5"
        )
    assert (result.exit_code, result.stdout) == (0, "Hello\n")
    (seen,) = script.seen
    assert (seen.path, seen.headers["x-api-key"]) == ("/v1/messages", "sk-ant-test")


def test_the_settings_may_name_the_endpoint() -> None:
    with serving(openai("Hello")) as script:
        Path("brim.toml").write_text(
            'model = "gpt-4o"\ncomplete = ["openai-completion"]\n'
            f'[plugin.openai-completion]\nbase_url = "{script.url}"\n'
        )
        assert chat("hi\n").stdout == "Hello\n"


def test_without_an_endpoint_it_says_how_to_get_one() -> None:
    result = chat("hi\n", "--model", "gpt-4o")
    assert result.exit_code == 2
    for way in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "--url http://", "openai-completion"):
        assert way in result.stderr
    nameless = chat("hi\n", "--url", "http://127.0.0.1:9")
    assert (nameless.exit_code, "--model" in nameless.stderr) == (2, True)
    keyless = chat("hi\n", "--dialect", "anthropic", "--model", "claude-sonnet-4-5")
    assert (keyless.exit_code, "set ANTHROPIC_API_KEY" in keyless.stderr) == (2, True)


def test_tools_of_a_file() -> None:
    Path("own.py").write_text(TOOLS)
    answers = openai("Let me see.", call=("weather", '{"city": "Ulm"}')), openai("It rains.")
    with serving(*answers) as script:
        result = talk(script, "weather?\n", "--tools", "own.py")
    assert result.stdout == "Let me see.\nIt rains.\n"
    assert "[weather, " in result.stderr
    assert "rain in Ulm, 9 degrees" in result.stderr
    names = [one["function"]["name"] for one in script.seen[0].body["tools"]]
    assert names == ["weather", "expand"]
    assert script.seen[1].body["messages"][-1]["content"] == "rain in Ulm, 9 degrees"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "no function"),
        ("1 / 0", "ZeroDivisionError"),
        ("def f(x: object()): ...", "f"),
    ],
)
def test_files_that_have_no_tools(source: str, said: str) -> None:
    Path("own.py").write_text(source)
    result = chat("", "--url", "http://127.0.0.1:9", "--model", "m", "--tools", "own.py")
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_goes_on_with_an_earlier_conversation() -> None:
    with serving(openai("Hello"), openai("You said hi")) as script:
        name = transcript(talk(script, "hi\n"))
        again = talk(script, "what did I say?\n", "--resume", name)
        unknown = talk(script, "hi\n", "--resume", name + "x")
    assert again.stdout == "You said hi\n"
    assert "2 messages so far" in again.stderr
    assert [one["content"] for one in script.seen[1].body["messages"]] == [
        *("hi", "Hello", "what did I say?")
    ]
    assert (unknown.exit_code, f"did you mean '{name}'" in unknown.stderr) == (2, True)


def test_a_turn_that_fails_leaves_nothing() -> None:
    with serving(fails(400), openai("Hello")) as script:
        result = talk(script, "one\ntwo\n")
    assert (result.exit_code, result.stdout) == (1, "Hello\n")
    assert "brim: the provider answered 400" in result.stderr
    assert [one["content"] for one in script.seen[1].body["messages"]] == ["two"]


def test_lines_for_programs() -> None:
    with serving(openai("Hel", "lo")) as script:
        result = talk(script, "hi\n/stats\n/explain\n/nonsense\na\0b\n", "--json")
    found = lines(result)
    assert [one["type"] for one in found] == [
        *("note", "text", "text", "reply", "stats", "explain", "note", "error")
    ]
    reply = found[3]
    assert (reply["text"], reply["input_tokens"], reply["level"]) == ("Hello", 20, "ok")
    assert 0 < reply["tokens"] < reply["budget"]
    assert found[4]["error_rate"] == 0
    assert found[5]["report"]["model"] == "gpt-4o"
    assert "NUL" in found[-1]["text"]


def test_commands_for_people() -> None:
    typed = "/explain\n/undo\n/pin\nhi\n/explain\n/stats\n/help\n//quit\n/quit\nnever\n"
    with serving(openai("Hello")) as script:
        result = talk(script, typed)
    assert result.exit_code == 0
    assert [seen.body["messages"][-1]["content"] for seen in script.seen] == ["hi", "/quit"]
    for said in ("nothing was sent", "nothing was condensed", "nothing was said"):
        assert said in result.stderr
    for said in ("sent as it came", "requests by level: ok 1", "iteration ", "/undo [HANDLE]"):
        assert said in result.stderr


LONG = "The budget of project Heron is 4,711 euros. " * 20


def grown(script: Script, *typed: str) -> Result:
    """A conversation that is condensed, and what is typed then."""
    talkative = "\n".join([LONG, *(f"{i} " + "more words of mine " * 40 for i in range(6)), *typed])
    return talk(script, f"{talkative}\n", "--budget", "1k", "--json")


def sent_texts(script: Script) -> list[list[str]]:
    return [[str(one["content"]) for one in seen.body["messages"]] for seen in script.seen]


def test_condensed_and_brought_back() -> None:
    with serving(openai("ok")) as script:
        result = grown(script, "/undo", "go on")
    notes = [one["text"] for one in lines(result) if one["type"] == "note"]
    assert "back from the next turn on" in notes[-1]
    handle = notes[-1].split(":")[0]
    before, after = sent_texts(script)[-2:]
    assert any(handle in text for text in before)
    assert not any(handle in text for text in after)


def test_what_is_pinned_stays() -> None:
    with serving(openai("ok")) as script:
        result = grown(script)
        assert LONG not in sent_texts(script)[-1]
        name = lines(result)[0]["text"].split("--resume ")[1].split()[0]
        pinned = "/pin project Heron\n/pin message:99\ngo on\n"
        result = talk(script, pinned, "--budget", "1k", "--json", "--resume", name)
    assert LONG.strip() in [text.strip() for text in sent_texts(script)[-1]]
    assert [one["type"] for one in lines(result)] == ["note", "note", "error", "text", "reply"]


async def begins(request: web.Request) -> web.StreamResponse:
    """The first word of an answer, and nothing more."""
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    word = {"choices": [{"delta": {"content": "Hm\n"}}]}
    await response.write(f"data: {json.dumps(word)}\n\n".encode())
    await asyncio.sleep(60)
    return response


@pytest.mark.parametrize(("stuck", "shown"), [(hangs, ""), (begins, "Hm\n")])
def test_ctrl_c_ends_the_turn_and_not_the_program(stuck: Answer, shown: str) -> None:
    with serving(stuck, openai("Hello")) as script:
        process = _started(script)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("one\n")
        process.stdin.flush()
        while not script.seen and process.poll() is None:
            time.sleep(0.01)
        assert process.stdout.read(len(shown)) == shown
        process.send_signal(signal.SIGINT)
        out, err = process.communicate("two\n", timeout=60)
    assert (out, process.returncode) == ("Hello\n", 1), err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert [one["content"] for one in script.seen[1].body["messages"]] == ["two"]
    with Transcripts() as transcripts:
        (info,) = transcripts.list()
        kept = transcripts.open(info.name).messages
    assert [one["content"] for one in kept] == ["two", "Hello"]


def _started(script: Script) -> subprocess.Popen[str]:
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heed}; from brim.cli.main import main; main()"  # a shell's job would ignore it
    return subprocess.Popen(
        [sys.executable, "-c", program, "chat", "--url", script.url, "--model", "gpt-4o"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )

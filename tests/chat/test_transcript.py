"""Transcripts: only added to, resumed, forked, listed, exported, and whole after a kill."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from chat_parts import MODEL, calls, roles

from brim.api import CompletionError, StoreError
from brim.chat import ChatLoop, Transcripts
from brim.errors import ChatError, UnknownTranscript
from brim.store.sqlite import Store
from brim.testing.fakes import ScriptedModel

USER, ANSWER = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho 日本"}


def test_what_was_appended_is_there_for_everyone(transcripts: Transcripts, tmp_path: Path) -> None:
    one = transcripts.create("one")
    one.append([USER])
    one.append([ANSWER, USER])
    with Transcripts(tmp_path / "own" / "said.sqlite") as others:
        again = others.open("one")
        assert again.messages == one.messages == [USER, ANSWER, USER]
        assert len(again) == len(one) == 3


def test_the_file_is_the_owners_only(transcripts: Transcripts, tmp_path: Path) -> None:
    transcripts.create("one").append([USER])
    files = list((tmp_path / "own").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_names(transcripts: Transcripts) -> None:
    transcripts.create("support-42")
    with pytest.raises(ChatError, match="already"):
        transcripts.create("support-42")
    with pytest.raises(UnknownTranscript, match="did you mean 'support-42'"):
        transcripts.open("suport-42")
    assert transcripts.open("new", create=True).messages == []
    unnamed = transcripts.create()
    names = [info.name for info in transcripts.list()]
    assert sorted(names) == sorted(["support-42", "new", unnamed.name])


def test_tenants_do_not_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "own" / "said.sqlite"
    with Transcripts(path, tenant="a") as mine, Transcripts(path, tenant="b") as others:
        mine.create("x").append([USER])
        assert others.list() == []
        with pytest.raises(UnknownTranscript):
            others.open("x")
        others.create("x")
        assert [len(mine.open("x")), len(others.open("x"))] == [1, 0]


def test_withdrawn_messages_stay_in_the_file(transcripts: Transcripts) -> None:
    one = transcripts.create("one")
    one.append([USER, ANSWER])
    one.append([USER])
    one.withdraw(2)
    one.append([{"role": "user", "content": "else"}])
    contents = ["hi", "ho 日本", "else"]
    assert [m["content"] for m in one.messages] == contents
    assert [m["content"] for m in transcripts.open("one").messages] == contents
    lines = [json.loads(line) for line in one.export().splitlines()]
    assert [line["number"] for line in lines] == [0, 1, 2, 3]
    assert [line["withdrawn"] for line in lines] == [False, False, True, False]
    assert lines[1]["message"] == ANSWER
    assert lines[1]["time"].endswith("+00:00")


def test_two_cannot_add_to_one_at_the_same_time(transcripts: Transcripts) -> None:
    one, other = transcripts.create("one"), transcripts.open("one")
    one.append([USER])
    with pytest.raises(ChatError, match="open it again"):
        other.append([ANSWER])
    assert transcripts.open("one").messages == [USER]


def test_a_loop_behind_another_changes_nothing(make, transcripts: Transcripts) -> None:
    one, other = transcripts.create("one"), transcripts.open("one")
    brim = make(ScriptedModel(["x"]))
    late = ChatLoop(brim, model=MODEL, transcript=other)
    ChatLoop(brim, model=MODEL, transcript=one).run_iteration("hi")
    with pytest.raises(ChatError):
        late.run_iteration("me too")
    assert (late.messages, len(transcripts.open("one"))) == ([], 2)


def test_a_loop_goes_on_where_it_ended(make, transcripts: Transcripts) -> None:
    brim = make(model := ScriptedModel(["one", "two"]))
    first = ChatLoop(brim, model=MODEL, transcript=transcripts.create("a"))
    first.run_iteration("first")
    second = ChatLoop(brim, model=MODEL, transcript=transcripts.open("a"))
    second.run_iteration("second")
    assert [one.text for one in model.asks[-1].messages] == ["first", "one", "second"]
    assert transcripts.open("a").messages == second.messages
    assert len(second.messages) == 4


def test_calls_that_a_crash_left_open_are_closed(make, transcripts: Transcripts) -> None:
    wanted = [
        {"id": i, "type": "function", "function": {"name": "f", "arguments": "{}"}} for i in "ab"
    ]
    asked = {"role": "assistant", "content": None, "tool_calls": wanted}
    done = {"role": "tool", "tool_call_id": "a", "content": "1"}
    transcripts.create("a").append([USER, asked, done])
    loop = ChatLoop(make(ScriptedModel(["x"])), model=MODEL, transcript=transcripts.open("a"))
    report = loop.run_iteration("go on").report
    assert report.violations == ()
    closed = transcripts.open("a").messages
    assert roles(closed) == ["user", "assistant", "tool", "tool", "user", "assistant"]
    assert closed[3]["tool_call_id"] == "b"
    assert "interrupted" not in str(closed[3]["content"]).lower()[:5]
    assert "ended before" in str(closed[3]["content"])


def test_each_message_is_kept_before_it_is_acted_on(make, transcripts: Transcripts) -> None:
    kept: list[list[str]] = []

    def look() -> None:
        kept.append(roles(transcripts.open("a").messages))

    class Looking(ScriptedModel):
        def _said(self, ask, said):
            look()
            return super()._said(ask, said)

    brim = make(Looking([calls(("look", "{}")), "x"]))
    loop = ChatLoop(brim, model=MODEL, transcript=transcripts.create("a"), tools=[look])
    loop.run_iteration("hi")
    look()
    assert [len(one) for one in kept] == [1, 2, 3, 4]


def test_forks_go_their_own_way(make, transcripts: Transcripts) -> None:
    brim = make(ScriptedModel(["one", "two", "three"]))
    trunk = transcripts.create("trunk")
    loop = ChatLoop(brim, model=MODEL, transcript=trunk)
    loop.run_iteration("first")
    loop.run_iteration("second")
    branch = transcripts.fork("trunk", "branch", at=2)
    ChatLoop(brim, model=MODEL, transcript=branch).run_iteration("else")
    assert [m["content"] for m in branch.messages] == ["first", "one", "else", "three"]
    assert [m["content"] for m in trunk.messages] == ["first", "one", "second", "two"]
    info = transcripts.open("branch").info
    assert (info.parent, info.forked_at) == ("trunk", 2)
    transcripts.delete("trunk")
    assert len(transcripts.open("branch")) == 4
    with pytest.raises(UnknownTranscript):
        transcripts.open("trunk")
    assert transcripts.create("trunk").messages == []


def test_trimming_never_touches_it(make, transcripts: Transcripts) -> None:
    transcript = transcripts.create("a")
    brim = make(ScriptedModel(["an answer " * 30]))
    loop = ChatLoop(brim, model=MODEL, budget=600, transcript=transcript)
    said = [f"question {n} " + "and more " * 20 for n in range(15)]
    saved = [loop.run_iteration(text).report.saved for text in said]
    assert saved[-1] > 0
    assert [m["content"] for m in transcript.messages[::2]] == said
    assert len(transcript) == 30


def test_markdown_is_readable_and_closed(transcripts: Transcripts) -> None:
    one = transcripts.create("a\nb")
    result = {"role": "tool", "tool_call_id": "c0", "content": "```\n# no heading\n````"}
    function = {"name": "f", "arguments": '{"a": 1}'}
    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c0", "function": function}],
    }
    one.append([USER, asked, result, ANSWER])
    assert one.export("markdown") == (
        "# a b\n\n## User\n\nhi\n\n## Assistant\n\n### Call of `f` (`c0`)\n\n"
        '```json\n{"a": 1}\n```\n\n### Result of `c0`\n\n'
        "`````\n```\n# no heading\n````\n`````\n\n## Assistant\n\nho 日本\n"
    )
    with pytest.raises(ValueError, match="jsonl"):
        one.export("html")  # type: ignore[arg-type]


def test_a_file_that_cannot_be_written_fails_the_turn(
    make, transcripts: Transcripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn whose withdrawal could not be written is withdrawn by what comes next."""
    real, writes = Store.add_many, [0]

    def full(self: Store, *given: object) -> int:
        writes[0] += 1
        if writes[0] in (2, 3):
            raise StoreError(self.path, "make room on the disk")
        return real(self, *given)  # type: ignore[arg-type]

    transcript = transcripts.create("a")
    model = ScriptedModel([calls(("f", "{}")), "x"])
    loop = ChatLoop(make(model), model=MODEL, transcript=transcript, tools=[lambda_tool])
    monkeypatch.setattr(Store, "add_many", full)
    with pytest.raises(StoreError, match="make room"):
        loop.run_iteration("first")
    assert loop.messages == []
    assert len(transcripts.open("a")) == 1
    loop.run_iteration("second")
    assert [m["content"] for m in transcript.messages] == ["second", "x"]
    assert transcripts.open("a").messages == loop.messages


def lambda_tool() -> None: ...


def test_text_that_is_none_is_refused_typed(make, transcripts: Transcripts) -> None:
    brim = make(ScriptedModel(["x"]), plugin={"input-checks": {"encoding": "allow"}})
    loop = ChatLoop(brim, model=MODEL, transcript=transcripts.create("a"))
    with pytest.raises(ChatError, match="no JSON in UTF-8"):
        loop.run_iteration("\ud800")
    assert loop.messages == []


def test_failures_leave_it_as_it_was(make, transcripts: Transcripts) -> None:
    down = CompletionError("down", kind="server")
    model = ScriptedModel(["x"], failures={1: down})
    loop = ChatLoop(make(model), model=MODEL, transcript=transcripts.create("a"))
    with pytest.raises(CompletionError):
        loop.run_iteration("hi")
    again = transcripts.open("a")
    assert (again.messages, again.export().count('"withdrawn":true')) == ([], 1)


KILLS = """
import os, signal, sys, time
from brim import Brim
from brim.chat import ChatLoop, Transcripts
from brim.api import Completion, ToolCall
from brim.testing.fakes import ScriptedModel

def note(text: str) -> str:
    return "noted " + text

class Model(ScriptedModel):
    def _said(self, ask, said):
        if ask.messages[-1].role == "user":
            return Completion("", "other", tool_calls=(ToolCall("c", "note", '{"text": "x"}'),))
        return Completion("answer to " + ask.messages[-3].text)

SETTINGS = {"archive": {"where": "off"}, "counting": {"accurate": False}}

with Brim(SETTINGS, plugins=[Model()]) as brim:  # everything is imported once, before the forks
    ChatLoop(brim, model="gpt-4o", tools=[note]).run_iteration("hi")

def talk(path, told):
    with Transcripts(path) as transcripts, Brim(SETTINGS, plugins=[Model()]) as brim:
        transcript = transcripts.open("a", create=True)
        loop = ChatLoop(brim, model="gpt-4o", tools=[note], transcript=transcript)
        while True:
            asked = f"question {len(loop.messages)}"
            loop.run_iteration(asked)
            os.write(told, asked.encode() + b"\\n")

for moment in range(int(sys.argv[2])):
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        talk(sys.argv[1], told)
    os.close(told)
    with open(heard, "rb") as lines:
        first = lines.readline()
        time.sleep(0.0007 * moment)
        os.kill(child, signal.SIGKILL)
        sys.stdout.buffer.write(first + lines.read())
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no kill -9")
def test_a_killed_process_loses_nothing_that_was_acknowledged(make, tmp_path: Path) -> None:
    """Killed again and again in the same transcript, each time at another moment of a turn."""
    path = tmp_path / "own" / "said.sqlite"
    command = [sys.executable, "-c", KILLS, str(path), "24"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    acknowledged = run.stdout.splitlines()
    assert len(set(acknowledged)) == len(acknowledged) >= 24
    with Transcripts(path) as transcripts:
        kept = transcripts.open("a")
        contents = [message["content"] for message in kept.messages]
        for asked in acknowledged:
            place = contents.index(asked)
            turn = kept.messages[place : place + 4]
            assert roles(turn) == ["user", "assistant", "tool", "assistant"]
            assert contents[place + 3] == f"answer to {asked}"
        loop = ChatLoop(make(ScriptedModel(["x"])), model=MODEL, transcript=kept)
        assert loop.run_iteration("and now?").report.violations == ()

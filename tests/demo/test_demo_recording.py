"""The recording is a real, valid and long conversation that says nothing of a machine."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from brim.demo.recording import Recording
from brim.dialects.openai_chat import OpenAIChat
from brim.model.profiles import ModelProfile
from brim.road.brim import Brim


def test_it_is_long_enough(recording: Recording, brim: Brim) -> None:
    count = brim.count(recording.messages, model="gpt-4o", tools=recording.tools)
    assert len(list(recording.turns())) >= 300
    assert 100_000 <= count.total <= 140_000


def test_it_is_small_as_a_file() -> None:
    assert len(files("brim.demo").joinpath("recording.jsonl.gz").read_bytes()) < 600_000


def test_every_call_is_answered_once_and_at_once(recording: Recording) -> None:
    waiting: list[str] = []
    for message in recording.messages:
        if message["role"] == "tool":
            assert message["tool_call_id"] == waiting.pop(0)
            continue
        assert waiting == []
        waiting = [call["id"] for call in message.get("tool_calls", [])]
    assert waiting == []


def test_it_breaks_no_rule(recording: Recording) -> None:
    dialect = OpenAIChat()
    parsed = [dialect.parse(message, index) for index, message in enumerate(recording.messages)]
    envelope = dialect.envelope({"model": "gpt-4o", "tools": recording.tools})
    assert dialect.check(parsed, envelope, ModelProfile("gpt-4o")) == ()


def test_it_has_parallel_calls_and_many_tasks(recording: Recording) -> None:
    calls = [len(message.get("tool_calls", [])) for message in recording.messages]
    asked = [message for message in recording.messages if message["role"] == "user"]
    assert sum(number > 1 for number in calls) > 30
    assert len(asked) >= 25


def test_calls_name_tools_that_are_defined(recording: Recording) -> None:
    defined = {tool["function"]["name"] for tool in recording.tools}
    used = {
        call["function"]["name"]
        for message in recording.messages
        for call in message.get("tool_calls", [])
    }
    assert used == defined


def test_nothing_of_a_machine_is_in_it(recording: Recording) -> None:
    text = json.dumps(recording.messages)
    assert not re.search(r"(?<![\w.])/(home|root|tmp|usr|opt|var|work|Users|private)\b", text)
    assert not re.search(r"[A-Z]:\\\\Users", text)
    assert not re.search(r"Ran \d+ tests? in", text)


def test_turns_end_before_each_answer(recording: Recording) -> None:
    lengths = list(recording.turns())
    assert all(recording.messages[length]["role"] == "assistant" for length in lengths)
    assert list(recording.turns(5)) == lengths[:5]


def test_the_task_is_the_last_question(recording: Recording) -> None:
    second = next(
        index
        for index, message in enumerate(recording.messages)
        if index > 2 and message["role"] == "user"
    )
    assert recording.task(second).startswith("Hello!")
    assert recording.task(second + 1).startswith("PRT-101")
    assert recording.task(0) == ""

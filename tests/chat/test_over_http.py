"""Loops over a real connection: what goes out and what comes back, in both providers' forms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from chat_parts import roles
from model_server import Answer, Script, fails, says, serving, streams

from brim import Brim
from brim.api import Ask, CompletionError, Message, Text, Tool, ToolCall, ToolResult
from brim.chat import ChatLoop, Reply, Transcripts
from brim.defaults import model_http
from brim.defaults.anthropic_completion import AnthropicCompletion, AnthropicCompletionSettings
from brim.defaults.openai_completion import OpenAICompletion, OpenAICompletionSettings

NAMES = ["openai", "anthropic"]
MODEL = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5"}
USED = {
    "openai": {"usage": {"prompt_tokens": 20, "completion_tokens": 6}},
    "anthropic": {"usage": {"input_tokens": 20, "output_tokens": 6}},
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_http, "FIRST_PAUSE", 0.001)


def answer(name: str, text: str, *wanted: tuple[str, str, str]) -> dict[str, Any]:
    """A whole answer, with calls: (id, name, arguments)."""
    if name == "openai":
        calls = [
            {"id": i, "type": "function", "function": {"name": n, "arguments": a}}
            for i, n, a in wanted
        ]
        said = {"role": "assistant", "content": text or None, "tool_calls": calls or None}
        finish = "tool_calls" if wanted else "stop"
        return {"choices": [{"message": said, "finish_reason": finish}], **USED[name]}
    texts = [{"type": "text", "text": text}] if text else []
    uses = [{"type": "tool_use", "id": i, "name": n, "input": json.loads(a)} for i, n, a in wanted]
    stop = "tool_use" if wanted else "end_turn"
    return {"content": [*texts, *uses], "stop_reason": stop, **USED[name]}


def events(name: str, text: str, *wanted: tuple[str, str, str]) -> Answer:
    """The same in pieces; arguments are cut in the middle."""
    found = _openai_events if name == "openai" else _anthropic_events
    lines = "".join(f"data: {json.dumps(one)}\n\n" for one in found(text, wanted)).encode()
    return streams(*[lines[i : i + 37] for i in range(0, len(lines), 37)])


def _openai_events(text: str, wanted: Any) -> list[dict[str, Any]]:
    def choice(finish: str | None = None, **delta: Any) -> dict[str, Any]:
        return {"choices": [{"delta": delta, "finish_reason": finish}]}

    def call(index: int, **fields: Any) -> dict[str, Any]:
        return choice(tool_calls=[{"index": index, **fields}])

    found = [choice(content=word) for word in text.split(" ")] if text else []
    for index, (call_id, name, _) in enumerate(wanted):
        found.append(call(index, id=call_id, function={"name": name, "arguments": ""}))
    for place in (0, 1):  # the pieces of several calls come by turns
        for index, (_, _, arguments) in enumerate(wanted):
            half = (arguments[:5], arguments[5:])[place]
            found.append(call(index, function={"arguments": half}))
    found.append(choice("tool_calls" if wanted else "stop"))
    return [*found, {"choices": [], **USED["openai"]}]


def _anthropic_events(text: str, wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"content": [], **USED["anthropic"]}}
    ]
    for word in text.split(" ") if text else []:
        delta = {"type": "text_delta", "text": word}
        found.append({"type": "content_block_delta", "index": 0, "delta": delta})
    for index, (call_id, name, arguments) in enumerate(wanted, 1):
        block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        found.append({"type": "content_block_start", "index": index, "content_block": block})
        for half in (arguments[:5], arguments[5:]):
            delta = {"type": "input_json_delta", "partial_json": half}
            found.append({"type": "content_block_delta", "index": index, "delta": delta})
    stop = {"stop_reason": "tool_use" if wanted else "end_turn"}
    return [*found, {"type": "message_delta", "delta": stop}, {"type": "message_stop"}]


def opened(make: Callable[..., Brim], name: str, script: Script) -> Brim:
    plugin = f"{name}-completion"
    settings = {"base_url": script.url, "key_variable": "NO_SUCH_KEY"}
    return make(complete=[plugin], plugin={plugin: settings})


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


WANTED = [("c1", "add", '{"a": 1, "b": 2}'), ("c2", "add", '{"a": "x", "b": 2}')]


def run(loop: ChatLoop, way: str, text: str) -> Reply:
    if way == "sync":
        return loop.run_iteration(text)
    if way == "async":
        return asyncio.run(loop.arun_iteration(text))
    *_, last = list(loop.stream(text))
    assert last.reply is not None
    return last.reply


@pytest.mark.parametrize("way", ["sync", "async", "stream"])
@pytest.mark.parametrize("name", NAMES)
def test_a_turn_with_tools(name: str, way: str, make) -> None:
    form = events if way == "stream" else lambda *given: says(answer(*given))
    with serving(form(name, "hm", *WANTED), form(name, "three")) as script:
        loop = ChatLoop(
            opened(make, name, script), model=MODEL[name], system="be brief", tools=[add]
        )
        reply = run(loop, way, "1 + 2?")
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("three", 40, 12)
    assert [(run.call_id, run.text[:5]) for run in reply.tools] == [("c1", "3"), ("c2", "Error")]
    assert roles(loop.messages) == ["user", "assistant", "tool", "tool", "assistant"]
    first, second = (seen.body for seen in script.seen)
    assert first["model"] == MODEL[name]
    assert first["max_tokens"] == 4_096
    (CHECKS[name])(first, second)


def _openai_bodies(first: dict[str, Any], second: dict[str, Any]) -> None:
    start = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "1 + 2?"}]
    assert first["messages"] == start
    function = first["tools"][0]["function"]
    assert (function["name"], function["description"]) == ("add", "Add two numbers.")
    assert function["parameters"]["required"] == ["a", "b"]
    said, one, two = second["messages"][2:]
    assert said["content"] == "hm"
    assert [(c["id"], c["function"]["arguments"]) for c in said["tool_calls"]] == [
        (i, arguments) for i, _, arguments in WANTED
    ]
    assert one == {"role": "tool", "tool_call_id": "c1", "content": "3"}
    assert two["tool_call_id"] == "c2"


def _anthropic_bodies(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first["system"] == "be brief"
    assert first["messages"] == [{"role": "user", "content": [{"type": "text", "text": "1 + 2?"}]}]
    assert first["tools"][0]["name"] == "add"
    assert first["tools"][0]["input_schema"]["required"] == ["a", "b"]
    said, results = second["messages"][1:]
    assert said["role"] == "assistant"
    assert said["content"] == [
        {"type": "text", "text": "hm"},
        {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1, "b": 2}},
        {"type": "tool_use", "id": "c2", "name": "add", "input": {"a": "x", "b": 2}},
    ]
    assert results["role"] == "user"
    assert results["content"][0] == {
        "type": "tool_result",
        "tool_use_id": "c1",
        "content": "3",
    }


CHECKS = {"openai": _openai_bodies, "anthropic": _anthropic_bodies}


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_that_refuses_changes_nothing(name: str, make, transcripts: Transcripts) -> None:
    with serving(fails(400, "invalid_request_error"), says(answer(name, "hello"))) as script:
        transcript = transcripts.create("a")
        loop = ChatLoop(opened(make, name, script), model=MODEL[name], transcript=transcript)
        with pytest.raises(CompletionError, match="answered 400"):
            loop.run_iteration("hi")
        assert (loop.messages, transcript.messages) == ([], [])
        assert loop.run_iteration("hi").text == "hello"


def test_many_loops_at_once(make) -> None:
    async def talk(brim: Brim) -> list[Reply]:
        loops = [ChatLoop(brim, model="gpt-4o", tools=[add]) for _ in range(10)]
        return await asyncio.gather(*[loop.arun_iteration("hi") for loop in loops])

    with serving(says(answer("openai", "hello"))) as script:
        replies = asyncio.run(talk(opened(make, "openai", script)))
    assert [reply.text for reply in replies] == ["hello"] * 10


TOOL = Tool("add", "Add.", '{"type": "object"}')
TALK = (
    Message("system", (Text("s"),)),
    Message("user", (Text("u"),)),
    Message("assistant", (ToolCall("c", "add", "no JSON"),)),
    Message("tool", (ToolResult("c", (Text("bad"),), is_error=True),)),
    Message("user", (Text("go on"),)),
)


def body(name: str, ask: Ask) -> dict[str, Any]:
    with serving(says(answer(name, "x"))) as script:
        provider: Any
        if name == "openai":
            provider = OpenAICompletion(OpenAICompletionSettings(base_url=script.url))
        else:
            provider = AnthropicCompletion(AnthropicCompletionSettings(base_url=script.url))
        asyncio.run(provider.complete(ask))
    return script.seen[0].body


def test_tools_that_may_not_be_called_now() -> None:
    ask = Ask((("user", "hi"),), tools=(TOOL,), tool_choice="none")
    assert body("openai", ask)["tool_choice"] == "none"
    assert body("anthropic", ask)["tool_choice"] == {"type": "none"}
    assert "tool_choice" not in body("openai", Ask((("user", "hi"),), tools=(TOOL,)))


def test_what_anthropic_asks_of_messages() -> None:
    sent = body("anthropic", Ask((("system", "s"),), messages=TALK, tools=(TOOL,)))
    assert sent["system"] == "s"
    assert roles(sent["messages"]) == ["user", "assistant", "user"]
    assert sent["messages"][1]["content"][0]["input"] == {}
    result, text = sent["messages"][2]["content"]
    assert result["is_error"] is True
    assert text == {"type": "text", "text": "go on"}


def test_servers_that_give_no_index() -> None:
    def call(call_id: str) -> dict[str, Any]:
        return {"id": call_id, "function": {"name": "add", "arguments": "{}"}}

    lines = [{"choices": [{"delta": {"tool_calls": [call(i)]}}]} for i in "ab"]
    lines.append({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    data = "".join(f"data: {json.dumps(one)}\n\n" for one in lines).encode()

    async def last() -> Any:
        settings = OpenAICompletionSettings(base_url=script.url)
        return [one async for one in OpenAICompletion(settings).stream(Ask(TALK_PROMPT))][-1]

    with serving(streams(data)) as script:
        found = asyncio.run(last()).completion
    assert found.tool_calls == (ToolCall("a", "add", "{}"), ToolCall("b", "add", "{}"))


TALK_PROMPT = (("user", "hi"),)

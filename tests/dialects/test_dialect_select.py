"""Taking parts of a message, rewriting them, and joining messages."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from dialect_samples import (
    ANTHROPIC,
    DIALECTS,
    OPENAI,
    Json,
    assistant,
    call,
    calls,
    result,
    text,
    thinking,
    tool,
    use,
    user,
)

from brim.dialects.walk import Walker
from brim.model.messages import Text, ToolResult

MARK = {"cache_control": {"type": "ephemeral"}}
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://x/i"}, **MARK}
PHOTO = {"type": "image_url", "image_url": {"url": "https://x/i"}}

MESSAGES: list[tuple[Walker, Json]] = [
    (OPENAI, {"content": "x", "role": "user", "id": "m", "extra": {"a": 1}}),
    (OPENAI, assistant("x", tool_calls=[call("a"), call("b")], refusal=None)),
    (OPENAI, {**calls("a"), "audio": {"id": "x"}}),
    (OPENAI, user(text("a", note="kept"), PHOTO, {"type": "novelty"})),
    (OPENAI, tool("a", [text("x"), text("y")])),
    (OPENAI, {"role": "tool", "tool_call_id": "a"}),
    (OPENAI, {"role": "assistant", "content": [], "tool_calls": []}),
    (OPENAI, {"role": "function", "name": "f", "content": "x"}),
    (ANTHROPIC, user("x")),
    (ANTHROPIC, user(result("a", [IMAGE]), result("b"), text("c", **MARK), IMAGE)),
    (ANTHROPIC, {**assistant(thinking(), use("a", k=1)), "stop_reason": "tool_use"}),
    (ANTHROPIC, user()),
]


@pytest.mark.parametrize(("dialect", "wire"), MESSAGES)
def test_all_parts_without_rewrites_are_the_message(dialect: Walker, wire: Json) -> None:
    before = copy.deepcopy(wire)
    count = len(dialect.parse(wire, 0).message.parts)
    selected = dialect.select(wire, range(count), {})
    assert selected == wire == before
    assert selected is not wire
    assert list(selected) == list(wire)


def test_some_parts() -> None:
    blocks = [result("a"), result("b"), text("c"), {"type": "novelty"}]
    assert ANTHROPIC.select(user(*blocks), [2, 3], {}) == user(*blocks[2:])
    message = assistant("say", tool_calls=[call("a"), call("b")], extra="stays")
    assert OPENAI.select(message, [0], {}) == assistant("say", extra="stays")
    assert OPENAI.select(message, [2], {}) == {
        **message,
        "content": None,
        "tool_calls": [call("b")],
    }


def test_unknown_fields_stay_whatever_is_selected() -> None:
    message = {**user(result("a"), text("b")), "novel": {"x": 1}}
    assert ANTHROPIC.select(message, [0], {})["novel"] == {"x": 1}


def test_text_is_rewritten_in_its_place() -> None:
    assert ANTHROPIC.select(user("long"), [0], {0: {(): "short"}}) == user("short")
    assert OPENAI.select(user("long"), [0], {0: {(): "short"}}) == user("short")
    message = user(text("long", **MARK), text("b"))
    assert ANTHROPIC.select(message, [0, 1], {0: {(): "s"}}) == user(text("s", **MARK), text("b"))


def test_media_become_text_and_keep_their_mark() -> None:
    assert ANTHROPIC.select(user(IMAGE), [0], {0: {(): "a cat"}}) == user(text("a cat", **MARK))
    assert OPENAI.select(user(PHOTO), [0], {0: {(): "a cat"}}) == user(text("a cat"))


@pytest.mark.parametrize(
    ("dialect", "make"),
    [(OPENAI, tool), (ANTHROPIC, lambda key, content: user(result(key, content, **MARK)))],
)
def test_results(dialect: Walker, make: Any) -> None:
    items = [text("a", **MARK), dict(IMAGE), text("c")]

    def with_texts(content: Any, texts: Any) -> Json:
        return dialect.select(make("x", content), [0], {0: texts})

    assert with_texts("long", {(): "s"}) == make("x", "s")
    assert with_texts("long", {(0,): "s"}) == make("x", "s")
    assert with_texts(items, {(): "s"}) == make("x", [text("s", **MARK)])
    assert with_texts(items, {(1,): "cat", (2,): "z"}) == make(
        "x", [items[0], text("cat", **MARK), text("z")]
    )
    view = dialect.parse(with_texts(items, {(1,): "cat"}), 0).message.parts[0]
    assert isinstance(view, ToolResult)
    assert view.content == (Text("a"), Text("cat"), Text("c"))


def test_arguments_keep_every_other_byte() -> None:
    given = '{"n": 1.50, "big": 123456789012345678901234567890, "t": {"x": ["long", "\\ud83d"]}}'
    message = assistant(tool_calls=[call("a", arguments=given)])
    selected: Any = OPENAI.select(message, [0], {0: {("t", "x", 0): 'a "b"'}})
    changed = selected["tool_calls"][0]["function"]["arguments"]
    assert "1.50" in changed
    assert "123456789012345678901234567890" in changed
    assert "\\ud83d" in changed
    assert json.loads(changed)["t"]["x"][0] == 'a "b"'
    assert message["tool_calls"][0]["function"]["arguments"] == given


def test_arguments_with_lone_surrogates() -> None:
    message = assistant(tool_calls=[call("a", arguments='{"k": "long", "s": "\ud800"}')])
    selected: Any = OPENAI.select(message, [0], {0: {("k",): "\udfff"}})
    changed = selected["tool_calls"][0]["function"]["arguments"]
    assert '"\\udfff"' in changed
    assert json.loads(changed) == {"k": "\udfff", "s": "\ud800"}


def test_anthropic_input() -> None:
    message = assistant(use("a", keep={"n": 1}, body={"parts": ["one", "two"]}))
    selected = ANTHROPIC.select(message, [0], {0: {("body", "parts", 1): "2"}})
    assert selected == assistant(use("a", keep={"n": 1}, body={"parts": ["one", "2"]}))
    assert message["content"][0]["input"]["body"]["parts"] == ["one", "two"]


def test_custom_and_legacy_calls() -> None:
    custom = {"id": "a", "type": "custom", "custom": {"name": "sh", "input": "long"}}
    message = {**calls(), "tool_calls": [custom]}
    selected: Any = OPENAI.select(message, [0], {0: {(): "s"}})
    assert selected["tool_calls"][0]["custom"] == {"name": "sh", "input": "s"}
    legacy = {"role": "assistant", "function_call": {"name": "f", "arguments": '{"a":"b"}'}}
    selected = OPENAI.select(legacy, [0], {0: {("a",): "c"}})
    assert selected["function_call"] == {"name": "f", "arguments": '{"a":"c"}'}
    assert OPENAI.select({**legacy, "content": "x"}, [0], {}) == {
        "role": "assistant",
        "content": "x",
    }


BAD: list[tuple[Walker, Json, dict[tuple[str | int, ...], str]]] = [
    (ANTHROPIC, assistant(thinking()), {(): "x"}),
    (ANTHROPIC, user({"type": "novelty"}), {(): "x"}),
    (ANTHROPIC, assistant(use("a", k=1)), {("k",): "x"}),
    (ANTHROPIC, assistant(use("a", k="v")), {("z",): "x"}),
    (ANTHROPIC, assistant(use("a", k=["v"])), {("k", 1): "x"}),
    (ANTHROPIC, assistant(use("a", k=["v"])), {("k", -1): "x"}),
    (ANTHROPIC, user(result("a", "text")), {(1,): "x"}),
    (ANTHROPIC, user(result("a", [text("x")])), {(1,): "x"}),
    (ANTHROPIC, user(result("a", [text("x")])), {("k",): "x"}),
    (ANTHROPIC, user("x"), {(0,): "x"}),
    (OPENAI, user({"type": "input_audio"}), {(): "x"}),
    (OPENAI, {**user(), "content": "", "novel": 1}, {("x",): "x"}),
    (OPENAI, assistant(tool_calls=[call("a", arguments="not json")]), {("k",): "x"}),
    (OPENAI, assistant(tool_calls=[call("a", arguments='{"k": 1}')]), {("k",): "x"}),
    (OPENAI, assistant(tool_calls=[call("a", arguments='["a"]')]), {(3,): "x"}),
    (OPENAI, assistant(tool_calls=[call("a", arguments="{}")]), {(): "x"}),
]


@pytest.mark.parametrize(("dialect", "wire", "texts"), BAD)
def test_what_cannot_be_rewritten(dialect: Walker, wire: Json, texts: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        dialect.select(wire, [0], {0: texts})


@pytest.mark.parametrize("dialect", DIALECTS.values())
def test_a_note_is_a_user_message(dialect: Walker) -> None:
    view = dialect.parse(dialect.note("left out"), 0)
    assert (view.message.role, view.message.parts) == ("user", (Text("left out"),))
    assert not view.faults


def test_merging_puts_results_first() -> None:
    merged = ANTHROPIC.merge(user("note"), {**user(result("a"), text("b")), "x": 1})
    assert merged == {**user(result("a"), text("note"), text("b")), "x": 1}
    merged = ANTHROPIC.merge(user(result("a"), text("b")), user(text("c"), result("d")))
    assert merged == user(result("a"), result("d"), text("b"), text("c"))


def test_merging_does_not_repair() -> None:
    merged = ANTHROPIC.merge(user(text("a"), result("b")), user(result("c")))
    assert merged == user(text("a"), result("b"), result("c"))


def test_merging_in_openai() -> None:
    assert OPENAI.merge(user("a"), {**user("b"), "name": "n"}) == {
        **user(text("a"), text("b")),
        "name": "n",
    }
    first, second = assistant("a", name="x"), {**calls("c"), "name": "y"}
    assert OPENAI.merge(first, second) == {
        **assistant(text("a")),
        "name": "x",
        "tool_calls": [call("c")],
    }


def test_arguments_keep_space_order_and_doubles() -> None:
    given = ' { "b" : [ 1 , { "x":"long" } ],\n"a":"long", "b" : [2, {"x" : "long"}] } '
    message = assistant(tool_calls=[call("a", arguments=given)])
    selected: Any = OPENAI.select(message, [0], {0: {("b", 1, "x"): "é", ("a",): "s"}})
    changed = selected["tool_calls"][0]["function"]["arguments"]
    assert changed == (' { "b" : [ 1 , { "x":"long" } ],\n"a":"s", "b" : [2, {"x" : "é"}] } ')

"""Every part of a Messages request as Chat Completions has it."""

from __future__ import annotations

import json

import pytest

from brim_proxy.translation.anthropic_openai.translator import AnthropicToOpenAI
from brim_proxy.translation.base import Asked, Untranslatable

PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
WEB = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
WEB_PART = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
MARKED = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": [1, 2.50]}}
CALL = {
    "id": "t1",
    "type": "function",
    "function": {"name": "look", "arguments": '{"at": [1, 2.5]}'},
}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
HIDDEN = {"type": "redacted_thinking", "data": "x"}


def translated(**fields: object) -> dict:
    body = {"model": "m", "messages": [], **fields}
    exchange = AnthropicToOpenAI().translate(json.dumps(body).encode(), Asked("shown"))
    assert exchange.streamed == bool(fields.get("stream"))
    return json.loads(exchange.body)


def text(said: str) -> dict:
    return {"type": "text", "text": said}


def result(content: object = None, **fields: object) -> dict:
    found = {"type": "tool_result", "tool_use_id": "t1", **fields}
    return found if content is None else {**found, "content": content}


def tool(content: str) -> dict:
    return {"role": "tool", "tool_call_id": "t1", "content": content}


def user(content: object) -> dict:
    return {"role": "user", "content": content}


def document(source: dict, **fields: object) -> dict:
    return {"type": "document", "source": source, **fields}


FOLLOWS = text("Result of t1:")
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
FILE = {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBE"}

USERS = [
    ("hello", [user("hello")]),
    ([text("hello")], [user("hello")]),
    ([MARKED, text("Now.")], [user("Be brief.\n\nNow.")]),
    ([text("see"), PNG, WEB], [user([text("see"), PNG_PART, WEB_PART])]),
    ([document({"type": "text", "data": "long", "media_type": "text/plain"})], [user("long")]),
    (
        [document({"type": "text", "data": "long"}, title="A", context="of B")],
        [user("A\n\nof B\n\nlong")],
    ),
    (
        [document({"type": "content", "content": [text("one"), PNG]})],
        [user([text("one"), PNG_PART])],
    ),
    ([document({"type": "content", "content": "one"})], [user("one")]),
    ([document(PDF)], [user([{"type": "file", "file": FILE}])]),
    (
        [{"type": "search_result", "title": "T", "source": "http://x", "content": [text("found")]}],
        [user("T\nfound")],
    ),
    ([result("ok")], [tool("ok")]),
    ([result()], [tool("")]),
    ([result([])], [tool("")]),
    ([result([text("a"), text("b")])], [tool("a\n\nb")]),
    ([result("no such hall", is_error=True)], [tool("Error: no such hall")]),
    ([result(is_error=True)], [tool("Error")]),
    ([result([text("a"), PNG])], [tool("a"), user([FOLLOWS, PNG_PART])]),
    ([result([PNG])], [tool("See the next message."), user([FOLLOWS, PNG_PART])]),
    (
        [result("a"), {**result("b"), "tool_use_id": "t2"}, text("and now?")],
        [tool("a"), {**tool("b"), "tool_call_id": "t2"}, user("and now?")],
    ),
    (
        [text("first"), result([PNG]), result("b")],
        [tool("See the next message."), tool("b"), user([text("first"), FOLLOWS, PNG_PART])],
    ),
    ([], [user("")]),
]


@pytest.mark.parametrize(("content", "expected"), USERS)
def test_what_users_send(content, expected):
    assert translated(messages=[user(content)])["messages"] == expected


ASSISTANTS = [
    ("hello", [{"role": "assistant", "content": "hello"}]),
    ([text("a"), text("b")], [{"role": "assistant", "content": "a\n\nb"}]),
    ([THOUGHT, HIDDEN, text("a")], [{"role": "assistant", "content": "a"}]),
    ([THOUGHT], []),
    ([USE], [{"role": "assistant", "content": None, "tool_calls": [CALL]}]),
    (
        [THOUGHT, text("I look."), USE, {**USE, "id": "t2"}],
        [{"role": "assistant", "content": "I look.", "tool_calls": [CALL, {**CALL, "id": "t2"}]}],
    ),
]


@pytest.mark.parametrize(("content", "expected"), ASSISTANTS)
def test_what_the_model_said(content, expected):
    assert translated(messages=[{"role": "assistant", "content": content}])["messages"] == expected


@pytest.mark.parametrize(
    ("system", "content"),
    [("Be brief.", "Be brief."), ([MARKED, text("Or not.")], "Be brief.\n\nOr not.")],
)
def test_instructions_come_first(system, content):
    found = translated(system=system, messages=[user("hi"), {"role": "system", "content": system}])
    said = {"role": "system", "content": content}
    assert found["messages"] == [said, user("hi"), said]


TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object", "a": 1.50}}
FUNCTION = {"name": "look", "description": "Look.", "parameters": {"type": "object", "a": 1.5}}
BARE = {"name": "go", "input_schema": {}, "type": "custom", "strict": True, "cache_control": {}}
SCHEMA = {"type": "object", "properties": {}}
FORMAT = {"type": "json_schema", "schema": SCHEMA}
ANSWER = {"name": "answer", "schema": SCHEMA, "strict": True}
LONG = "user_" + "a" * 100

FIELDS = [
    ({"max_tokens": 9}, {"max_tokens": 9}),
    ({"max_tokens": 9, "model": "gpt-5.1"}, {"max_completion_tokens": 9, "model": "gpt-5.1"}),
    ({"max_tokens": 9, "model": "o3-mini"}, {"max_completion_tokens": 9, "model": "o3-mini"}),
    ({"temperature": 0.7, "top_p": 1}, {"temperature": 0.7, "top_p": 1}),
    ({"temperature": None, "system": None, "tools": None, "stop_sequences": []}, {}),
    ({"stop_sequences": ["a", "b"]}, {"stop": ["a", "b"]}),
    ({"metadata": {"user_id": "u1"}}, {"user": "u1"}),
    ({"metadata": {"user_id": None}}, {}),
    ({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
    ({"stream": False}, {}),
    ({"top_k": 5, "thinking": {"type": "adaptive"}, "service_tier": "auto", "x": 1}, {}),
    ({"output_config": {"format": FORMAT, "effort": "low"}}, "format"),
    ({"output_format": FORMAT}, "format"),
    ({"tool_choice": {"type": "auto"}}, {}),
]


@pytest.mark.parametrize(("given", "expected"), FIELDS)
def test_fields(given, expected):
    if expected == "format":
        expected = {"response_format": {"type": "json_schema", "json_schema": ANSWER}}
    assert translated(**given) == {"model": "m", "messages": [], **expected}


def test_tools():
    found = translated(tools=[TOOL, BARE])["tools"]
    bare = {"name": "go", "parameters": {}, "strict": True}
    assert found == [{"type": "function", "function": one} for one in (FUNCTION, bare)]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        (
            {"type": "tool", "name": "look"},
            {"tool_choice": {"type": "function", "function": {"name": "look"}}},
        ),
        (
            {"type": "auto", "disable_parallel_tool_use": True},
            {"tool_choice": "auto", "parallel_tool_calls": False},
        ),
    ],
)
def test_the_choice_of_a_tool(choice, expected):
    found = translated(tools=[TOOL], tool_choice=choice)
    del found["tools"]
    assert found == {"model": "m", "messages": [], **expected}


def test_a_users_long_name_is_the_same_short_one():
    first, second, other = (
        translated(metadata={"user_id": name})["user"] for name in (LONG, LONG, LONG + "b")
    )
    assert first == second != other
    assert len(first) <= 64


def test_arguments_go_up_byte_for_byte():
    body = b'{"model":"m","messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t",'
    body += b'"name":"n","input":{ "a" : 1.50e2, "\\u00e9": 12345678901234567890 }}]}]}'
    found = json.loads(AnthropicToOpenAI().translate(body, Asked("m")).body)
    (call,) = found["messages"][0]["tool_calls"]
    assert call["function"]["arguments"] == '{ "a" : 1.50e2, "\\u00e9": 12345678901234567890 }'


def test_what_does_not_go_up_is_named():
    body = {"model": "m", "messages": [], "stream": True, "top_k": 1, "system": None, "odd": 1}
    body |= {"thinking": {"type": "enabled"}, "container": None, "output_config": {"effort": "low"}}
    exchange = AnthropicToOpenAI().translate(json.dumps(body).encode(), Asked("m"))
    assert exchange.left_out == ("odd", "output_config", "thinking", "top_k")


def of_user(*blocks: dict) -> dict:
    return {"messages": [user("hi"), user(list(blocks))]}


REFUSED = [
    (of_user(text("a"), {"type": "container_upload"}), "messages.1.content.1"),
    (of_user({"type": "image", "source": {"type": "file", "file_id": "f"}}), "'file'"),
    (of_user({"type": "image"}), "messages.1.content.0.source"),
    (of_user(document({"type": "url", "url": "https://example.org/a.pdf"})), "'url'"),
    (of_user(text("a"), result([{"type": "odd"}])), "messages.1.content.1.content.0"),
    (of_user(result(7)), "messages.1.content.0.content"),
    (
        {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]},
        "server_tool",
    ),
    ({"messages": [{"role": "tool", "content": "a"}]}, "messages.0.role"),
    ({"messages": [{"content": "a"}]}, "role"),
    ({"messages": 5}, "messages"),
    ({"tools": [TOOL, {"type": "bash_20250124", "name": "bash"}]}, "tools.1.*bash_20250124"),
    ({"tools": [{"name": "go"}]}, "tools.0.*'go'"),
    ({"tools": [TOOL], "tool_choice": {"type": "odd"}}, "tool_choice"),
    ({"mcp_servers": [{"type": "url", "url": "https://example.org"}]}, "mcp_servers"),
    ({"stop_sequences": "a"}, "stop_sequences"),
]


@pytest.mark.parametrize(("fields", "words"), REFUSED)
def test_what_has_no_words_is_refused_with_its_place(fields, words):
    with pytest.raises(Untranslatable, match=words):
        translated(**fields)


def test_what_is_nested_too_deeply_is_refused():
    body = b'{"model":"m","messages":[],"tools":[{"name":"a","input_schema":%s}]}'
    deep = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(Untranslatable, match="deeply"):
        AnthropicToOpenAI().translate(body % deep, Asked("m"))

"""What the views say of the wire, and how bad shapes are refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from dialect_samples import (
    ANTHROPIC,
    DIALECTS,
    OPENAI,
    Json,
    assistant,
    broken,
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
from brim.errors import MalformedRequest
from brim.model.messages import (
    Document,
    Image,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)


def parts(dialect: Walker, message: Json) -> tuple[Part, ...]:
    return dialect.parse(message, 0).message.parts


def fingerprint(dialect: Walker, message: Json) -> bytes:
    return dialect.parse(message, 0).message.fingerprint


MALFORMED: list[tuple[Walker, Any, str]] = [
    (OPENAI, "hello", "shape"),
    (OPENAI, {"content": "x"}, "role"),
    (OPENAI, {"role": "robot", "content": "x"}, "role"),
    (OPENAI, {"role": ["user"], "content": "x"}, "role"),
    (OPENAI, {"role": "user", "content": 7}, "content"),
    (OPENAI, {"role": "user", "content": ["hi"]}, "block"),
    (OPENAI, {"role": "user", "content": [{"text": "x"}]}, "type"),
    (OPENAI, {"role": "user", "content": [{"type": "text", "text": 7}]}, "text"),
    (OPENAI, {"role": "user", "content": [{"type": "image_url", "image_url": 7}]}, "block"),
    (OPENAI, {"role": "user", "content": [{"type": "file"}]}, "block"),
    (OPENAI, {"role": "user", "content": "x", "name": 7}, "name"),
    (OPENAI, {"role": "assistant", "tool_calls": {}}, "tool_calls"),
    (OPENAI, {"role": "assistant", "tool_calls": ["x"]}, "block"),
    (OPENAI, {"role": "assistant", "tool_calls": [{**call("a"), "id": 7}]}, "id"),
    (OPENAI, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function"}]}, "block"),
    (OPENAI, {"role": "assistant", "tool_calls": [call("a", arguments={})]}, "arguments"),  # type: ignore[arg-type]
    (OPENAI, {"role": "assistant", "function_call": {"name": "f"}}, "arguments"),
    (OPENAI, {"role": "tool", "content": "x"}, "tool_call_id"),
    (OPENAI, {"role": "tool", "tool_call_id": 7, "content": "x"}, "tool_call_id"),
    (OPENAI, {"role": "tool", "tool_call_id": "a", "content": 7}, "content"),
    (OPENAI, {"role": "function", "content": "x"}, "name"),
    (ANTHROPIC, {"role": "tool", "content": "x"}, "role"),
    (ANTHROPIC, {"role": "user", "content": {"type": "text"}}, "content"),
    (ANTHROPIC, {"role": "user", "content": [{"type": "text"}]}, "text"),
    (ANTHROPIC, {"role": "user", "content": [{"type": "image", "source": "x"}]}, "block"),
    (ANTHROPIC, {"role": "user", "content": [{"type": "tool_result"}]}, "tool_use_id"),
    (ANTHROPIC, user(result("a", 7)), "content"),
    (ANTHROPIC, assistant({"type": "tool_use", "id": "a", "name": "f"}), "input"),
    (ANTHROPIC, assistant({"type": "tool_use", "id": 7, "name": "f", "input": {}}), "id"),
    (ANTHROPIC, assistant({"type": "thinking", "thinking": None}), "thinking"),
    (ANTHROPIC, assistant({"type": "redacted_thinking"}), "data"),
]


@pytest.mark.parametrize(("dialect", "wire", "rule"), MALFORMED)
def test_bad_shape_names_index_and_rule(dialect: Walker, wire: Any, rule: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        dialect.parse(wire, 3)
    assert (caught.value.index, caught.value.rule) == (3, rule)
    assert str(caught.value).startswith("messages[3]: ")


def nested(levels: int) -> Json:
    value: Any = "end"
    for _ in range(levels):
        value = {"in": value}
    return {"type": "novelty", "value": value}


def test_depth_is_bounded() -> None:
    for dialect in DIALECTS.values():
        assert isinstance(parts(dialect, user(nested(99)))[0], Opaque)
        for levels in (100, 2_000, 100_000):
            with pytest.raises(MalformedRequest) as caught:
                dialect.parse(user(nested(levels)), 0)
            assert caught.value.rule == "depth"


def test_many_siblings_are_not_deep() -> None:
    block = {"type": "novelty", "value": [{} for _ in range(1000)]}
    assert isinstance(parts(OPENAI, user(block))[0], Opaque)


@pytest.mark.parametrize("dialect", DIALECTS.values())
def test_strange_values_do_not_raise(dialect: Walker) -> None:
    lone = "a\ud800b"
    block = {"type": lone, "value": [lone, 10**400, 1e308, None, True]}
    view = parts(dialect, user(text(lone), block, text("\0")))
    assert view[0] == Text(lone)
    assert isinstance(view[1], Opaque)
    assert parts(ANTHROPIC, assistant(use("x", key=lone)))[0].arguments == f'{{"key":"{lone}"}}'  # type: ignore[union-attr]


def test_openai_parts_in_order() -> None:
    message = assistant(
        text("see"),
        {"type": "refusal", "refusal": "no"},
        tool_calls=[call("a", "look", '{"x": 1}'), call("b")],
        annotations=[],
        audio=None,
        reasoning_content="because",
        id="msg_1",
    )
    view = parts(OPENAI, message)
    assert [type(part) for part in view] == [Text, Opaque, ToolCall, ToolCall, Opaque]
    assert view[2] == ToolCall("a", "look", '{"x": 1}')
    assert [part.kind for part in view if isinstance(part, Opaque)] == [
        "refusal",
        "field:reasoning_content",
    ]


def test_openai_results_and_custom_calls() -> None:
    assert parts(OPENAI, tool("a", [text("1"), text("2")])) == (
        ToolResult("a", (Text("1"), Text("2"))),
    )
    custom = {"id": "a", "type": "custom", "custom": {"name": "sh", "input": 'ls "x"'}}
    assert parts(OPENAI, {**calls(), "tool_calls": [custom]}) == (
        ToolCall("a", "sh", '"ls \\"x\\""'),
    )


def test_legacy_function_call_is_paired_by_name() -> None:
    asks = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    answers = {"role": "function", "name": "f", "content": "1"}
    (made,), (found,) = parts(OPENAI, asks), parts(OPENAI, answers)
    assert isinstance(made, ToolCall)
    assert isinstance(found, ToolResult)
    assert made.id == found.call_id == "function:f"
    assert broken(OPENAI, [asks, answers]) == set()
    assert broken(OPENAI, [answers]) == {1}


def test_anthropic_parts() -> None:
    search = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
    view = parts(
        ANTHROPIC,
        assistant(
            thinking("why"),
            {"type": "redacted_thinking", "data": "abcd"},
            text("so"),
            use("a", path="é", deep={"b": 1, "a": 2}),
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            search,
        ),
    )
    assert isinstance(view[0], Thinking)
    assert (view[0].text, view[0].size) == ("why", 4)
    assert isinstance(view[1], Thinking)
    assert (view[1].text, view[1].size) == ("", 4)
    assert view[3] == ToolCall("a", "look", '{"path":"é","deep":{"b":1,"a":2}}')
    kinds = [part.kind for part in view if isinstance(part, Opaque)]
    assert kinds == ["server_tool_use", "web_search_tool_result"]


def test_anthropic_results_and_documents() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "body"}
    document = {"type": "document", "source": source, "title": "T"}
    blocks = [text("x"), document, {"type": "tool_reference", "tool_name": "t"}, use("n")]
    (found,) = parts(ANTHROPIC, user(result("a", blocks, is_error=True)))
    assert isinstance(found, ToolResult)
    assert found.is_error
    assert [type(item) for item in found.content] == [Text, Document, Opaque, Opaque]
    inner = found.content[1]
    assert isinstance(inner, Document)
    assert (inner.text, inner.title, inner.media_type) == ("body", "T", "text/plain")
    assert parts(ANTHROPIC, user({"type": "tool_result", "tool_use_id": "a"})) == (
        ToolResult("a", ()),
    )


def test_documents_of_all_sources() -> None:
    def of(**source: Any) -> Document:
        (part,) = parts(ANTHROPIC, user({"type": "document", "source": source}))
        assert isinstance(part, Document)
        return part

    assert of(type="base64", media_type="application/pdf", data="QUJD").size == 3
    assert of(type="url", url="https://x/a").digest != of(type="url", url="https://x/b").digest
    assert of(type="file", file_id="f1").digest == of(type="file", file_id="f1").digest
    assert of(type="content", content=[text("a"), text("b")]).text == "a\nb"
    file = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}
    (part,) = parts(OPENAI, user({"type": "file", "file": file}))
    same = of(type="base64", media_type="application/pdf", data="QUJD")
    assert part == Document(same.digest, "application/pdf", 3, "a.pdf")


def test_images_by_reference() -> None:
    (seen,) = parts(ANTHROPIC, user({"type": "image", "source": {"type": "file", "file_id": "f"}}))
    assert isinstance(seen, Image)
    assert (seen.size, seen.width) == (0, None)
    block = {"type": "image_url", "image_url": {"url": "https://x/i.png", "detail": "low"}}
    (seen,) = parts(OPENAI, user(block))
    assert isinstance(seen, Image)
    assert (seen.detail, seen.size) == ("low", 0)


@pytest.mark.parametrize("dialect", DIALECTS.values())
def test_fingerprint_says_what_the_message_is(dialect: Walker) -> None:
    plain = fingerprint(dialect, user("hi"))
    mark = {"type": "ephemeral"}
    assert plain == fingerprint(dialect, user(text("hi")))
    assert plain == fingerprint(dialect, user({"cache_control": mark, **text("hi")}))
    assert plain == fingerprint(dialect, {**user("hi"), "id": "m1"})
    assert plain != fingerprint(dialect, user("hi "))
    assert plain != fingerprint(dialect, assistant("hi"))
    new = {"type": "novelty", "a": 1, "b": 2}
    assert fingerprint(dialect, user(new)) == fingerprint(
        dialect, user({"cache_control": mark, "b": 2, "a": 1, "type": "novelty"})
    )
    assert fingerprint(dialect, user(new)) != fingerprint(dialect, user({**new, "a": 2}))


def test_fingerprint_is_free_of_thinking() -> None:
    assert fingerprint(ANTHROPIC, assistant(thinking(), text("x"))) == fingerprint(
        ANTHROPIC, assistant("x")
    )


def test_cache_marks_are_counted_where_they_stand() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    message = user(result("a", [text("x", **mark), text("y")], **mark), text("z", **mark))
    assert ANTHROPIC.parse(message, 0).cache_marks == 3
    assert ANTHROPIC.parse(user(text("x", cache_control=None)), 0).cache_marks == 0


def test_reading_changes_nothing() -> None:
    message = assistant(text("a"), use("x", k=["v"]), thinking())
    before = copy.deepcopy(message)
    ANTHROPIC.parse(message, 0)
    assert message == before

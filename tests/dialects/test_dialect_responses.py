"""Items of OpenAI Responses: how each is read, and what can be changed in it."""

from __future__ import annotations

from typing import Any

import pytest
from dialect_samples import RESPONSES, Json, asks, assistant, output, reasoning, user

from brim.errors import MalformedRequest
from brim.model.messages import (
    Document,
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

ITEMS: list[Json] = [
    user("hi"),
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "so", "annotations": []}],
    },
    asks("a", arguments='{"path": "x"}', id="fc_1", status="completed"),
    output("a", [{"type": "input_text", "text": "found"}]),
    reasoning(),
    {"type": "custom_tool_call", "call_id": "b", "name": "sh", "input": "ls"},
    {"type": "custom_tool_call_output", "call_id": "b", "output": "files"},
    {"type": "local_shell_call", "call_id": "c", "action": {"command": ["ls"]}, "id": "lsh_1"},
    {"type": "local_shell_call_output", "call_id": "c", "output": "files"},
    {"type": "computer_call_output", "call_id": "d", "output": {"type": "computer_screenshot"}},
    {"type": "web_search_call", "id": "ws_1", "status": "completed"},
    {"type": "compaction", "id": "cmp_1", "encrypted_content": "c2VhbA"},
    {"type": "item_reference", "id": "msg_0"},
    {**user({"type": "input_image", "image_url": "https://x/i", "detail": "low"}), "novel": 1},
]


def view(item: Json) -> Message:
    return RESPONSES.parse(item, 0).message


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.get("type", "message"))
def test_all_parts_without_rewrites_are_the_item(item: Json) -> None:
    selected = RESPONSES.select(item, range(len(view(item).parts)), {})
    assert selected == item
    assert list(selected) == list(item)


def test_roles_and_parts() -> None:
    seen = [(view(item).role, type(view(item).parts[0])) for item in ITEMS]
    assert seen == [
        ("user", Text),
        ("assistant", Text),
        ("assistant", ToolCall),
        ("tool", ToolResult),
        ("assistant", Thinking),
        ("assistant", ToolCall),
        ("tool", ToolResult),
        ("assistant", ToolCall),
        ("tool", ToolResult),
        ("tool", ToolResult),
        ("assistant", Opaque),
        ("assistant", Opaque),
        ("assistant", Opaque),
        ("user", Image),
    ]


def test_calls_and_outputs() -> None:
    assert view(ITEMS[2]).parts == (ToolCall("a", "look", '{"path": "x"}'),)
    assert view(ITEMS[2]).name == ""
    assert view(ITEMS[3]).parts == (ToolResult("a", (Text("found"),)),)
    assert view(ITEMS[5]).parts == (ToolCall("b", "sh", '"ls"'),)
    assert view(ITEMS[7]).parts == (
        ToolCall("c", "local_shell_call", '{"action":{"command":["ls"]}}'),
    )


def test_reasoning_is_thinking() -> None:
    (part,) = view(reasoning()).parts
    assert isinstance(part, Thinking)
    assert (part.text, part.size) == ("hm", 6)
    (other,) = view({**reasoning(), "encrypted_content": "c2VhbB"}).parts
    assert isinstance(other, Thinking)
    assert part.digest != other.digest


def test_item_ids_are_no_part_of_the_fingerprint() -> None:
    assert view({**ITEMS[2], "id": "fc_2"}).fingerprint == view(ITEMS[2]).fingerprint
    assert view({**ITEMS[11], "id": "cmp_2"}).fingerprint == view(ITEMS[11]).fingerprint
    assert view(user("hi")).fingerprint == view({"type": "message", **user("hi")}).fingerprint
    told = {"type": "output_text", "text": "so"}
    assert view(ITEMS[1]).fingerprint == view(assistant(told)).fingerprint


def test_files() -> None:
    (part,) = view(user({"type": "input_file", "file_id": "f", "filename": "a.pdf"})).parts
    assert isinstance(part, Document)
    assert part.title == "a.pdf"


def test_rewrites() -> None:
    def rewritten(item: Json, texts: Any) -> Json:
        return RESPONSES.select(item, [0], {0: texts})

    assert rewritten(user("long"), {(): "s"}) == user("s")
    assert rewritten(ITEMS[1], {(): "s"}) == {
        **ITEMS[1],
        "content": [{"type": "output_text", "text": "s", "annotations": []}],
    }
    assert rewritten(ITEMS[2], {("path",): "y"}) == {**ITEMS[2], "arguments": '{"path": "y"}'}
    assert rewritten(ITEMS[3], {(): "s"}) == output("a", [{"type": "input_text", "text": "s"}])
    assert rewritten(ITEMS[5], {(): "pwd"})["input"] == "pwd"
    assert rewritten(output("a", "long"), {(): "s"}) == output("a", "s")
    assert rewritten(ITEMS[13], {(): "a cat"})["content"] == [
        {"type": "input_text", "text": "a cat"}
    ]


@pytest.mark.parametrize("number", [4, 7, 9, 10, 11, 12])
def test_sealed_items_cannot_be_rewritten(number: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        RESPONSES.select(ITEMS[number], [0], {0: {("k",): "x"}})


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        ({"content": "x"}, "role"),
        ({"type": 7}, "type"),
        ({"type": "function_call", "call_id": "a", "name": "f"}, "arguments"),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, "call_id"),
        ({"type": "function_call_output", "output": "x"}, "call_id"),
        (output("a", 7), "content"),
        ({"type": "custom_tool_call", "call_id": "a", "name": "f", "input": {}}, "input"),
        (user({"type": "input_image"}), "image_url"),
        ({"type": "reasoning", "summary": "x"}, "summary"),
    ],
)
def test_bad_items_name_index_and_rule(item: Json, rule: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        RESPONSES.parse(item, 2)
    assert (caught.value.index, caught.value.rule) == (2, rule)


def test_merging() -> None:
    merged = RESPONSES.merge(user("a"), user({"type": "input_image", "file_id": "f"}))
    assert merged == user(
        {"type": "input_text", "text": "a"}, {"type": "input_image", "file_id": "f"}
    )

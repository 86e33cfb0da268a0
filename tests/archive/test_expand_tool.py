"""The tool that a model calls to read an original, from its call to the next fit."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from archive_parts import app, chat, words

import brim
from brim.errors import UnknownDialect

HANDLE = re.compile(r"<brim-note ([a-z2-7]+)>")


def openai(messages: list[Any], call: str, arguments: str, text: str) -> list[Any]:
    function = {"name": "expand", "arguments": arguments}
    asked = {"role": "assistant", "content": None}
    asked["tool_calls"] = [{"id": call, "type": "function", "function": function}]  # type: ignore
    return [*messages, asked, {"role": "tool", "tool_call_id": call, "content": text}]


def responses(messages: list[Any], call: str, arguments: str, text: str) -> list[Any]:
    asked = {"type": "function_call", "call_id": call, "name": "expand", "arguments": arguments}
    return [*messages, asked, {"type": "function_call_output", "call_id": call, "output": text}]


def anthropic(messages: list[Any], call: str, arguments: str, text: str) -> list[Any]:
    use = {"type": "tool_use", "id": call, "name": "expand", "input": json.loads(arguments)}
    result = {"type": "tool_result", "tool_use_id": call, "content": text}
    return [
        *messages,
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]


WAYS = {"openai-chat": openai, "openai-responses": responses, "anthropic": anthropic}
MODELS = {"anthropic": "claude-sonnet-4-5"}


def request(dialect: str, messages: list[Any], tool: Any) -> dict[str, Any]:
    key = "input" if dialect == "openai-responses" else "messages"
    found = {"model": MODELS.get(dialect, "gpt-4o"), key: messages, "tools": [tool.definition]}
    return found | ({"max_tokens": 500} if dialect == "anthropic" else {})


@pytest.mark.parametrize("dialect", list(WAYS))
def test_from_the_call_to_the_next_fit(dialect: str) -> None:
    messages = chat(30)[1:]
    fit: dict[str, Any] = {"budget": 1_800, "dialect": dialect}
    with app() as made:
        tool = brim.expand_tool(dialect, made, limit=400)
        first = made.fit(request(dialect, messages, tool), **fit)
        assert first.report.violations == ()
        handle = HANDLE.search(json.dumps(first.messages))[1]  # type: ignore[index]
        arguments = json.dumps({"handle": handle})
        text = tool(arguments)
        assert "question 0 word" in text
        assert len(text) < 600
        grown = WAYS[dialect](messages, "call_1", arguments, text)
        second = made.fit(request(dialect, grown, tool), **fit)
        assert second.report.violations == ()
        assert json.dumps(text)[1:-1] in json.dumps(second.messages)
        assert second.messages[: len(first.messages)] == first.messages
        assert second.report.after.upper <= 1_800


def test_a_long_original_comes_in_pieces_that_make_the_whole() -> None:
    with app() as made:
        fitted = made.fit(chat(30), model="gpt-4o", budget=600)
        [change] = fitted.diff().changed
        tool = brim.expand_tool(source=fitted, limit=1_000)
        pieces, offset = [], 0
        while True:
            line, _, piece = tool({"handle": change.handle, "offset": offset}).partition("\n")
            pieces.append(piece)
            more = re.search(r"again with offset (\d+)", line)
            if more is None:
                break
            offset = int(more[1])
    assert "".join(pieces) == change.before
    assert len(pieces) > 3


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "[]",
        '{"handle": 7}',
        '{"handle": "zzzzzz"}',
        '{"handle": "k7f3a2", "offset": -1}',
        '{"handle": "k7f3a2", "offset": "x"}',
        {"handle": None},
        {"handle": "\ud800"},
    ],
)
def test_whatever_a_model_writes_gives_a_short_text(arguments: Any) -> None:
    with app() as made:
        fitted = made.fit(chat(30), model="gpt-4o", budget=600)
        text = brim.expand_tool(source=fitted)(arguments)
    assert text.startswith("Nothing to show: ")
    assert len(text) < 300


def test_a_tenants_tool_reads_nothing_of_others() -> None:
    with app() as made:
        fitted = made.fit(chat(30), model="gpt-4o", budget=600, tenant="ours")
        [change] = fitted.diff().changed
        arguments = {"handle": change.handle}
        assert "question 0" in brim.expand_tool(source=made, tenant="ours")(arguments)
        for tenant in (None, "theirs"):
            text = brim.expand_tool(source=made, tenant=tenant)(arguments)
            assert text.startswith("Nothing to show")


def test_a_definition_can_be_changed_without_harm_to_others() -> None:
    with app() as made:
        one = brim.expand_tool("anthropic", made)
        one.definition["input_schema"]["properties"].clear()
        assert brim.expand_tool("anthropic", made).definition["input_schema"]["properties"]
        with pytest.raises(UnknownDialect, match="openai-responses"):
            brim.expand_tool("cohere", made)


def test_a_part_that_was_shortened_is_read_alone() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": words(900)},
    ]
    with app() as made:
        fitted = made.fit(messages, model="gpt-4o", budget=300)
        handle = fitted.diff().changed[0].handle
        text = brim.expand_tool(source=fitted)({"handle": handle})
    assert text.partition("\n")[2] == words(900)

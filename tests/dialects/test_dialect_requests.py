"""Everything of a request but its messages, and how a request is recognized."""

from __future__ import annotations

from typing import Any

import pytest
from dialect_samples import (
    ANTHROPIC,
    DIALECTS,
    OPENAI,
    RESPONSES,
    Json,
    asks,
    assistant,
    calls,
    reasoning,
    result,
    text,
    thinking,
    tool,
    use,
    user,
)

from brim.dialects.walk import Walker
from brim.errors import MalformedRequest
from brim.model.conversation import Tool
from brim.model.messages import Opaque, Text

SCHEMA = {"type": "object", "properties": {"b": {}, "a": {}}}
BODY = {"name": "look", "description": "Looks.", "parameters": SCHEMA}
SCHEMA_TEXT = '{"type":"object","properties":{"b":{},"a":{}}}'


def test_openai_envelope() -> None:
    request = {
        "model": "m",
        "tools": [
            {"type": "function", "function": BODY},
            {"type": "custom", "custom": {"name": "sh"}},
            {"type": "web_search"},
        ],
        "functions": [{"name": "old"}],
        "max_tokens": 10,
        "max_completion_tokens": 20,
        "tool_choice": "auto",
        "messages": [],
    }
    envelope = OPENAI.envelope(request)
    look, shell, search, old = envelope.tools
    assert look == Tool("look", "Looks.", SCHEMA_TEXT, "function", look.size)
    assert look.size > len(SCHEMA_TEXT)
    assert (shell.name, shell.kind) == ("sh", "custom")
    assert (search.name, search.kind, search.size) == ("web_search", "web_search", 21)
    assert (old.name, old.kind) == ("old", "function")
    assert (envelope.model, envelope.max_output) == ("m", 20)
    assert envelope.fields["tool_choice"] == "auto"
    assert "messages" not in envelope.fields


def test_anthropic_envelope() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    request = {
        "model": "m",
        "max_tokens": 30,
        "system": [text("be kind", **mark), {"type": "novelty"}],
        "tools": [
            {"name": "look", "input_schema": SCHEMA, **mark},
            {"type": "custom", "name": "see", "input_schema": SCHEMA},
            {"type": "bash_20250124", "name": "bash"},
        ],
        "thinking": {"type": "enabled"},
    }
    envelope = ANTHROPIC.envelope(request)
    assert envelope.system[0] == Text("be kind")
    assert isinstance(envelope.system[1], Opaque)
    assert [tool.kind for tool in envelope.tools] == ["function", "function", "bash_20250124"]
    assert (envelope.max_output, envelope.cache_marks) == (30, 2)
    assert envelope.fields["thinking"] is request["thinking"]
    assert ANTHROPIC.envelope({"system": "x"}).system == (Text("x"),)


def test_responses_envelope() -> None:
    envelope = RESPONSES.envelope(
        {
            "model": "m",
            "instructions": "be kind",
            "tools": [{"type": "function", **BODY}],
            "max_output_tokens": 9,
            "input": [],
            "previous_response_id": "resp_1",
        }
    )
    assert envelope.system == (Text("be kind"),)
    assert [(tool.name, tool.parameters) for tool in envelope.tools] == [("look", SCHEMA_TEXT)]
    assert envelope.max_output == 9
    assert dict(envelope.fields) == {"max_output_tokens": 9, "previous_response_id": "resp_1"}


@pytest.mark.parametrize("dialect", DIALECTS.values())
def test_an_empty_request(dialect: Walker) -> None:
    envelope = dialect.envelope({})
    assert (envelope.model, envelope.tools, envelope.max_output) == ("", (), None)


BAD: list[tuple[Walker, Json, str]] = [
    (OPENAI, {"model": 7}, "model"),
    (OPENAI, {"tools": {}}, "tools"),
    (OPENAI, {"tools": ["x"]}, "block"),
    (OPENAI, {"tools": [{"type": 7}]}, "tools"),
    (OPENAI, {"tools": [{"type": "function", "function": {"name": 7}}]}, "tools"),
    (OPENAI, {"max_completion_tokens": "many"}, "max_completion_tokens"),
    (OPENAI, {"max_tokens": True}, "max_tokens"),
    (ANTHROPIC, {"max_tokens": -1}, "max_tokens"),
    (ANTHROPIC, {"system": 7}, "system"),
    (ANTHROPIC, {"system": [7]}, "block"),
    (ANTHROPIC, {"system": [{"type": "text"}]}, "text"),
]


@pytest.mark.parametrize(("dialect", "request_", "rule"), BAD)
def test_a_malformed_request_names_its_rule(dialect: Walker, request_: Json, rule: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        dialect.envelope(request_)
    assert (caught.value.index, caught.value.rule) == (None, rule)


PHOTO = {"type": "image_url", "image_url": {"url": "https://x/i"}}
SYSTEM = {"role": "system", "content": "be kind"}
CLAIMS: list[tuple[Json, list[Any], set[str]]] = [
    ({}, [], set()),
    ({}, [user("hi"), assistant("ok")], set()),
    ({}, [user(text("hi"))], set()),
    ({"model": "m", "max_tokens": 5, "temperature": 1}, [user("hi")], set()),
    ({}, ["no message", 7, None], set()),
    ({}, [SYSTEM, user("hi")], {"openai-chat"}),
    ({}, [{"role": "developer", "content": "x"}], {"openai-chat"}),
    ({}, [user("hi"), calls("a")], {"openai-chat"}),
    ({}, [user("hi"), tool("a")], {"openai-chat"}),
    ({}, [user(PHOTO)], {"openai-chat"}),
    ({"max_completion_tokens": 5}, [user("hi")], {"openai-chat"}),
    ({"tools": [{"type": "function", "function": {"name": "x"}}]}, [], {"openai-chat"}),
    ({"system": "x"}, [user("hi")], {"anthropic"}),
    ({"anthropic_version": "bedrock-2023-05-31"}, [user("hi")], {"anthropic"}),
    ({"tools": [{"name": "x", "input_schema": {}}]}, [], {"anthropic"}),
    ({}, [user("hi"), assistant(use("a"))], {"anthropic"}),
    ({}, [user(result("a"))], {"anthropic"}),
    ({}, [user("hi"), assistant(thinking())], {"anthropic"}),
    ({}, [SYSTEM, user("hi"), assistant(use("a"))], {"anthropic"}),
    ({"system": "x"}, [user("hi"), SYSTEM, assistant("ok")], {"anthropic"}),
    ({}, [asks("a")], {"openai-responses"}),
    ({}, [{"role": "developer", "content": "x"}, reasoning()], {"openai-responses"}),
    ({}, [SYSTEM, user({"type": "input_text", "text": "x"})], {"openai-responses"}),
    ({"instructions": "x"}, [user("hi")], {"openai-responses"}),
    ({"tools": [{"type": "function", **BODY}]}, [user("hi")], {"openai-responses"}),
    ({}, [*[user("hi")] * 60, assistant(use("a")), *[user("hi")] * 11], {"anthropic"}),
    ({}, [*[user("hi")] * 12, assistant(use("a")), *[user("hi")] * 12], set()),
]


@pytest.mark.parametrize(("request_", "messages", "claimed"), CLAIMS)
def test_claims(request_: Json, messages: list[Any], claimed: set[str]) -> None:
    found = {name for name, one in DIALECTS.items() if one.claims(request_, messages)}
    assert found == claimed


def test_dialects_are_plugins() -> None:
    for name, dialect in DIALECTS.items():
        assert dialect.provide_dialect().name == name
        assert dialect.messages_key == ("input" if dialect.items else "messages")

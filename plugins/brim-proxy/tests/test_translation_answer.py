"""Whole answers and errors of Chat Completions as Messages has them."""

from __future__ import annotations

import json

import pytest
from translated import exchange

from brim_proxy.translation.anthropic_openai.translator import AnthropicToOpenAI
from brim_proxy.translation.base import Asked

LOOK = {"id": "t1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1.50}'}}
USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1.5}}
NOTHING = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


def answered(message: dict, finish: str | None = "stop", **fields: object) -> dict:
    choice = {"index": 0, "message": message, "finish_reason": finish, **fields.pop("choice", {})}
    body = {"id": "c1", "object": "chat.completion", "model": "theirs", "choices": [choice]}
    found = exchange(stream=False).answer(200, json.dumps({**body, **fields}).encode())
    assert (found.status, found.kind) == (200, b"application/json")
    return json.loads(found.body)


def said(content: object, **fields: object) -> dict:
    return {"role": "assistant", "content": content, **fields}


def called(arguments: object) -> dict:
    return {**LOOK, "function": {"name": "look", "arguments": arguments}}


def text(words: str) -> dict:
    return {"type": "text", "text": words}


def test_a_message():
    usage = {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97}
    usage["prompt_tokens_details"] = {"cached_tokens": 64, "audio_tokens": 0}
    assert answered(said("Hello."), usage=usage) == {
        "id": "msg_c1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [text("Hello.")],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 26,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 64,
            "output_tokens": 7,
        },
    }


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, (0, 0)),
        ({}, (0, 0)),
        ({"prompt_tokens": 5, "completion_tokens": None}, (5, 0)),
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, (5, 0)),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": None}}, (5, 0)),
    ],
)
def test_usage_that_is_not_all_there(usage, expected):
    found = answered(said("a"), usage=usage)["usage"]
    assert found == {**NOTHING, "input_tokens": expected[0], "output_tokens": expected[1]}


CONTENTS = [
    (said(None), []),
    (said(""), []),
    (said([text("a"), text("b"), {"type": "odd"}]), [text("ab")]),
    (said(None, refusal="No."), [text("No.")]),
    (said("I look.", tool_calls=[LOOK]), [text("I look."), USE]),
    (said(None, tool_calls=[LOOK, {**LOOK, "id": "t2"}]), [USE, {**USE, "id": "t2"}]),
    (said(None, tool_calls=[called("")]), [{**USE, "input": {}}]),
    (said(None, tool_calls=[called(None)]), [{**USE, "input": {}}]),
    (said(None, tool_calls=[called({"a": 1})]), [{**USE, "input": {"a": 1}}]),
    (said(None, tool_calls=[called("{'a'")]), [{**USE, "input": {"INVALID_JSON": "{'a'"}}]),
    (said(None, tool_calls=[called("[1]")]), [{**USE, "input": {"INVALID_JSON": "[1]"}}]),
    (said(None, tool_calls=[called("null")]), [{**USE, "input": {"INVALID_JSON": "null"}}]),
    (said(None, tool_calls=[{**LOOK, "id": None}]), [{**USE, "id": "toolu_0_msg_c1"}]),
    (
        said("a", reasoning_content="hm"),
        [{"type": "thinking", "thinking": "hm", "signature": ""}, text("a")],
    ),
    (
        said("a", reasoning="hm"),
        [{"type": "thinking", "thinking": "hm", "signature": ""}, text("a")],
    ),
]


@pytest.mark.parametrize(("message", "content"), CONTENTS)
def test_content(message, content):
    assert answered(message)["content"] == content


def test_thinking_that_nobody_asked_for_is_left_out():
    body = {"model": "m", "messages": []}
    choice = {"message": said("a", reasoning_content="hm"), "finish_reason": "stop"}
    for thinking in ({}, {"thinking": {"type": "disabled"}}):
        asked = json.dumps({**body, **thinking}).encode()
        plain = AnthropicToOpenAI().translate(asked, Asked("m"))
        found = plain.answer(200, json.dumps({"choices": [choice]}).encode())
        assert json.loads(found.body)["content"] == [text("a")]


CALLS = said(None, tool_calls=[LOOK])
STOPS = [
    (said("a"), "stop", {}, "end_turn", None),
    (said("a"), None, {}, "end_turn", None),
    (said("a"), "odd", {}, "end_turn", None),
    (said("a"), "length", {}, "max_tokens", None),
    (said("a"), "content_filter", {}, "refusal", None),
    (said(None, refusal="No."), "stop", {}, "refusal", None),
    (CALLS, "tool_calls", {}, "tool_use", None),
    (CALLS, "stop", {}, "tool_use", None),
    (CALLS, "length", {}, "max_tokens", None),
    (said("a"), "stop", {"stop_reason": "END"}, "stop_sequence", "END"),
    (said("a"), "stop", {"stop_reason": 128001}, "end_turn", None),
    (said("a"), "length", {"stop_reason": "END"}, "max_tokens", None),
]


@pytest.mark.parametrize(("message", "finish", "choice", "reason", "met"), STOPS)
def test_why_it_stopped(message, finish, choice, reason, met):
    found = answered(message, finish, choice=choice)
    assert (found["stop_reason"], found["stop_sequence"]) == (reason, met)


def test_messages_without_an_id_get_different_ones():
    body = json.dumps({"choices": [{"message": said("a"), "finish_reason": "stop"}]}).encode()
    found = {json.loads(exchange(stream=False).answer(200, body).body)["id"] for _ in range(3)}
    assert len(found) == 3
    assert all(name.startswith("msg_") for name in found)


def failed(status: int, body: object, tokens: int = 0) -> tuple[int, str, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = AnthropicToOpenAI().translate(b'{"model":"m","messages":[]}', Asked("m", tokens))
    found = asked.answer(status, data)
    told = json.loads(found.body)
    assert (told["type"], set(told["error"])) == ("error", {"type", "message"})
    return found.status, told["error"]["type"], told["error"]["message"]


@pytest.mark.parametrize(
    ("status", "kind", "came"),
    [
        (400, "invalid_request_error", 400),
        (401, "authentication_error", 401),
        (402, "billing_error", 402),
        (403, "permission_error", 403),
        (404, "not_found_error", 404),
        (413, "request_too_large", 413),
        (418, "invalid_request_error", 418),
        (422, "invalid_request_error", 422),
        (429, "rate_limit_error", 429),
        (500, "api_error", 500),
        (502, "api_error", 502),
        (503, "overloaded_error", 529),
        (504, "timeout_error", 504),
        (307, "api_error", 502),
        (100, "api_error", 502),
    ],
)
def test_kinds_of_errors(status, kind, came):
    assert failed(status, {"error": {"message": "No."}})[:2] == (came, kind)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No.", "code": None}}, "No."),
        ({"error": "No."}, "No."),
        ({"object": "error", "message": "No."}, "No."),
        ({"detail": "No."}, "No."),
        ({"error": {"message": 5}}, "status 418"),
        ({"detail": [{"loc": ["body"]}]}, "status 418"),
        ([], "status 418"),
        (b"<html>secret</html>", "status 418"),
        (b"", "status 418"),
        (b"\xff", "status 418"),
    ],
)
def test_words_of_errors(body, words):
    message = failed(418, body)[2]
    assert message.endswith(words)
    assert "secret" not in message


LIMIT = "This model's maximum context length is 8192 tokens."
TOO_LONG = [
    (f"{LIMIT} However, your messages resulted in 9,000 tokens.", 50, "9000 tokens > 8192 maximum"),
    (
        f"{LIMIT} However, you requested 9000 tokens (8100 in the messages, 900 in the answer).",
        50,
        "8193 tokens > 8192 maximum",
    ),
    (LIMIT, 8_500, "8500 tokens > 8192 maximum"),
    (LIMIT, 0, "8193 tokens > 8192 maximum"),
    ("Input exceeds the context window.", 50, "Input exceeds the context window."),
]


@pytest.mark.parametrize(("message", "tokens", "words"), TOO_LONG)
def test_requests_that_were_too_long(message, tokens, words):
    error = {"error": {"message": message, "code": "context_length_exceeded"}}
    expected = (400, "invalid_request_error", f"prompt is too long: {words}")
    assert failed(400, error, tokens) == expected
    assert failed(500, error, tokens) == expected


def test_a_too_long_of_a_server_with_numbers_of_its_own():
    text = "request (2500 tokens) exceeds the available context size (2048 tokens), try increasing"
    error = {"code": 400, "message": text, "type": "exceed_context_size_error", "n_ctx": 2048}
    assert failed(400, {"error": error})[2] == "prompt is too long: 2500 tokens > 2048 maximum"


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [(429, 429, "rate_limit_error"), ("odd", 500, "api_error"), (7, 500, "api_error")],
)
def test_an_error_in_the_place_of_an_answer(code, status, kind):
    body = {"error": {"message": "No.", "code": code}, "choices": None}
    assert failed(200, body) == (status, kind, "No.")

"""Anthropic's own client before an upstream that speaks Chat Completions only."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager

import pytest
from needed import package
from replies import ANSWERS, WORDS, Call, Turn, chat, provider, used
from running import ask
from stub import chunk, chunked, whole
from test_fitting import turns

anthropic = package("anthropic")

ANSWER = "".join(WORDS)
HELLO = [{"role": "user", "content": "hi"}]
MESSAGES = "/v1/messages"
LOOK = Call("call_1", "look", {"where": "hall 3", "deep": [1, {"a": "\u00e9"}]})
TOOL = {"name": "look", "description": "Look.", "input_schema": {"type": "object"}}


def openai_only(recorded, turn=None):
    """A provider that has nothing of Anthropic's."""
    if recorded.target.startswith("/v1/messages"):
        return [whole("404 Not Found", b'{"error": {"message": "no such path"}}')]
    return provider(recorded, turn)


@pytest.fixture
def proxied(serve):
    def start(script=openai_only, **settings):
        chosen = {"translate": "anthropic-to-openai", "model_map": {"claude-*": "tiny"}}
        return serve(script, **{**chosen, **settings})

    return start


@contextmanager
def client(proxy):
    with anthropic.Anthropic(base_url=proxy.url, api_key="sk-y", max_retries=0) as made:
        yield made


def streamed_message(proxy, said: list[str] | None = None):
    """The message of a stream, and what of it was said on the way."""
    with (
        client(proxy) as claude,
        claude.messages.stream(model="claude-x", max_tokens=9, messages=HELLO) as stream,
    ):
        (said if said is not None else []).extend(stream.text_stream)
        return stream.get_final_message()


def test_a_whole_answer(proxied):
    proxy = proxied()
    with client(proxy) as claude:
        answer = claude.messages.create(model="claude-x", max_tokens=9, messages=HELLO)
    assert answer.content[0].text == ANSWER
    assert (answer.model, answer.role, answer.stop_reason) == ("claude-x", "assistant", "end_turn")
    assert answer.usage.output_tokens == 5
    assert answer._request_id == "req_1"
    (sent,) = proxy.stub.requests
    assert sent.target == "/v1/chat/completions"
    assert sent.json == {"model": "tiny", "max_tokens": 9, "messages": HELLO}
    assert sent.headers["authorization"] == "Bearer sk-y"
    theirs = {name for name in sent.headers if name.startswith("anthropic") or name == "x-api-key"}
    assert not theirs | ({"accept-encoding"} & set(sent.headers))


def test_a_streamed_answer(proxied):
    proxy = proxied()
    with (
        client(proxy) as claude,
        claude.messages.stream(model="claude-x", max_tokens=9, messages=HELLO) as stream,
    ):
        assert "".join(stream.text_stream) == ANSWER
        message = stream.get_final_message()
    assert (message.stop_reason, message.model) == ("end_turn", "claude-x")
    tokens = used(proxy.stub.requests[0])
    assert (message.usage.input_tokens, message.usage.output_tokens) == (tokens, 5)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_and_its_result(proxied, streamed):
    def script(recorded):
        done = recorded.json["messages"][-1]["role"] == "tool"
        return openai_only(recorded, Turn(("Done.",)) if done else Turn(("Let me see.",), LOOK))

    proxy = proxied(script)
    said = list(HELLO)
    asked = {"model": "claude-x", "max_tokens": 50, "tools": [TOOL], "messages": said}
    with client(proxy) as claude:

        def answered():
            if not streamed:
                return claude.messages.create(**asked)
            with claude.messages.stream(**asked) as stream:
                return stream.get_final_message()

        first = answered()
        assert first.stop_reason == "tool_use"
        text, called = first.content
        assert text.text == "Let me see."
        assert (called.id, called.name, called.input) == ("call_1", "look", LOOK.arguments)
        result = {"type": "tool_result", "tool_use_id": called.id, "content": "empty"}
        said += [
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [result]},
        ]
        assert answered().content[0].text == "Done."
    up = proxy.stub.requests[1].json["messages"]
    assert [one["role"] for one in up] == ["user", "assistant", "tool"]
    (call,) = up[1]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == LOOK.arguments
    assert up[2] == {"role": "tool", "tool_call_id": "call_1", "content": "empty"}


@pytest.mark.parametrize("streamed", [False, True])
def test_a_long_conversation_goes_up_fitted_to_the_upstreams_model(proxied, streamed):
    proxy = proxied()
    body = {"model": "claude-x", "max_tokens": 99, "messages": turns(40), "stream": streamed}
    response, _ = ask(proxy.port, "POST", MESSAGES, json.dumps(body).encode())
    assert response.status == 200
    assert int(response.headers["x-brim-tokens-after"]) <= int(response.headers["x-brim-budget"])
    up = proxy.stub.requests[0].json["messages"]
    assert len(up) < 81
    assert up[-1] == turns(40)[-1]
    assert response.headers["x-brim-handles"].split(",")[0] in json.dumps(up)


def test_what_cannot_fit_is_refused_before_it_goes_up(proxied):
    proxy = proxied()
    huge = [{"role": "user", "content": "word " * 4_000}]
    with (
        client(proxy) as claude,
        pytest.raises(anthropic.BadRequestError, match=r"prompt is too long: \d+ tokens > \d+ max"),
    ):
        claude.messages.create(model="claude-x", max_tokens=9, messages=huge)
    assert not proxy.stub.requests


def narrow(recorded):
    """An upstream of a smaller window than anybody knows, that says so as OpenAI does."""
    used = len(recorded.body) // 3
    if used <= 1_000:
        return openai_only(recorded)
    text = "This model's maximum context length is 1000 tokens. However, your messages resulted in "
    error = {
        "message": f"{text}{used} tokens.",
        "type": "invalid_request_error",
        "param": "messages",
    }
    body = json.dumps({"error": {**error, "code": "context_length_exceeded"}}).encode()
    return [whole("400 Bad Request", body)]


def test_an_overflow_is_recovered_once_and_remembered(proxied):
    proxy = proxied(narrow, model_map={"claude-*": "gpt-4o"})
    for pairs in (12, 13):
        body = {"model": "claude-x", "max_tokens": 100, "messages": turns(pairs)}
        response, _ = ask(proxy.port, "POST", MESSAGES, json.dumps(body).encode())
        assert response.status == 200
    assert [len(one.body) // 3 <= 1_000 for one in proxy.stub.requests] == [False, True, True]


@pytest.mark.parametrize("mode", ["on", "off"])
def test_an_overflow_that_stays_has_anthropics_words(proxied, mode):
    proxy = proxied(narrow, model_map={"claude-*": "gpt-4o"}, recover=False, mode=mode)
    with client(proxy) as claude, pytest.raises(anthropic.BadRequestError) as caught:
        claude.messages.create(model="claude-x", max_tokens=9, messages=turns(12))
    used = len(proxy.stub.requests[0].body) // 3
    error = {"type": "invalid_request_error"}
    error["message"] = f"prompt is too long: {used} tokens > 1000 maximum"
    assert caught.value.body == {"type": "error", "error": error}


@pytest.mark.parametrize(
    ("status", "name", "kind", "came"),
    [
        ("401 Unauthorized", "AuthenticationError", "authentication_error", 401),
        ("404 Not Found", "NotFoundError", "not_found_error", 404),
        ("429 Too Many Requests", "RateLimitError", "rate_limit_error", 429),
        ("500 Internal Server Error", "InternalServerError", "api_error", 500),
        ("503 Service Unavailable", "InternalServerError", "overloaded_error", 529),
    ],
)
def test_errors_in_anthropics_shape(proxied, status, name, kind, came):
    body = b'{"error": {"message": "Not now.", "type": "some_error", "code": null}}'
    told = ("retry-after: 7", "x-ratelimit-remaining-tokens: 0", "x-request-id: req_8")
    proxy = proxied(lambda _: [whole(status, body, *told)])
    with client(proxy) as claude, pytest.raises(anthropic.APIStatusError) as caught:
        claude.messages.create(model="claude-x", max_tokens=9, messages=HELLO, stream=True)
    error = caught.value
    assert name in [one.__name__ for one in type(error).__mro__]
    assert error.status_code == came
    assert error.body == {"type": "error", "error": {"type": kind, "message": "Not now."}}
    assert error.request_id == "req_8"
    assert error.response.headers["retry-after"] == "7"
    assert error.response.headers["x-ratelimit-remaining-tokens"] == "0"


@pytest.mark.parametrize("upstream", [["close"], [b"nonsense\r\n\r\n"]])
def test_no_answer_is_a_bad_gateway(proxied, upstream):
    proxy = proxied(lambda _: upstream)
    response, body = ask(proxy.port, "POST", MESSAGES, b'{"model": "claude-x", "messages": []}')
    assert (response.status, json.loads(body)["error"]["type"]) == (502, "api_error")


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b'{"choices": []}', b'{"choices": "x"}'])
def test_an_answer_that_is_none(proxied, answer):
    proxy = proxied(lambda _: [whole("200 OK", answer)])
    response, body = ask(proxy.port, "POST", MESSAGES, b'{"model": "claude-x", "messages": []}')
    assert (response.status, json.loads(body)["error"]["type"]) == (502, "api_error")


PIECE = b'data: {"id": "c", "choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
LAST = b'data: {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
FAULT = b'data: {"error": {"message": "out of memory", "code": 503}}\n\n'
END = b"0\r\n\r\n"
BREAKS = {
    "reset": ([chunked(), chunk(PIECE), 0.1, "reset"], "api_error"),
    "close": ([chunked(), chunk(PIECE), 0.1, "close"], "api_error"),
    "no end": ([chunked(), chunk(PIECE), END], "api_error"),
    "an error": ([chunked(), chunk(PIECE + FAULT), END], "overloaded_error"),
    "garbage": ([chunked(), chunk(PIECE + b"data: {\n\n"), END], "api_error"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_a_stream_that_breaks_off_ends_with_an_error(proxied, kind):
    actions, expected = BREAKS[kind]
    proxy = proxied(lambda _: actions)
    said: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as caught:
        streamed_message(proxy, said)
    assert said == ["a"]
    assert caught.value.body["error"]["type"] == expected


@pytest.mark.parametrize("end", ["close", "reset", END])
def test_an_answer_that_has_said_why_it_ended_is_whole(proxied, end):
    proxy = proxied(lambda _: [chunked(), chunk(PIECE + LAST), 0.1, end])
    message = streamed_message(proxy)
    assert (message.content[0].text, message.stop_reason) == ("a", "end_turn")


def test_a_whole_answer_to_a_client_that_wants_a_stream(proxied):
    def script(recorded):
        body, _ = chat(recorded, Turn(("Let me see.",), LOOK))
        return [whole("200 OK", json.dumps(body).encode())]

    proxy = proxied(script)
    message = streamed_message(proxy)
    assert [block.type for block in message.content] == ["text", "tool_use"]
    assert message.content[1].input == LOOK.arguments


def test_tokens_are_counted_here(proxied):
    proxy = proxied()
    with client(proxy) as claude:
        counted = claude.messages.count_tokens(model="claude-x", messages=HELLO)
    assert counted.input_tokens > 1
    response, body = ask(proxy.port, "POST", "/v1/messages/count_tokens", b'{"messages": 7}')
    assert (response.status, json.loads(body)["error"]["type"]) == (400, "invalid_request_error")
    assert not proxy.stub.requests


def test_what_is_left_out_is_told(proxied):
    proxy = proxied()
    body = {"model": "claude-x", "max_tokens": 9, "messages": HELLO, "top_k": 5}
    body["context_management"], body["service_tier"] = {"edits": []}, None
    for mode in ("on", "off"):
        headers = {"x-brim-mode": mode}
        response, _ = ask(proxy.port, "POST", MESSAGES, json.dumps(body).encode(), headers)
        assert response.headers["x-brim-left-out"] == "context_management,top_k"
        assert set(proxy.stub.requests[-1].json) == {"model", "max_tokens", "messages"}


def test_what_cannot_be_translated_is_refused(proxied):
    proxy = proxied()
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    body = {"model": "claude-x", "max_tokens": 9, "messages": HELLO, "tools": tools}
    for mode in ("on", "observe", "off"):
        headers = {"x-brim-mode": mode}
        response, answer = ask(proxy.port, "POST", MESSAGES, json.dumps(body).encode(), headers)
        assert response.status == 400
        error = json.loads(answer)["error"]
        assert error["type"] == "invalid_request_error"
        assert "tools.0" in error["message"]
        assert "web_search_20250305" in error["message"]
    assert not proxy.stub.requests


@pytest.mark.parametrize("body", [b"", b"nope", b"[]", b'{"model": 5}', b"[" * 100_000])
def test_what_is_no_request_is_refused(proxied, body):
    proxy = proxied()
    for path in (MESSAGES, f"{MESSAGES}/count_tokens"):
        response, answer = ask(proxy.port, "POST", path, body)
        assert (response.status, json.loads(answer)["type"]) == (400, "error")
    assert not proxy.stub.requests


def test_compressed_requests(proxied):
    proxy = proxied()
    body = gzip.compress(json.dumps({"model": "claude-x", "messages": HELLO}).encode())
    response, _ = ask(proxy.port, "POST", MESSAGES, body, {"Content-Encoding": "gzip"})
    assert response.status == 200
    assert proxy.stub.requests[0].json["messages"] == HELLO
    assert "content-encoding" not in proxy.stub.requests[0].headers


def test_other_dialects_pass_byte_for_byte(proxied):
    proxy = proxied()
    body = (
        b'{ "model": "claude-x",  "messages": [{"role":"user","content":"h\\u00e9"}], "x": 1.50 }'
    )
    for path in (path for path in ANSWERS if path != MESSAGES):
        ask(proxy.port, "POST", path, body, {"x-api-key": "k", "anthropic-version": "1"})
        sent = proxy.stub.requests[-1]
        assert (sent.target, sent.body, sent.headers["x-api-key"]) == (path, body, "k")


def test_the_first_pattern_that_fits_names_the_model(proxied):
    names = {"claude-haiku*": "small", "claude-*": "large", "*": "other"}
    proxy = proxied(model_map=names)
    for name in ("claude-haiku-9", "claude-opus-9", "gpt-4o"):
        body = json.dumps({"model": name, "messages": HELLO}).encode()
        _, answer = ask(proxy.port, "POST", MESSAGES, body)
        assert json.loads(answer)["model"] == name
    assert [one.json["model"] for one in proxy.stub.requests] == ["small", "large", "other"]

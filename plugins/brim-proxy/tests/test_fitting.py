"""Requests that are too long go up fitted, or are refused as the vendor would."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from replies import provider
from running import ask
from stub import whole

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
FILLER = "the quick brown fox jumps over the lazy dog and runs away again "


def turns(pairs: int) -> list[dict]:
    roles = ("user", "assistant") * pairs
    said = [{"role": role, "content": f"{i} {FILLER * 4}"} for i, role in enumerate(roles)]
    return [*said, {"role": "user", "content": "and the last question?"}]


def request(path: str, messages: list[dict], model: str = "tiny", **fields: object) -> bytes:
    key = "input" if path == RESPONSES else "messages"
    if path == MESSAGES:
        fields["max_tokens"] = fields.get("max_tokens", 200)
    return json.dumps({"model": model, key: messages, **fields}).encode()


def sent(proxy, path: str, index: int = -1) -> list[dict]:
    return proxy.stub.requests[index].json["input" if path == RESPONSES else "messages"]


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
def test_a_long_conversation_goes_up_fitted(serve, path):
    proxy = serve()
    messages = turns(40)
    response, _ = ask(proxy.port, "POST", path, request(path, messages, temperature=0.5))
    assert response.status == 200
    up = sent(proxy, path)
    assert len(up) < len(messages)
    assert up[-1] == messages[-1]
    assert proxy.stub.requests[0].json["temperature"] == 0.5
    told = response.headers
    assert int(told["x-brim-tokens-after"]) < int(told["x-brim-tokens-before"])
    assert int(told["x-brim-tokens-after"]) <= int(told["x-brim-budget"]) <= 2_000
    assert told["x-brim-strategies"] == "smart-truncation"
    assert told["x-brim-mode"] == "on"
    handles = told["x-brim-handles"].split(",")
    assert all(re.fullmatch(r"\w{6,}", handle) for handle in handles)
    assert handles[0] in json.dumps(up)
    assert float(told["x-brim-ms"]) > 0


def test_the_next_turn_keeps_the_prefix(serve):
    proxy = serve()
    messages = turns(40)
    ask(proxy.port, "POST", CHAT, request(CHAT, messages))
    messages += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": "so?"}]
    ask(proxy.port, "POST", CHAT, request(CHAT, messages))
    first, second = sent(proxy, CHAT, 0), sent(proxy, CHAT, 1)
    assert second[: len(first)] == first


def test_observe_tells_and_changes_nothing(serve):
    proxy = serve(mode="observe")
    body = request(CHAT, turns(40))
    response, _ = ask(proxy.port, "POST", CHAT, body)
    assert proxy.stub.requests[0].body == body
    assert response.headers["x-brim-level"] == "overflow"
    assert response.headers["x-brim-mode"] == "observe"
    assert int(response.headers["x-brim-tokens-after"]) <= 2_000


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (CHAT, {"type": "invalid_request_error", "code": "context_length_exceeded"}),
        (RESPONSES, {"type": "invalid_request_error", "code": "context_length_exceeded"}),
        (MESSAGES, {"type": "invalid_request_error"}),
    ],
)
def test_what_cannot_fit_is_refused_in_the_vendors_shape(serve, path, shape):
    proxy = serve()
    huge = [{"role": "user", "content": FILLER * 400}]
    response, body = ask(proxy.port, "POST", path, request(path, huge))
    assert response.status == 400
    assert not proxy.stub.requests
    error = json.loads(body)["error"]
    assert shape.items() <= error.items()
    if path == MESSAGES:
        assert json.loads(body)["type"] == "error"
        words = error["message"].split()
        assert error["message"].startswith("prompt is too long: ")
        assert int(words[4]) > int(words[7])
        assert words[5:7] == ["tokens", ">"]
    if path == CHAT:
        assert "maximum context length is" in error["message"]
        assert error["param"] == "messages"


def test_a_model_that_nobody_knows_is_judged_by_its_upstream(serve):
    proxy = serve()
    huge = [{"role": "user", "content": FILLER * 2_000}]
    response, _ = ask(proxy.port, "POST", CHAT, request(CHAT, huge, "never-heard-of"))
    assert response.status == 200
    assert response.headers["x-brim-level"] == "unread"


def test_compressed_bodies_are_read(serve):
    proxy = serve()
    messages = turns(40)
    small = gzip.compress(request(CHAT, messages[-1:]))
    ask(proxy.port, "POST", CHAT, small, {"Content-Encoding": "gzip"})
    assert proxy.stub.requests[0].body == small
    assert proxy.stub.requests[0].headers["content-encoding"] == "gzip"
    large = gzip.compress(request(CHAT, messages))
    ask(proxy.port, "POST", CHAT, large, {"Content-Encoding": "gzip"})
    assert "content-encoding" not in proxy.stub.requests[1].headers
    assert len(sent(proxy, CHAT)) < len(messages)


def test_encodings_that_are_not_read_go_up_as_they_are(serve):
    proxy = serve(lambda _: [whole("200 OK", b"{}")])
    response, _ = ask(proxy.port, "POST", CHAT, b"(\xb5/\xfd...", {"Content-Encoding": "zstd"})
    assert proxy.stub.requests[0].body == b"(\xb5/\xfd..."
    assert response.headers["x-brim-level"] == "unread"


def test_what_is_no_json_is_refused(serve):
    proxy = serve()
    for path in (CHAT, MESSAGES, RESPONSES):
        for body in (b"", b"nope", b'{"model": ', b"[" * 200_000, b'{"a":' * 5_000):
            response, answer = ask(proxy.port, "POST", path, body)
            assert response.status == 400
            assert json.loads(answer)["error"]["type"] == "invalid_request_error"
    assert not proxy.stub.requests


@pytest.mark.parametrize("body", [b"{}", b'{"messages": 7, "model": "tiny"}', b'{"model":"x"}'])
def test_what_only_the_upstream_understands_goes_up(serve, body):
    proxy = serve(lambda _: [whole("422 Unprocessable Entity", b"{}")])
    response, _ = ask(proxy.port, "POST", CHAT, body)
    assert (response.status, proxy.stub.requests[0].body) == (422, body)


def too_long(recorded):
    """An upstream of a smaller window than anybody knows: 1,000 of its tokens."""
    used = len(recorded.body) // 3
    if used <= 1_000:
        return provider(recorded)
    text = f"prompt is too long: {used} tokens > 1000 maximum"
    error = {"type": "invalid_request_error", "message": text}
    return [whole("400 Bad Request", json.dumps({"type": "error", "error": error}).encode())]


@pytest.mark.parametrize("learn", [True, False])
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_an_overflow_is_recovered_once_and_remembered(serve, path, learn):
    proxy = serve(too_long, learn=learn)
    messages = turns(12)
    response, _ = ask(proxy.port, "POST", path, request(path, messages, "gpt-4o", max_tokens=100))
    assert response.status == 200
    assert response.headers["x-brim-recovered"] == "1"
    assert len(proxy.stub.requests) == 2
    assert len(proxy.stub.requests[1].body) // 3 <= 1_000
    ask(proxy.port, "POST", path, request(path, turns(13), "gpt-4o", max_tokens=100))
    assert len(proxy.stub.requests) == 3, "the limit is known now"


def test_an_overflow_is_recovered_only_once(serve):
    error = {"code": "context_length_exceeded", "message": "too long", "type": "x", "param": None}
    body = json.dumps({"error": error}).encode()
    proxy = serve(lambda _: [whole("400 Bad Request", body)])
    response, seen = ask(proxy.port, "POST", CHAT, request(CHAT, turns(12), "gpt-4o"))
    assert (response.status, seen) == (400, body)
    assert len(proxy.stub.requests) == 2


def test_other_errors_are_not_retried(serve):
    body = b'{"error": {"message": "bad temperature", "type": "invalid_request_error"}}'
    proxy = serve(lambda _: [whole("400 Bad Request", body)])
    _, seen = ask(proxy.port, "POST", CHAT, request(CHAT, turns(12), "gpt-4o"))
    assert seen == body
    assert len(proxy.stub.requests) == 1

"""When nothing needs fitting, bytes go up and come down as they are."""

from __future__ import annotations

import json

import pytest
from replies import provider
from running import ask
from stub import chunk, chunked, whole

CHAT = b'{ "model":"gpt-4o",\n  "messages": [{"role":"user","content":"h\\u00e9llo"}], "x": 1.50 }'
MESSAGES = (
    b'{"model": "claude-sonnet-4-5", "max_tokens": 64, "system": [{"type": "text", "text": "Be '
    b'brief.", "cache_control": {"type": "ephemeral"}}], "messages": [{"role": "user", '
    b'"content": "hello"}], "unknown": {"a" : [1,2]}}'
)
RESPONSES = b'{"model":"gpt-4o", "input" : "hello", "prompt_cache_key":"k" }'
BODIES = {
    "/v1/chat/completions": CHAT,
    "/v1/messages?beta=true": MESSAGES,
    "/v1/responses": RESPONSES,
}


@pytest.mark.parametrize("path", BODIES)
def test_request_goes_up_byte_for_byte(serve, path):
    proxy = serve()
    headers = {
        "Content-Type": "application/json",
        "Authorization": "Bearer sk-client",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "a,b",
        "x-stainless-lang": "python",
        "x-brim-mode": "on",
        "Connection": "x-hop",
        "x-hop": "1",
    }
    response, _ = ask(proxy.port, "POST", path, BODIES[path], headers)
    assert response.status == 200
    (seen,) = proxy.stub.requests
    assert seen.body == BODIES[path]
    assert seen.target == path
    assert seen.headers["host"] == f"127.0.0.1:{proxy.stub.port}"
    passed = {"authorization", "anthropic-version", "anthropic-beta", "x-stainless-lang"}
    for name in passed | {"content-type"}:
        kept = {key.lower(): value for key, value in headers.items()}
        assert seen.headers[name] == kept[name]
    added = set(seen.headers) - passed - {"content-type", "host", "content-length"}
    assert added == {"accept-encoding"}  # sent by this test's client
    assert response.headers["x-brim-level"] == "ok"
    assert int(response.headers["x-brim-tokens-before"]) > 0


EVENTS = [b'event: a\ndata: {"x": 1}\n\n', b": ping\n\n", b"data: [DONE]\n\n", b"odd bytes \xff\n"]


@pytest.mark.parametrize("path", BODIES)
def test_stream_comes_down_byte_for_byte(serve, path):
    head = chunked(
        "X-Request-Id: req_7", "retry-after: 3", "x-ratelimit-remaining: 5", "Server: theirs"
    )
    proxy = serve(lambda _: [head, *(chunk(event) for event in EVENTS), b"0\r\n\r\n"])
    response, body = ask(proxy.port, "POST", path, BODIES[path])
    assert body == b"".join(EVENTS)
    kept = {"x-request-id": "req_7", "retry-after": "3", "server": "theirs"}
    assert {name: response.headers[name] for name in kept} == kept
    assert response.headers["x-ratelimit-remaining"] == "5"


@pytest.mark.parametrize("status", ["400 Bad Request", "429 Too Many Requests", "529 Overloaded"])
def test_errors_come_down_as_they_are(serve, status):
    body = b'{"type":"error", "error":{"type":"overloaded_error","message":"Overloaded"}}'
    proxy = serve(lambda _: [whole(status, body, "retry-after: 12")])
    response, seen = ask(proxy.port, "POST", "/v1/messages", MESSAGES)
    assert (response.status, seen) == (int(status[:3]), body)
    assert response.headers["retry-after"] == "12"
    assert len(proxy.stub.requests) == 1


def test_compressed_response_stays_compressed(serve):
    body = b"\x1f\x8bnot really gzip"
    proxy = serve(lambda _: [whole("200 OK", body, "Content-Encoding: gzip")])
    response, seen = ask(proxy.port, "POST", "/v1/chat/completions", CHAT)
    assert seen == body
    assert response.headers["content-encoding"] == "gzip"


def test_redirects_are_not_followed(serve):
    proxy = serve(lambda _: [whole("302 Found", b"", "Location: http://127.0.0.1:1/evil")])
    response, _ = ask(proxy.port, "GET", "/v1/models")
    assert response.status == 302
    assert len(proxy.stub.requests) == 1


def test_mode_off_reads_nothing(serve):
    proxy = serve(lambda _: [whole("200 OK", b"{}")])
    response, _ = ask(
        proxy.port, "POST", "/v1/chat/completions", b"not json", {"x-brim-mode": "off"}
    )
    assert response.status == 200
    assert proxy.stub.requests[0].body == b"not json"
    assert not [name for name in response.headers if name.startswith("x-brim")]


def test_other_paths_are_forwarded_and_those_outside_are_not(serve):
    proxy = serve()
    response, body = ask(proxy.port, "GET", "/v1/models?limit=2")
    assert (response.status, json.loads(body)["object"]) == (200, "list")
    assert proxy.stub.requests[0].line == "GET /v1/models?limit=2 HTTP/1.1"
    for path in ("/", "/admin", "/v2/models", "/v1", "/v1/../admin", "/v1/%2e%2e/admin"):
        response, _ = ask(proxy.port, "GET", path)
        assert response.status == 404, path
    assert len(proxy.stub.requests) == 1


def test_encoded_paths_go_up_as_they_are(serve):
    proxy = serve()
    ask(proxy.port, "GET", "/v1/models/org%2Fname%3Afree")
    assert proxy.stub.requests[0].target == "/v1/models/org%2Fname%3Afree"
    response, _ = ask(proxy.port, "POST", "/v1/chat%2Fcompletions", CHAT)
    assert proxy.stub.requests[1].target == "/v1/chat%2Fcompletions"
    assert response.headers["x-brim-level"] == "ok", "it is fitted under any spelling"


def test_forwarding_can_be_refused(serve):
    proxy = serve(forward=False)
    assert ask(proxy.port, "GET", "/v1/models")[0].status == 404
    assert ask(proxy.port, "POST", "/v1/chat/completions", CHAT)[0].status == 200
    assert len(proxy.stub.requests) == 1


def test_head_of_root_is_answered_here(serve):
    proxy = serve()
    response, body = ask(proxy.port, "HEAD", "/")
    assert (response.status, body) == (200, b"")
    assert not proxy.stub.requests


def test_count_tokens_is_the_upstreams(serve):
    proxy = serve()
    _, body = ask(proxy.port, "POST", "/v1/messages/count_tokens", MESSAGES)
    assert body == b'{"input_tokens": 7}'


def test_count_tokens_is_ours_where_the_upstream_has_none(serve):
    proxy = serve(
        lambda r: [whole("404 Not Found", b"nope")] if "count" in r.target else provider(r)
    )
    for _ in range(3):
        response, body = ask(proxy.port, "POST", "/v1/messages/count_tokens", MESSAGES)
        assert response.status == 200
        assert json.loads(body)["input_tokens"] > 7
        assert response.headers["x-brim-counted"] == "1"
    assert len(proxy.stub.requests) == 1


def test_count_tokens_of_an_unknown_model_is_an_error(serve):
    body = b'{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}'
    proxy = serve(lambda _: [whole("404 Not Found", body)])
    response, seen = ask(proxy.port, "POST", "/v1/messages/count_tokens", MESSAGES)
    assert (response.status, seen) == (404, body)

"""Whatever an upstream does, its client sees the same with the proxy between them as without."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from contextlib import closing

import anthropic
import openai
import pytest
from stub import Action, chunk, chunked, whole

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
TURN = [{"role": "user", "content": "hi"}]
BODIES = {
    CHAT: {"model": "gpt-4o", "messages": TURN},
    MESSAGES: {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": TURN},
    RESPONSES: {"model": "gpt-4o", "input": TURN},
}
EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
LIMITED = b'{"error": {"message": "slow down", "type": "rate_limit_error", "code": null}}'
BUSY = b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}'
ERROR = b"event: error\ndata: " + BUSY + b"\n\n"
WAIT = ("Retry-After: 7", "X-RateLimit-Remaining-Tokens: 0", "request-id: req_1", "Set-Cookie: a=1")

FAULTS: dict[str, list[Action]] = {
    "429": [whole("429 Too Many Requests", LIMITED, *WAIT, "Set-Cookie: b=2")],
    "529": [whole("529 ", BUSY, *WAIT)],
    "500": [whole("500 Internal Server Error", b"<html>oops</html>", kind="text/html")],
    "error in pieces": [chunked(status="503 Service Unavailable"), chunk(BUSY), b"0\r\n\r\n"],
    "compressed error": [whole("400 Bad Request", gzip.compress(BUSY), "Content-Encoding: gzip")],
    "redirect": [whole("307 Temporary Redirect", b"", "Location: http://evil.example/v1")],
    "no content": [b"HTTP/1.1 204 No Content\r\nX-Request-Id: 1\r\n\r\n"],
    "bad JSON": [whole("200 OK", b'{"choices": [')],
    "no JSON": [whole("200 OK", b"\xff\xfe\x00", kind="application/octet-stream")],
    "empty": [whole("200 OK", b"")],
    "missing end": [chunked(), chunk(EVENT), chunk(EVENT), b"0\r\n\r\n"],
    "half an event": [chunked(), chunk(EVENT), chunk(EVENT[:20]), b"0\r\n\r\n"],
    "error event": [chunked(), chunk(EVENT), chunk(ERROR), b"0\r\n\r\n"],
    "reset": [chunked(), chunk(EVENT), 0.1, "reset"],
    "reset in a body": [whole("200 OK", b"x" * 90)[:-40], 0.1, "reset"],
    "closed": [chunked(), chunk(EVENT), 0.1, "close"],
    "too short": [whole("200 OK", b"x" * 90)[:-40], "close"],
    "until close": [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", EVENT, "close"],
    "stall": [chunked(), chunk(EVENT), "hang"],
    "stall in a body": [whole("200 OK", b"x" * 90)[:-40], "hang"],
    "no answer in time": ["hang"],
}
OF_A_CONNECTION = {"connection", "transfer-encoding", "keep-alive"}
Seen = tuple[int, list[tuple[str, str]], bytes, str]


def seen(port: int, path: str, stream: bool) -> Seen:
    """Status, headers, body, and how it ended."""
    body = json.dumps({**BODIES[path], "stream": stream})
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=0.5)) as client:
        client.request("POST", path, body, {"Content-Type": "application/json"})
        try:
            response = client.getresponse()
        except TimeoutError:
            return 0, [], b"", "waits"
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        kept = [one for one in headers if one[0] not in OF_A_CONNECTION and "x-brim" not in one[0]]
        return response.status, kept, *_read(response)


def _read(response: http.client.HTTPResponse) -> tuple[bytes, str]:
    pieces = b""
    try:
        while piece := response.read1(1):
            pieces += piece
    except TimeoutError:
        return pieces, "waits"
    except (http.client.HTTPException, ConnectionError):
        return pieces, "breaks off"
    left = response.length or 0
    return pieces, "breaks off" if left else "ends"


HANG = ("stall", "stall in a body", "no answer in time")
PAIRS = [(CHAT, fault) for fault in FAULTS]
PAIRS += [(path, fault) for path in (MESSAGES, RESPONSES) for fault in FAULTS if fault not in HANG]


@pytest.mark.parametrize(("path", "fault"), PAIRS)
def test_a_raw_client(serve, path, fault):
    proxy = serve(lambda _: FAULTS[fault])
    for stream in (False, True):
        direct = seen(proxy.stub.port, path, stream)
        assert seen(proxy.port, path, stream) == direct
    assert len(proxy.stub.requests) == 4, "nothing was sent twice"


def by_openai(url: str, stream: bool) -> Iterator[object]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0, timeout=0.5) as client:
        answer = client.chat.completions.create(**BODIES[CHAT], stream=stream)
        yield from (one.model_dump() for one in (answer if stream else [answer]))


def by_anthropic(url: str, stream: bool) -> Iterator[object]:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0, timeout=0.5) as client:
        answer = client.messages.create(**BODIES[MESSAGES], stream=stream)
        yield from (one.model_dump() for one in (answer if stream else [answer]))


def told(ask, url: str, stream: bool) -> list[object]:
    """All that an SDK gives, and the kind of error that ends it."""
    found: list[object] = []
    try:
        found.extend(ask(url, stream))
    except Exception as error:
        found.append(type(error).__name__)
        found.append(getattr(error, "body", None))
        found.append(getattr(error, "request_id", None))
    return found


KINDS = ["429", "529", "compressed error", "bad JSON", "missing end", "half an event"]
KINDS += ["error event", "closed", "stall", "too short"]


@pytest.mark.parametrize("fault", KINDS)
@pytest.mark.parametrize("ask", [by_openai, by_anthropic])
def test_an_sdk(serve, fault, ask):
    proxy = serve(lambda _: FAULTS[fault])
    for stream in (False, True):
        assert told(ask, proxy.url, stream) == told(ask, proxy.stub.url, stream)

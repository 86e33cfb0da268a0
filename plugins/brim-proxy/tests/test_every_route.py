"""Odd requests to every route: no 500, no traceback, and nothing that is not configured."""

from __future__ import annotations

import gzip
import json
import logging
import random
import threading
import zlib

import pytest
from replies import provider

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
ROUTES = [
    "/v1/chat/completions",
    "/v1/messages",
    "/v1/messages?beta=true",
    "/v1/messages/count_tokens",
    "/v1/responses",
    "/v1/responses/resp_1/cancel",
    "/v1/models",
    "/v1/files/a%20b",
    "/v1/",
    "/v1",
    "/livez",
    "/readyz",
    "/metrics",
    "/brim/stats",
    "/",
    "/admin",
]
GOOD = json.dumps(
    {
        "model": "tiny",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "hi " * 20}] * 9,
        "input": "hi",
    }
).encode()
BODIES = [
    b"",
    GOOD,
    GOOD[: len(GOOD) // 2],
    GOOD + b"}",
    b"\xef\xbb\xbf" + GOOD,
    GOOD.decode().encode("utf-16"),
    b"\xff" + GOOD,
    b"null",
    b"[]",
    b'{"messages":null}',
    b'{"messages":[],"messages":[{"role":"user","content":"twice"}],"model":"tiny"}',
    b'{"model":"tiny","mess\\u0061ges":[{"role":"user","content":"\\ud800"}]}',
    b'{"model":"tiny","max_tokens":1e999,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"tiny","messages":[' + b'{"role":"user","content":"x"},' * 300 + b"]}",
    b'{"model":"tiny","messages":[{"role":[],"content":{}}]}',
    b'{"input":[{"type":"reasoning","role":[]}],"model":"tiny"}',
    b"[" * 5_000,
]
ENCODINGS = [b"identity", b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"\xff", b""]
HEADERS = [
    b"Content-Type: multipart/form-data; boundary=x",
    b"Content-Type: \xff\xfe",
    b"Host: evil.example",
    b"X-Forwarded-Host: evil.example",
    b"X-Brim-Mode: \x80on",
    b"X-Brim-Mode: observe",
    b"x-brim-upstream: http://evil.example",
    b"Connection: close, authorization, x-api-key",
    b"Connection: upgrade\r\nUpgrade: h2c",
    b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x",
    b"Expect: 100-continue",
    b"Expect: nonsense",
    b"TE: trailers",
    b"Range: bytes=0-1",
    b"Accept-Encoding: gzip;q=0",
    b"Authorization: \xc3\xa9",
    b"X-Empty:",
    b"X-Long: " + b"y" * 8_000,
    b"Cookie: a=b; c",
    b"anthropic-version: 2023-06-01",
    b"anthropic-version: x",
]
CHUNKED = [b"1\r\n{\r\n", b"0\r\nTrailer: x\r\n\r\n", b"5;ext=1\r\n{}   \r\n0\r\n\r\n", b"-1\r\n"]


def encoded(dice: random.Random, body: bytes) -> tuple[bytes, list[bytes]]:
    """The body in some encoding, truthfully or not, and sometimes cut short."""
    kind = dice.choice(ENCODINGS)
    data = {b"gzip": gzip.compress, b"deflate": zlib.compress}.get(kind, bytes)(body)
    if dice.random() < 0.3:
        data = data[: dice.randrange(len(data) + 1)]
    return data, [b"Content-Encoding: " + kind]


def request(dice: random.Random, method: str, route: str) -> bytes:
    body, lines = dice.choice(BODIES), dice.sample(HEADERS, dice.randrange(4))
    if dice.random() < 0.4:
        body, more = encoded(dice, body)
        lines += more
    if dice.random() < 0.15:
        lines, body = [*lines, b"Transfer-Encoding: chunked"], dice.choice(CHUNKED)
    elif dice.random() < 0.9:
        lines.append(b"Content-Length: %d" % (len(body) + dice.choice([0, 0, 0, 0, 1, -1])))
    dice.shuffle(lines)
    start = f"{method} {route} HTTP/{dice.choice(['1.1', '1.1', '1.0'])}".encode()
    return b"\r\n".join([start, b"Host: x", *lines, b"Connection: close", b"", b""]) + body


@pytest.mark.parametrize("method", METHODS)
def test_nothing_falls_over(serve, method, caplog):
    caplog.set_level(logging.INFO)
    dice = random.Random(method)
    proxy = serve(
        provider_of_anything, header_timeout=0.1, body_timeout=0.1, keep_alive=1.0, max_body=20_000
    )
    for route in ROUTES:
        for _ in range(3):
            data = request(dice, method, route)
            answer = proxy.raw(data)
            assert b" 500 " not in answer[:40], data
            assert b"Traceback" not in answer, data
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
    for _ in range(500):  # a refused body is taken in for a while, whoever sent it
        if not proxy.app.meters.active:
            break
        threading.Event().wait(0.02)
    assert not proxy.app.meters.active
    assert not proxy.app.meters.held
    for one in proxy.stub.requests:
        assert one.target.startswith("/v1/")
        assert one.headers["host"] == f"127.0.0.1:{proxy.stub.port}"
        assert not [name for name in one.headers if name.startswith("x-brim")]
        assert not {"te", "upgrade", "expect", "transfer-encoding"} & set(one.headers)


def provider_of_anything(recorded):
    """Answers what it can read, and refuses the rest as a provider does."""
    try:
        return provider(recorded)
    except Exception:
        return [b"HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 0\r\n\r\n"]

"""Random damage to requests: no 500, no traceback, and the proxy goes on."""

from __future__ import annotations

import json
import random
import threading

import pytest
from running import ask

PATHS = [
    "/v1/chat/completions",
    "/v1/messages",
    "/v1/responses",
    "/v1/messages/count_tokens",
    "/v1/models",
    "/metrics",
    "/brim/stats",
    "/readyz",
    "/",
]
ODD = [None, True, -1, 1e400, 10**30, "", "\ud800", [], {}, [[]], {"": None}, "x" * 3_000, [None]]
PIECES = [b"\r\n", b"\x00", b"\xff", b": ", b"Transfer-Encoding: chunked\r\n", b"{", b"%2e%2e/"]


def value(dice: random.Random, depth: int = 0) -> object:
    kind = dice.randrange(4 if depth < 4 else 1)
    if kind == 1:
        return [value(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 2:
        return {name: value(dice, depth + 1) for name in dice.sample(NAMES, 3)}
    return dice.choice(ODD)


NAMES = ["role", "content", "type", "text", "tool_calls", "id", "input", "call_id", "thinking"]


def request(dice: random.Random) -> dict:
    messages = [value(dice) for _ in range(dice.randrange(4))]
    messages += [{"role": dice.choice(["user", "tool", 7]), "content": value(dice)}]
    body = {"model": dice.choice(["gpt-4o", "tiny", 5, ""]), "max_tokens": dice.choice([9, *ODD])}
    body[dice.choice(["messages", "input", "prompt"])] = dice.choice([messages, value(dice)])
    body["tools"], body["system"] = value(dice), value(dice)
    return body


@pytest.mark.parametrize("seed", range(3))
def test_bodies(serve, seed):
    dice = random.Random(seed)
    proxy = serve()
    for _ in range(100):
        data = json.dumps(request(dice)).encode()
        response, answer = ask(proxy.port, "POST", dice.choice(PATHS[:4]), data)
        assert response.status != 500, data
        assert b"Traceback" not in answer
    assert not proxy.app.meters.active


@pytest.mark.parametrize("seed", range(3))
def test_bytes(serve, seed):
    dice = random.Random(seed)
    proxy = serve(header_timeout=0.05, body_timeout=0.05, keep_alive=1.0, connect_timeout=2.0)
    body = b'{"model":"gpt-4o","messages":[]}'
    for _ in range(60):
        method = dice.choice(["GET", "POST", "HEAD", "PUT", "OPTIONS", "TRACE", "X"])
        head = f"{method} {dice.choice(PATHS)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        data = bytearray(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        for _ in range(dice.randrange(1, 4)):
            at = dice.randrange(len(data))
            data[at : at + dice.randrange(3)] = dice.choice(PIECES)
        answer = proxy.raw(bytes(data))
        assert b" 500 " not in answer[:20], data
        assert b"Traceback" not in answer
    assert ask(proxy.port, "GET", "/livez")[0].status == 200
    for _ in range(500):  # that a client left is seen within a moment
        if not proxy.app.meters.held:
            break
        threading.Event().wait(0.02)
    assert not proxy.app.meters.held

"""Sizes and times of what comes in are bounded, and what is beyond them reaches no upstream."""

from __future__ import annotations

import gzip
import json
import socket
import threading

import pytest
from running import ask
from stub import chunked, whole

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}).encode()


def test_a_body_over_the_cap_is_refused_while_it_comes(serve):
    proxy = serve(max_body=100_000)
    big = b"x" * 100_001
    for path, kind in ((CHAT, "invalid_request_error"), (MESSAGES, "request_too_large")):
        response, answer = ask(proxy.port, "POST", path, big)
        assert response.status == 413
        assert json.loads(answer)["error"]["type"] == kind
    pieces = b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(40))
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 413 " in proxy.raw(head + pieces + b"0\r\n\r\n")
    lying = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    assert b" 413 " in proxy.raw(lying)
    assert not proxy.stub.requests
    assert proxy.app.meters.held == 0


@pytest.mark.parametrize("members", [1, 3])
def test_a_bomb_does_not_go_off(serve, members):
    proxy = serve(max_body=1_000_000)
    bomb = gzip.compress(b" " * 900_000) * members
    response, _ = ask(proxy.port, "POST", CHAT, bomb, {"Content-Encoding": "gzip"})
    assert response.status == (413 if members > 1 else 400)
    assert not proxy.stub.requests


def test_many_empty_members_are_not_worked_through(serve):
    proxy = serve(lambda _: [whole("200 OK", b"{}")])
    bomb = gzip.compress(b"") * 50_000
    response, _ = ask(proxy.port, "POST", CHAT, bomb, {"Content-Encoding": "gzip"})
    assert response.headers["x-brim-level"] == "unread"


def test_heads_have_a_time_and_a_size(serve):
    proxy = serve(header_timeout=0.5, max_head=8_192)
    assert b" 408 " in proxy.raw(b"POST /v1/messages HTTP/1.1\r\nHost:")
    assert b" 408 " in proxy.raw(b"")
    large = b"GET /v1/models HTTP/1.1\r\n" + b"X: y\r\n" * 5_000
    assert b" 431 " in proxy.raw(large)
    endless = b"GET /v1/models HTTP/1.1\r\nX: " + b"y" * 100_000
    assert b" 431 " in proxy.raw(endless)
    assert not proxy.stub.requests


def test_a_head_that_drips_is_cut_off(serve):
    proxy = serve(header_timeout=0.6)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        for byte in b"GET /v1/models":
            try:
                client.send(bytes([byte]))
            except OSError:
                break
            threading.Event().wait(0.1)
        assert b"408" in client.recv(1_000)


def test_a_body_that_stops_is_cut_off(serve):
    proxy = serve(body_timeout=0.3)
    answer = proxy.raw(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
    assert b" 408 " in answer
    assert b"timeout_error" in answer


def test_the_memory_for_bodies_is_bounded(serve):
    proxy = serve(lambda _: [chunked(), "hang"], max_held=100)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        body = BODY + b" " * 100
        head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        assert client.recv(10)
        response, answer = ask(proxy.port, "POST", MESSAGES, BODY)
        assert (response.status, json.loads(answer)["error"]["type"]) == (529, "overloaded_error")
        assert ask(proxy.port, "POST", CHAT, BODY)[0].status == 503

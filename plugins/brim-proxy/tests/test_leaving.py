"""300 clients that leave, and what becomes of their upstream connections."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import ExitStack

import pytest
from stub import chunk, chunked

PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/responses")
TURN = [{"role": "user", "content": "hi"}]
BODY = {"model": "gpt-4o", "max_tokens": 9, "messages": TURN}
EVENT = b'data: {"a": 1}\n\n'
AT_ONCE, TIMES = 25, 6
"""Half of the clients; the other half is that of the second run."""

STEP = 0.01
PATIENCE = 10.0
"""Seconds to wait for what takes milliseconds on a machine that has nothing else to do. The
upstream would go on for an hour."""


def post(path: str) -> bytes:
    body = json.dumps({**BODY, "input": TURN} if path == PATHS[2] else BODY).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def until(condition) -> bool:
    """Whether it comes true while there is patience."""
    for _ in range(int(PATIENCE / STEP)):
        if condition():
            return True
        threading.Event().wait(STEP)
    return False


@pytest.mark.parametrize("streamed", [True, False])
def test_all_are_closed(serve, streamed):
    proxy = serve(lambda _: [chunked(), chunk(EVENT), "hang"] if streamed else ["hang"])
    stub = proxy.stub
    for total in range(AT_ONCE, AT_ONCE * TIMES + 1, AT_ONCE):
        with ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection(("127.0.0.1", proxy.port), 10))
                for _ in range(AT_ONCE)
            ]
            for i, client in enumerate(clients):
                client.sendall(post(PATHS[i % len(PATHS)]))
            if streamed:
                assert all(client.recv(10) for client in clients)
            assert until(lambda total=total: len(stub.requests) == total)
            assert not any(one.left.is_set() for one in stub.requests[total - AT_ONCE :])
        assert all(one.left.wait(PATIENCE) for one in stub.requests)
    assert len(stub.requests) == AT_ONCE * TIMES
    assert until(lambda: not proxy.app.meters.active)
    assert until(lambda: proxy.app.meters.totals["gone"] == AT_ONCE * TIMES)
    assert proxy.app.meters.held == 0

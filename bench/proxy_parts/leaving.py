"""Clients that leave in the middle of an answer, and when their upstream connections close."""

from __future__ import annotations

import asyncio
import json
import time

__all__ = ["Upstream", "closed_after"]

ID = b"x-client: "
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"data: {}\n\n"
PATIENCE = 10.0


class Upstream:
    """Answers with the beginning of a stream, or not at all, and writes down when the connection
    of each client's request was closed."""

    def __init__(self) -> None:
        self.came: dict[int, asyncio.Event] = {}
        self.closed: dict[int, float] = {}
        self.left: dict[int, asyncio.Event] = {}

    def connection(self) -> asyncio.Protocol:
        return _Connection(self)

    def expect(self, client: int) -> None:
        self.came[client], self.left[client] = asyncio.Event(), asyncio.Event()


class _Connection(asyncio.Protocol):
    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.client = -1
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        if self.client < 0 and b"\r\n\r\n" in self.data:
            self.client = int(self.data.lower().partition(ID)[2].split(b"\r\n")[0])
            if b'"stream":true' in self.data:
                self.transport.write(HEAD + b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
            self.upstream.came[self.client].set()

    def connection_lost(self, error: Exception | None) -> None:
        if self.client >= 0:
            self.upstream.closed[self.client] = time.perf_counter()
            self.upstream.left[self.client].set()


async def closed_after(
    port: int, upstream: Upstream, stream: bool, clients: int, at_once: int = 25
) -> list[float]:
    """Seconds from each client's leaving until its upstream connection was closed; `inf` where that
    took more than `PATIENCE`."""
    found: list[float] = []
    for first in range(0, clients, at_once):
        numbers = range(first, min(first + at_once, clients))
        found += await asyncio.gather(*(_left(port, upstream, stream, i) for i in numbers))
    return found


async def _left(port: int, upstream: Upstream, stream: bool, client: int) -> float:
    upstream.expect(client)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = {"model": "roomy", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    body = json.dumps(asked, separators=(",", ":")).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n%s%d\r\n" % (ID, client)
    writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await upstream.came[client].wait()
    if stream:
        await reader.readuntil(EVENT)
    began = time.perf_counter()
    writer.close()
    try:
        await asyncio.wait_for(upstream.left[client].wait(), PATIENCE)
    except TimeoutError:
        return float("inf")
    return upstream.closed[client] - began

"""Clients that keep their connections and read whole answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence


class Client(asyncio.Protocol):
    """One connection; `ask` gives the seconds until the answer is whole, and its status."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.data = bytearray()
        self.length = -1
        self.done: asyncio.Future[int] | None = None

    def data_received(self, data: bytes) -> None:
        self.data += data
        if self.length < 0:
            at = self.data.find(b"\r\n\r\n")
            if at < 0:
                return
            head = bytes(self.data[:at]).lower()
            found = head.find(b"content-length:")
            self.length = at + 4 + int(head[found + 15 :].split(b"\r\n")[0]) if found >= 0 else 0
        whole = len(self.data) >= self.length if self.length else self.data.endswith(b"0\r\n\r\n")
        if whole and self.done is not None and not self.done.done():
            self.done.set_result(int(self.data[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_exception(error or ConnectionResetError())

    async def ask(self, request: bytes) -> tuple[float, int]:
        self.data.clear()
        self.length = -1
        self.done = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.transport.write(request)
        status = await self.done
        return time.perf_counter() - began, status


def request(body: bytes, extra: bytes) -> bytes:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n" + extra
    return head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def load(
    port: int, count: int, bodies: Sequence[Callable[[], bytes]], extra: bytes = b""
) -> tuple[list[float], int]:
    """Seconds of each of `count` requests by one client for each of `bodies`, and how many
    were not answered with 200."""
    loop = asyncio.get_running_loop()
    todo = iter(range(count))
    times: list[float] = []
    failed = 0

    async def one(body: Callable[[], bytes]) -> None:
        nonlocal failed
        _, client = await loop.create_connection(Client, "127.0.0.1", port)
        for _ in todo:
            seconds, status = await client.ask(request(body(), extra))
            times.append(seconds)
            failed += status != 200
        client.transport.close()

    await asyncio.gather(*map(one, bodies))
    return times, failed

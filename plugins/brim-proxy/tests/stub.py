"""An upstream that records every byte and fails on demand."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Action = bytes | float | str
"""Bytes to write, seconds to wait, or "reset", "close", "hang"."""

Script = Callable[["Recorded"], Iterable[Action]]


@dataclass
class Recorded:
    """One request as it came in. `left` is set when its connection closes before the answer
    is whole."""

    head: bytes
    body: bytes
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode()

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]

    @property
    def headers(self) -> dict[str, str]:
        pairs = [line.split(b":", 1) for line in self.head.split(b"\r\n")[1:] if b":" in line]
        return {name.decode().lower(): value.strip().decode("latin-1") for name, value in pairs}

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Stub:
    """Serves on a loopback port in a thread of its own."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[Recorded] = []
        self.connections = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def __enter__(self) -> Stub:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task] = set()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=2**26)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            while (recorded := await _request(reader)) is not None:
                self.requests.append(recorded)
                if not await self._play(recorded, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()

    async def _play(
        self, recorded: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """False when the connection is over."""
        watch = asyncio.ensure_future(reader.read(1))
        work = asyncio.ensure_future(_act(self.script(recorded), writer))
        await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done() or work.exception() is not None:
            recorded.left.set()
            work.cancel()
            return False
        if watch.done():
            return False
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        return work.result()


async def _request(reader: asyncio.StreamReader) -> Recorded | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    recorded = Recorded(head, b"")
    length = int(recorded.headers.get("content-length", 0))
    recorded.body = await reader.readexactly(length)
    assert "transfer-encoding" not in recorded.headers
    return recorded


async def _act(actions: Iterable[Action], writer: asyncio.StreamWriter) -> bool:
    for action in actions:
        if isinstance(action, bytes):
            writer.write(action)
            await writer.drain()
        elif action == "reset":
            linger = struct.pack("ii", 1, 0)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return False
        elif action == "close":
            return False
        else:
            await asyncio.sleep(3600 if action == "hang" else float(action))
    return True


def whole(status: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    """A response with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def chunked(*headers: str, status: str = "200 OK", kind: str = "text/event-stream") -> bytes:
    """The head of a streamed response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Transfer-Encoding: chunked"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)

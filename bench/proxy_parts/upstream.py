"""An upstream that costs as little as possible: fixed answers from one protocol class."""

from __future__ import annotations

import asyncio
import re
import sys

import uvloop

ANSWER = (
    b'{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",'
)
ANSWER += (
    b'"content":"' + b"word " * 60 + b'"},"finish_reason":"stop"}],"usage":{"total_tokens":9}}'
)
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
    ANSWER
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = (
    b'data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":'
)
EVENT += b'" word"}}]}\n\n'
EVENTS = 64
STREAMED = re.compile(rb'"stream":\s*true')


class Upstream(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while True:
            head, found, rest = self.data.partition(b"\r\n\r\n")
            if not found:
                return
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n")[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            body, self.data = rest[:length], rest[length:]
            if STREAMED.search(body[:200] + body[-500:]):
                self.streaming = asyncio.ensure_future(self.stream())
            else:
                self.transport.write(WHOLE + ANSWER)

    async def stream(self) -> None:
        self.transport.write(HEAD)
        for _ in range(EVENTS):
            self.transport.write(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
            await asyncio.sleep(0)
        self.transport.write(b"0\r\n\r\n")


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))

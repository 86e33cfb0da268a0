"""The least that a proxy on this stack can do: pass bytes on."""

from __future__ import annotations

import sys

import aiohttp
import uvicorn

HOP = {b"host", b"content-length", b"connection", b"transfer-encoding", b"keep-alive"}


class Bare:
    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.session: aiohttp.ClientSession | None = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        if self.session is None:
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
            )
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(n.decode(), v.decode()) for n, v in scope["headers"] if n not in HOP]
        url = self.upstream + scope["path"]
        async with self.session.request(scope["method"], url, data=body, headers=headers) as got:
            kept = [
                (n, v) for n, v in got.raw_headers if n.lower() not in HOP - {b"content-length"}
            ]
            await send({"type": "http.response.start", "status": got.status, "headers": kept})
            async for piece in got.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    app = Bare(f"http://127.0.0.1:{sys.argv[2]}")
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="error",
    )

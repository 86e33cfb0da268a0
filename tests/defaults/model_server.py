"""A provider on loopback that answers from a script, over a real connection."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from attrs import define, field

Answer = Callable[[web.Request], Any]


@define
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@define
class Script:
    """The answers, in order, the last one again and again; `seen` are the requests."""

    answers: Sequence[Answer]
    url: str = ""
    seen: list[Seen] = field(factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.seen.append(Seen(request.path, dict(request.headers), body))
        answer = self.answers[min(len(self.seen), len(self.answers)) - 1](request)
        found: web.StreamResponse = await answer if asyncio.iscoroutine(answer) else answer
        return found


@contextmanager
def serving(*answers: Answer) -> Iterator[Script]:
    """A server in a thread of its own, so that synchronous doors can be tested too."""
    script = Script(answers)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_start(script), loop).result(10)
    try:
        yield script
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _start(script: Script) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/{path:.*}", script.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    script.url = f"http://{host}:{port}"
    return runner


def says(value: object, status: int = 200, **headers: str) -> Answer:
    """JSON, or text as it stands."""
    text = value if isinstance(value, str) else json.dumps(value)
    named = {name.replace("_", "-"): given for name, given in headers.items()}
    return lambda request: web.Response(
        text=text, status=status, headers=named, content_type="application/json"
    )


def fails(status: int, code: str = "server_error", **headers: str) -> Answer:
    return says({"error": {"message": "quoted prompt", "type": code}}, status, **headers)


async def hangs(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


def resets(request: web.Request) -> web.Response:
    """Breaks the connection off before anything is said."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def breaks(request: web.Request) -> web.StreamResponse:
    """Breaks the connection off in the middle of the answer."""
    answer = web.StreamResponse(headers={"content-length": "1000"})
    await answer.prepare(request)
    await answer.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.abort()
    return answer


def streams(*pieces: bytes) -> Answer:
    """These bytes, each sent by itself, however they cut lines and characters."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0)
        await response.write_eof()
        return response

    return answer

"""The dashboard's paths: a page, what belongs to it, and a stream of what happens."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from brim_proxy import problems
from brim_proxy.asgi import Headers, gone
from brim_proxy.dashboard.plugins import plugins_of
from brim_proxy.dashboard.recorder import SECONDS, Recorder
from brim_proxy.dashboard.viewers import Viewer, is_local, viewer_of
from brim_proxy.problems import Problem

if TYPE_CHECKING:
    from brim import Brim
    from brim_proxy.call import Call
    from brim_proxy.credentials import Door
    from brim_proxy.settings import ProxySettings

__all__ = ["LEAVE", "Dashboard"]

LEAVE = "brim.leave"
"""Under this name a stream that never ends by itself tells its server how to end it."""

KINDS = {
    "dashboard": b"text/html; charset=utf-8",
    "dashboard.css": b"text/css; charset=utf-8",
    "dashboard.js": b"text/javascript; charset=utf-8",
    "dashboard_draw.js": b"text/javascript; charset=utf-8",
    "dashboard.svg": b"image/svg+xml",
}
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types 'none'"
)
SAFE: Headers = [
    (b"content-security-policy", POLICY),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
]
CHALLENGE = (b"www-authenticate", b'Basic realm="Brim: any name, a client key", charset="UTF-8"')

NOT_HERE = Problem(
    403,
    "Without client keys the dashboard answers to this machine's own names only, as 127.0.0.1",
    "permission_error",
    "permission_error",
)
CROWDED = Problem(503, "Too many are looking already", "server_error", "overloaded_error")

TICK = 1.0
"""Seconds between two looks at whether there is anything new."""

CALM = 5
"""Ticks without anything new after which the figures are sent all the same."""

LIFE = 300
"""Ticks after which a stream ends, and its browser asks anew: not every server tells when it
stops."""

VIEWERS = 32
SHOWN = 60
"""Conversations, and failed requests, that are sent."""


@define(eq=False)
class Dashboard:
    """Of one worker. `figures` are those of `/brim/stats`."""

    settings: ProxySettings
    door: Door
    recorder: Recorder
    brim: Callable[[], Brim]
    figures: Callable[[], dict[str, object]]
    watched: int = field(default=0, init=False)

    async def serve(self, call: Call) -> None:
        """Answer a request for one of the dashboard's paths."""
        if self.settings.dashboard == "off":
            await call.refuse(problems.NOT_FOUND)
            return
        if not self.door.keys and not is_local(call.headers, self.settings.host):
            await call.refuse(NOT_HERE)
            return
        viewer = viewer_of(call.headers, self.door, self.settings)
        if viewer is None:
            await call.refuse(evolve(problems.NO_KEY, headers=(CHALLENGE, *SAFE)))
        elif call.route.name != "events":
            await call.answer(200, page(call.route.name), KINDS[call.route.name], SAFE)
        elif self.watched >= VIEWERS:
            await call.refuse(CROWDED)
        else:
            await self._stream(call, viewer)

    async def _stream(self, call: Call, viewer: Viewer) -> None:
        leaving = asyncio.Event()
        call.scope[LEAVE] = leaving.set
        watch = asyncio.ensure_future(gone(call.receive))
        watch.add_done_callback(lambda _: leaving.set())
        self.watched += 1
        try:
            headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
            await call.start(200, [*headers, *SAFE])
            if call.scope["method"] != "HEAD":
                await self._tell(call, viewer, leaving)
            await call.write(b"", more=False)
        finally:
            self.watched -= 1
            watch.cancel()

    async def _tell(self, call: Call, viewer: Viewer, leaving: asyncio.Event) -> None:
        """Whatever is new, until either side leaves; who does not take it is left."""
        patience = self.settings.send_timeout
        try:
            async with aclosing(self._news(viewer, leaving)) as news:
                async for piece in news:
                    await call.clock.within(patience, call.write(piece, more=True))
        except TimeoutError:
            call.outcome = "stalled"

    async def _news(self, viewer: Viewer, leaving: asyncio.Event) -> AsyncGenerator[bytes]:
        yield b"retry: 1000\n\n" + event("hello", self._hello(viewer))
        told, version, since = 0, -1, 0
        for tick in range(LIFE):
            if leaving.is_set():
                return
            for one in self.recorder.ring.since(told, viewer.sees):
                told = one.number
                view = await asyncio.to_thread(one.view, self.settings.dashboard == "bodies")
                if view is not None:
                    yield event("condensed", view)
            if self.recorder.version != version or tick - since >= CALM:
                version, since = self.recorder.version, tick
                yield event("state", self._state(viewer))
            await _either(leaving)

    def _hello(self, viewer: Viewer) -> dict[str, object]:
        settings = self.settings
        return {
            "worker": os.getpid(),
            "workers": settings.workers,
            "mode": settings.mode,
            "bodies": settings.dashboard == "bodies",
            "tenant": viewer.tenant,
            "all": viewer.all,
            "keys": bool(self.door.keys),
            "upstream": settings.upstream if viewer.all else "",
            "seconds": SECONDS,
        }

    def _state(self, viewer: Viewer) -> dict[str, object]:
        recorder = self.recorder
        return {
            "now": round(recorder.clock(), 1),
            "figures": self.figures(),
            "series": recorder.series(),
            "talks": [one.as_dict() for one in recorder.talks.newest(viewer.sees, SHOWN)],
            "faults": [one._asdict() for one in recorder.faults if viewer.sees(one.tenant)],
            "plugins": plugins_of(self.brim(), viewer.all),
        }


async def _either(leaving: asyncio.Event) -> None:
    """A tick, or less when somebody leaves."""
    try:
        async with asyncio.timeout(TICK):
            await leaving.wait()
    except TimeoutError:
        return


def event(name: str, data: object) -> bytes:
    """One event of a stream. JSON in ASCII has no line breaks, and holds any text."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


@cache
def page(name: str) -> bytes:
    """A file that belongs to the page."""
    file = "dashboard.html" if name == "dashboard" else name
    return files("brim_proxy.dashboard").joinpath(file).read_bytes()

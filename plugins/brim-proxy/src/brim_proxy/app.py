"""The ASGI application."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from attrs import evolve

from brim.api import SettingsError
from brim_proxy import problems
from brim_proxy.access import ACCESS
from brim_proxy.asgi import (
    Incomplete,
    Receive,
    Scope,
    Send,
    TooLarge,
    body_of,
    discard,
    gone,
)
from brim_proxy.call import Call
from brim_proxy.clock import Rounds
from brim_proxy.credentials import Client, Door, read_keys
from brim_proxy.dashboard.pages import Dashboard
from brim_proxy.dashboard.recorder import Recorder
from brim_proxy.fitter import Fitter
from brim_proxy.forwarding import Aborted, Forwarding
from brim_proxy.meters import Meters
from brim_proxy.moments import Moments
from brim_proxy.routes import Kind, route_of
from brim_proxy.settings import ProxySettings
from brim_proxy.translation.finding import translating_of
from brim_proxy.upstream import Upstream

if TYPE_CHECKING:
    from brim import Brim
    from brim.settings.schema import Settings

__all__ = ["Proxy", "create_app", "in_memory"]

log = logging.getLogger("brim_proxy")

OPEN = frozenset({"root", "livez", "readyz"})
"""Local routes that ask for no key."""


def create_app(
    settings: ProxySettings, brim: Brim | None = None, *, secret: bytes | None = None
) -> Proxy:
    """The proxy as an ASGI application, to serve or to mount.

    `brim` is the caller's own, who closes it; without one the application makes its own from
    settings files and environment. `secret` tells clients without keys apart: the same for all
    workers that share a memory, else random.

    Raises `SettingsError`, also for a file of keys that cannot be used.
    """
    return Proxy(settings, brim, secret or secrets.token_bytes(32))


class Proxy:
    """Opened by the first request or the server's start, closed by the server's end."""

    def __init__(self, settings: ProxySettings, brim: Brim | None, secret: bytes) -> None:
        if not settings.upstream:
            raise SettingsError("upstream: none is given; write it as https://api.openai.com")
        self.settings = settings
        self.meters = Meters()
        self.rounds = Rounds()
        self.door = Door(secret, read_keys(settings.keys) if settings.keys else ())
        self.upstream = Upstream(settings)
        self.translating = translating_of(settings)
        self.recorder = Recorder(kept=settings.dashboard != "off")
        self.ended: Moments[Call] = Moments(self._note)
        self.dashboard = Dashboard(
            settings, self.door, self.recorder, lambda: self.brim, self.figures
        )
        self._own = brim is None
        self._brim = brim
        self._forwarding: Forwarding | None = None
        self._unpublish: Callable[[], None] | None = None
        self._ready = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    @property
    def brim(self) -> Brim:
        """The one that fits; made when it is first asked for."""
        if self._brim is None:
            from brim import Brim
            from brim.settings.load import load

            self._brim = Brim(in_memory(load()))
        return self._brim

    @property
    def forwarding(self) -> Forwarding:
        if self._forwarding is None:
            fitter = Fitter(self.brim, self.settings)
            self._forwarding = Forwarding(self.settings, fitter, self.upstream, self.translating)
        return self._forwarding

    def figures(self) -> dict[str, object]:
        """What `/brim/stats` answers."""
        self.ended.settle()
        recorded = self.recorder.as_dict(lambda model: self.brim.engine.profile(model).prices)
        return {**self.brim.stats().as_dict(), "proxy": {**self.meters.as_dict(), **recorded}}

    def _answered(self) -> dict[str, object]:
        """What `brim top` shows beside the figures of the fits, as of a moment ago."""
        return {"proxy": {"answers": self.recorder.answers, "errors": self.recorder.errors}}

    async def open(self) -> None:
        """Make everything ready, so that the first request waits for nothing."""
        self.forwarding.fitter.warm()
        host, port = urlsplit(self.settings.upstream).hostname, self.settings.port
        place = f"{host} :{port}" if port else f"{host}"
        self._unpublish = self.brim.publish("proxy", place, self._answered)
        self._ready = True

    async def close(self) -> None:
        """Close the connections, and the `Brim` if it was made here."""
        self._ready = False
        self.ended.settle()
        for handler in ACCESS.handlers:
            handler.flush()
        if self._unpublish is not None:
            self._unpublish()
        await self.upstream.close()
        if self._forwarding is not None:
            self._forwarding.fitter.close()
        if self._own and self._brim is not None:
            self._brim.close()
            self._brim = None

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            work = self.open if kind == "lifespan.startup" else self.close
            try:
                await work()
            except Exception as error:
                await send({"type": f"{kind}.failed", "message": str(error)})
                return
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        clock = self.rounds.begin()
        call = Call(scope, receive, send, route_of(scope), clock)
        self.meters.active += 1
        try:
            await self._guarded(call)
        finally:
            self.meters.active -= 1
            self.rounds.end(clock)
            call.end()
            self.ended.add(call)

    async def _guarded(self, call: Call) -> None:
        """Nothing leaves from here but what cancels: no text of an error reaches a log."""
        try:
            await self._routed(call)
        except Incomplete as error:
            call.outcome = "stalled" if error.stalled else "gone"
            if error.stalled:
                await call.refuse(problems.STALLED, outcome="stalled", last=True)
        except Aborted:
            call.outcome = "aborted"
        except Exception as error:
            log.error("%s at %s", type(error).__name__, _place(error))
            call.outcome = "error"
            if not call.started:
                await call.refuse(problems.UNEXPECTED, outcome="error")

    async def _routed(self, call: Call) -> None:
        kind = call.route.kind
        if kind is Kind.NOWHERE or (kind is Kind.FORWARD and not self.settings.forward):
            await self._last_word(call, problems.NOT_FOUND)
            return
        if kind is Kind.DASHBOARD:
            self.ended.settle()
            await self.dashboard.serve(call)
            return
        client = self.door.enter(call.headers)
        if client is None and call.route.name not in OPEN:
            await self._last_word(call, problems.NO_KEY)
            return
        if kind is Kind.LOCAL or client is None:
            await self._local(call)
            return
        call.tenant = client.tenant
        await self._with_body(call, client)

    async def _last_word(self, call: Call, problem: problems.Problem) -> None:
        """Refuse a request whose body was not read."""
        has_body = bool(
            call.given(b"transfer-encoding") or call.given(b"content-length").strip(b"0 ")
        )
        if has_body:
            await discard(call.receive)
        await call.refuse(problem, last=has_body)

    async def _with_body(self, call: Call, client: Client) -> None:
        settings, meters = self.settings, self.meters
        length = call.given(b"content-length")
        if length.isdigit() and int(length[:20]) > settings.max_body:
            await self._last_word(call, problems.TOO_LARGE)
            return
        if meters.held >= settings.max_held:
            await self._last_word(call, problems.OVERLOADED)
            return
        try:
            body = await body_of(call.receive, settings.max_body, call.clock, settings.body_timeout)
        except TooLarge:
            await self._last_word(call, problems.TOO_LARGE)
            return
        call.bytes_in = len(body)
        meters.held += len(body)
        try:
            await self._watched(call, client, body)
        finally:
            meters.held -= len(body)

    async def _watched(self, call: Call, client: Client, body: bytes) -> None:
        """Serve until the end, or until the client is gone."""
        task = asyncio.current_task()
        watch: asyncio.Future[None] | None = None
        left = False

        def begin() -> None:
            nonlocal watch
            watch = asyncio.ensure_future(gone(call.receive))
            watch.add_done_callback(leave)

        def leave(watch: asyncio.Future[None]) -> None:
            nonlocal left
            if task is not None and not watch.cancelled() and not call.finished:
                left = task.cancel()

        call.clock.later = begin  # not at once: most requests are over before
        try:
            await self.forwarding.serve(call, client, body)
        except asyncio.CancelledError:
            if not left or task is None or task.uncancel() > 0:
                raise
            call.outcome = "gone"
        finally:
            call.clock.later = None
            if watch is not None:
                watch.remove_done_callback(leave)
                watch.cancel()

    async def _local(self, call: Call) -> None:
        name = call.route.name
        if name == "readyz" and not self._ready:
            await call.answer(503, b'{"status":"starting"}')
        elif name == "metrics":
            self.ended.settle()
            await call.answer(200, self.meters.prometheus(), b"text/plain; version=0.0.4")
        elif name == "stats":
            await call.answer(200, msgspec.json.encode(self.figures()))
        else:
            await call.answer(200, b'{"status":"ok"}')

    def _note(self, calls: list[Call]) -> None:
        for call in calls:
            self.recorder.note(call)
            self.meters.note(call)


def in_memory(settings: Settings) -> Settings:
    """Settings under which originals stay in memory, unless somebody chose their place."""
    if settings.origin("archive.where") != "default":
        return settings
    return evolve(settings, archive=evolve(settings.archive, where="memory"))


def _place(error: BaseException) -> str:
    """Where an error was raised, without its text, which may quote a request."""
    frames = traceback.extract_tb(error.__traceback__)
    return ", ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in frames[-3:])

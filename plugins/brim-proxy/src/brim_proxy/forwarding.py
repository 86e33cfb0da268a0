"""From a client to the upstream and back."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager

import aiohttp
import msgspec

from brim.api import Overflow, overflow_of
from brim_proxy import problems
from brim_proxy.asgi import Headers, TooLarge
from brim_proxy.call import Call
from brim_proxy.credentials import Client
from brim_proxy.decoding import Undecodable, decoded, is_plain
from brim_proxy.fitter import Fitter
from brim_proxy.headers import MODE, outbound, returned
from brim_proxy.hearing import Tap
from brim_proxy.job import Fit, Job
from brim_proxy.problems import Declined
from brim_proxy.routes import Kind
from brim_proxy.settings import ProxySettings
from brim_proxy.translation.crossing import Answer, Way, cross, entered
from brim_proxy.translation.finding import Translating
from brim_proxy.upstream import Refused, Slow, Upstream

__all__ = ["Aborted", "Forwarding"]

ERROR_BYTES = 64 * 1024
"""Of an error's body, to look for an overflow in."""

OVERFLOW_STATUS = frozenset({400, 413, 422, 500})
NOT_THERE = frozenset({404, 405, 501})
REMEMBERED = 300.0
"""Seconds for which an upstream counts as one that cannot count tokens."""

MODES = {b"on": "on", b"observe": "observe", b"off": "off"}
ENCODING = b"content-encoding"


class Aborted(Exception):
    """The response broke off; the client must see that it did."""


class Forwarding:
    """Sends requests up, fitted where they have to be, and streams the responses down."""

    def __init__(
        self,
        settings: ProxySettings,
        fitter: Fitter,
        upstream: Upstream,
        translating: Translating | None = None,
    ) -> None:
        self.settings = settings
        self.translating = translating
        self.fitter = fitter
        self.upstream = upstream
        self._counts_here_until = 0.0

    async def serve(self, call: Call, client: Client, body: bytes) -> None:
        """The whole way of one request whose body is here. Raises `Aborted`."""
        try:
            if self.translating is not None:
                body = await self._entered(call, body, self.translating)
            if call.route.kind is Kind.FIT:
                await self._fitted(call, client, body)
            elif call.route.kind is Kind.COUNT:
                await self._counted(call, client, body)
            else:
                await self._passed(call, client, body)
        except Declined as declined:
            await call.refuse(declined.problem)
        except Refused:
            await call.refuse(problems.BAD_GATEWAY, outcome="unreachable")
        except Slow:
            await call.refuse(problems.TIMEOUT, outcome="timeout")

    async def _entered(self, call: Call, body: bytes, translating: Translating) -> bytes:
        """The body, with the upstream's name of its model where it is one to translate."""
        if call.route.dialect != translating.translator.dialect:
            return body
        encoding = call.given(ENCODING)
        given = translating, body, encoding, self.settings.max_body
        if is_plain(encoding) and len(body) <= self.settings.offload:
            call.crossing, body = entered(*given)
        else:  # a small body may hold a large one
            call.crossing, body = await asyncio.to_thread(entered, *given)
        return body

    async def _passed(self, call: Call, client: Client, body: bytes) -> None:
        async with self._sent(call, client, body) as response:
            await self._relay(call, response)

    async def _fitted(self, call: Call, client: Client, body: bytes) -> None:
        call.mode = self._mode(call)
        job = _job(call, client, body)
        if call.mode == "off":
            fit = Fit(body)
        else:
            call.fit = fit = await self.fitter.fit(job)
        barred = fit.refusal if call.mode == "on" or _large(fit) else None
        if barred is None and self.fitter.guarded:
            barred = await self.fitter.barred(job, fit)
        if barred is not None:
            await call.refuse(barred)
            return
        if call.mode != "on":
            await self._passed(call, client, body)
            return
        again = await self._tried(call, client, job, fit)
        if again is not None:
            call.fit = again
            async with self._sent(call, client, again.body, plain=True) as response:
                await self._answered(call, job, again, response)

    async def _answered(
        self,
        call: Call,
        job: Job,
        fit: Fit,
        response: aiohttp.ClientResponse | Answer,
        head: bytes = b"",
    ) -> None:
        """The response as it comes, and what Brim learns from it afterwards."""
        hearing = self.fitter.hearing
        if hearing is None or response.status != 200 or not hearing.wants(job, fit):
            await self._relay(call, response, head)
            return
        tap = Tap(response.headers.get("content-encoding", ""))
        await self._relay(call, response, head, tap)
        hearing.heard(job, fit, tap)

    async def _tried(self, call: Call, client: Client, job: Job, fit: Fit) -> Fit | None:
        """Send what was fitted. Gives what to send instead when that was too long after all."""
        async with self._sent(call, client, fit.body, plain=fit.changed) as response:
            head = b""
            if self.settings.recover and response.status in OVERFLOW_STATUS:
                head = await self._beginning(response)
                overflow = _overflow(response, head)
                if overflow is not None:
                    again = await self.fitter.refit(job, fit, overflow)
                    if again is not None:
                        return again
            await self._answered(call, job, fit, response, head)
        return None

    async def _counted(self, call: Call, client: Client, body: bytes) -> None:
        """The upstream's count; Brim's where the upstream does not know how to count."""
        here = call.crossing is not None or time.monotonic() < self._counts_here_until
        if here and await self._own_count(call, client, body):
            return
        if call.crossing is not None:
            raise Declined(problems.malformed("it is no request that can be counted"))
        async with self._sent(call, client, body) as response:
            head = b""
            if response.status in NOT_THERE:
                head = await self._beginning(response)
                if not _about_a_model(_plain(response, head)):
                    self._counts_here_until = time.monotonic() + REMEMBERED
                    if await self._own_count(call, client, body):
                        return
            await self._relay(call, response, head)

    async def _own_count(self, call: Call, client: Client, body: bytes) -> bool:
        job = _job(call, client, body)
        tokens = await self.fitter.count(job)
        if tokens is None:
            return False
        own = [(b"x-brim-counted", b"1")]
        await call.answer(200, b'{"input_tokens":%d}' % tokens, extra=own)
        return True

    def _mode(self, call: Call) -> str:
        asked = call.given(MODE)
        return MODES.get(asked.strip().lower(), self.settings.mode) if asked else self.settings.mode

    def _sent(
        self, call: Call, client: Client, body: bytes, plain: bool = False
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse | Answer]:
        drop = client.drop | {ENCODING} if plain else client.drop
        headers: Headers = [*outbound(call.headers, drop), *client.add]
        if call.crossing is not None:
            way = Way(self.upstream, self.settings, call.clock)
            return cross(way, call.crossing, headers, body, _tokens(call))
        scope = call.scope
        url = self.upstream.url(call.route.path, scope.get("query_string", b""))
        return self.upstream.send(scope["method"], url, headers, body, call.clock)

    async def _beginning(self, response: aiohttp.ClientResponse | Answer) -> bytes:
        """The body of an error, as far as it is looked at."""
        pieces = b""
        try:
            async with asyncio.timeout(self.settings.idle_timeout):
                while len(pieces) < ERROR_BYTES and (piece := await response.content.readany()):
                    pieces += piece
        except (aiohttp.ClientError, ConnectionResetError):
            if not pieces:
                raise Refused from None
        except TimeoutError:
            raise Slow from None
        return pieces

    async def _relay(
        self,
        call: Call,
        response: aiohttp.ClientResponse | Answer,
        head: bytes = b"",
        tap: Tap | None = None,
    ) -> None:
        """The response as it comes, also to a `tap`. Raises `Aborted` where it breaks off."""
        content, clock = response.content, call.clock
        idle, patience = self.settings.idle_timeout, self.settings.send_timeout
        headers = [*returned(response.raw_headers), *call.told()]
        try:
            clock.allow(patience)
            await call.start(response.status, headers)
            if head:
                await call.write(head, more=True)
            while not call.finished:
                clock.allow(idle)
                piece = await content.readany()
                clock.allow(patience)
                await call.write(piece, more=not content.at_eof())
                if tap is not None:
                    tap.keep(piece)
        except asyncio.CancelledError:
            if clock.rang():
                raise Aborted from None
            raise
        except (aiohttp.ClientError, ConnectionResetError, TimeoutError):
            raise Aborted from None
        finally:
            clock.rest()


def _large(fit: Fit) -> bool:
    """Whether the body is one that is refused in every mode."""
    return fit.refusal is not None and fit.refusal.status == 413


def _job(call: Call, client: Client, body: bytes) -> Job:
    encoding = b"" if call.crossing is not None else call.given(ENCODING)
    return Job(call.route, body, encoding, client.tenant)


def _tokens(call: Call) -> int:
    """What goes up, by Brim's count; 0 where it did not count."""
    if call.fit is None or call.fit.report is None:
        return 0
    report = call.fit.report
    return (report.after if call.mode == "on" else report.before).tokens


def _plain(response: aiohttp.ClientResponse | Answer, body: bytes) -> bytes:
    """An error's body without compression; empty where it cannot be read."""
    encoding = response.headers.get("content-encoding", "").encode("latin-1", "replace")
    try:
        return decoded(body, encoding, ERROR_BYTES)
    except (Undecodable, TooLarge):
        return b""


def _overflow(response: aiohttp.ClientResponse | Answer, body: bytes) -> Overflow | None:
    return overflow_of(_plain(response, body))


def _about_a_model(body: bytes) -> bool:
    """Whether a 404 speaks of a missing model, and not of a missing path."""
    try:
        text = str(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return "not_found" in text and "model" in text

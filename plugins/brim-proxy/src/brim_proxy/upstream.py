"""The one upstream: its connections, and a request to it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from types import SimpleNamespace

import aiohttp
from attrs import frozen
from yarl import URL

from brim_proxy.asgi import Headers
from brim_proxy.clock import Clock
from brim_proxy.settings import ProxySettings, base_of

__all__ = ["Refused", "Slow", "Upstream"]

IDLE = 30.0
"""Seconds that an unused connection is kept, below what servers commonly allow."""

STALE = 1.0
"""Seconds within which a connection that was used before tells that it had been closed."""

URLS = 64
"""Addresses that are kept: most requests go to a few."""

NOTHING_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Refused(Exception):
    """No answer: it could not be reached, or closed the connection without one."""


class Slow(Exception):
    """No answer in time."""


@frozen
class _Sending:
    method: str
    url: URL
    headers: list[tuple[str, str]]
    body: bytes
    clock: Clock


class Upstream:
    """Sends requests to the address of the settings and nowhere else.

    No redirects, no cookies, no proxies of the environment, and no header that the client did
    not send but host and content-length.
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.base = base_of(settings.upstream)
        self._first_byte = settings.first_byte_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout)
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._known = lru_cache(URLS)(self._url)

    def url(self, path: str, query: bytes) -> URL:
        """The address of a path under `/v1`. One with a query is not kept: there may be a key."""
        return self._url(path, query.decode("latin-1")) if query else self._known(path)

    def _url(self, path: str, query: str = "") -> URL:
        return URL(self.base.url(path, query), encoded=True)

    @asynccontextmanager
    async def send(
        self, method: str, url: URL, headers: Headers, body: bytes, clock: Clock
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response, with its body still to come. Leaving closes what was not read.

        Raises `Refused` and `Slow` before there is a response.
        """
        texts = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        response = await self._answer(_Sending(method, url, texts, body, clock))
        try:
            yield response
        finally:
            response.close() if not response.content.at_eof() else response.release()

    async def _answer(self, sending: _Sending) -> aiohttp.ClientResponse:
        """One try; another when a kept connection turns out to have been closed before."""
        trace = SimpleNamespace(reused=False)
        began = time.monotonic()
        try:
            return await self._try(sending, trace)
        except (aiohttp.ServerDisconnectedError, ConnectionResetError, aiohttp.ClientOSError):
            if not trace.reused or time.monotonic() - began > STALE:
                raise Refused from None
        except aiohttp.ClientError:
            raise Refused from None
        try:
            return await self._try(sending, trace)
        except (aiohttp.ClientError, ConnectionResetError):
            raise Refused from None

    async def _try(self, sending: _Sending, trace: SimpleNamespace) -> aiohttp.ClientResponse:
        try:
            request = self._opened().request(
                sending.method,
                sending.url,
                headers=sending.headers,
                data=sending.body or None,
                allow_redirects=False,
                timeout=self._timeout,
                trace_request_ctx=trace,
            )
            return await sending.clock.within(self._first_byte, request)
        except TimeoutError:
            raise Slow from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            reuse = aiohttp.TraceConfig()
            reuse.on_connection_reuseconn.append(_reused)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=NOTHING_ADDED,
                trust_env=False,
                trace_configs=[reuse],
                max_line_size=64 * 1024,
                max_field_size=64 * 1024,
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


async def _reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.reused = True

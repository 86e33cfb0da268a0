"""The one upstream: its connections, and a request to it."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from contextvars import ContextVar
from functools import lru_cache
from types import TracebackType

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from attrs import define
from yarl import URL

from brim_proxy.asgi import Headers
from brim_proxy.clock import Clock
from brim_proxy.settings import ProxySettings, base_of

__all__ = ["Refused", "Sending", "Slow", "Upstream"]

IDLE = 30.0
"""Seconds that an unused connection is kept, below what servers commonly allow."""

STALE = 1.0
"""Seconds within which a connection that was used before tells that it had been closed."""

URLS = 64
"""Addresses that are kept: most requests go to a few."""

NOTHING_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

_connected: ContextVar[bool] = ContextVar("connected", default=False)
"""Whether this task's request had to open a connection."""


class Refused(Exception):
    """No answer: it could not be reached, or closed the connection without one."""


class Slow(Exception):
    """No answer in time."""


class _Connector(aiohttp.TCPConnector):
    """Tells requests on a new connection from those on a kept one. So does aiohttp's tracing, at a
    tenth of what a request costs."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        _connected.set(True)
        return await super()._create_connection(req, traces, timeout)


@define
class Sending:
    """A request on its way, as a context: the response, with its body still to come. Leaving
    closes what was not read. Entering raises `Refused` and `Slow`."""

    upstream: Upstream
    method: str
    url: URL
    headers: Headers
    body: bytes
    clock: Clock
    response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> aiohttp.ClientResponse:
        """One try; another when a kept connection turns out to have been closed before."""
        began = time.monotonic()
        try:
            return await self._try()
        except (aiohttp.ServerDisconnectedError, ConnectionResetError, aiohttp.ClientOSError):
            if _connected.get() or time.monotonic() - began > STALE:
                raise Refused from None
        except aiohttp.ClientError:
            raise Refused from None
        try:
            return await self._try()
        except (aiohttp.ClientError, ConnectionResetError):
            raise Refused from None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        response = self.response
        if response is not None:
            response.release() if response.content.at_eof() else response.close()

    async def _try(self) -> aiohttp.ClientResponse:
        _connected.set(False)
        try:
            self.response = await self.clock.within(
                self.upstream.first_byte, self.upstream.request(self)
            )
        except TimeoutError:
            raise Slow from None
        return self.response


class Upstream:
    """Sends requests to the address of the settings and nowhere else.

    No redirects, no cookies, no proxies of the environment, and no header that the client did
    not send but host and content-length.
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.base = base_of(settings.upstream)
        self.first_byte = settings.first_byte_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout)
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._known = lru_cache(URLS)(self._url)

    def url(self, path: str, query: bytes) -> URL:
        """The address of a path under `/v1`. One with a query is not kept: there may be a key."""
        return self._url(path, query.decode("latin-1")) if query else self._known(path)

    def _url(self, path: str, query: str = "") -> URL:
        return URL(self.base.url(path, query), encoded=True)

    def send(self, method: str, url: URL, headers: Headers, body: bytes, clock: Clock) -> Sending:
        """A request to enter as a context, for its response."""
        return Sending(self, method, url, headers, body, clock)

    def request(self, sending: Sending) -> Awaitable[aiohttp.ClientResponse]:
        """One try of it."""
        return self._opened().request(
            sending.method,
            sending.url,
            headers=[
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in sending.headers
            ],
            data=sending.body or None,
            allow_redirects=False,
            timeout=self._timeout,
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=0, keepalive_timeout=IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=NOTHING_ADDED,
                trust_env=False,
                max_line_size=64 * 1024,
                max_field_size=64 * 1024,
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

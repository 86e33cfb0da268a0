"""Running the application on uvicorn."""

from __future__ import annotations

import gc
import ipaddress
import logging
import socket
import sys
from asyncio import Transport
from asyncio.events import TimerHandle
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn
from attrs import frozen
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from brim.api import BrimError, SettingsError
from brim_proxy.access import ACCESS, Lines
from brim_proxy.app import Proxy, create_app, in_memory
from brim_proxy.credentials import read_keys, secret_of
from brim_proxy.dashboard.pages import LEAVE
from brim_proxy.settings import ProxySettings, base_of
from brim_proxy.translation.finding import translating_of
from brim_proxy.workers import FAILED, supervise

if TYPE_CHECKING:
    from brim.settings.schema import Settings

__all__ = ["Application", "Careful", "Config", "check", "config_of", "run"]

BACKLOG = 2048
SWITCH = 0.0005
"""Seconds for which a thread that fits may keep the event loop waiting; Python's own are 0.005."""

YOUNG = 10_000
"""New objects after which those among them that hold each other are looked for. Requests leave
next to none of these; Python's own 700 are a few requests."""

LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class Config(uvicorn.Config):
    """uvicorn's settings, and two for `Careful`."""

    head_seconds = 10.0
    head_bytes = 64 * 1024


class Careful(HttpToolsProtocol):
    """uvicorn's protocol, with a time and a size for the head of a request."""

    config: uvicorn.Config
    _head = 0
    _piece = 0
    _in_head = True
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._piece = len(data)
        self._head += self._piece
        super().data_received(data)
        if self._in_head:
            if self._head > self._limits.head_bytes:
                self._refuse(LARGE)
            elif self._timer is None or self._head == self._piece:
                self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head = self._piece

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._timer is not None:
            self._stop()
        super().on_headers_complete()

    def shutdown(self) -> None:
        super().shutdown()
        leave = self.scope.get(LEAVE) if self.scope else None
        if callable(leave):  # a stream that would not end by itself
            leave()

    @property
    def _limits(self) -> type[Config] | Config:
        return self.config if isinstance(self.config, Config) else Config

    def _wait(self) -> None:
        self._stop()
        self._timer = self.loop.call_later(self._limits.head_seconds, self._refuse, LATE)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, answer: bytes) -> None:
        self._stop()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


@frozen
class Application:
    """Makes the application in the process that serves it."""

    proxy: ProxySettings
    kernel: Settings
    secret: bytes

    def __call__(self) -> Proxy:
        from brim import Brim

        _log_to_stderr(self.proxy.access_log)
        return create_app(self.proxy, Brim(in_memory(self.kernel)), secret=self.secret)


class _Quiet(logging.Filter):
    """Without the line for responses that break off on purpose, as their upstream's did."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "returned without completing response" not in str(record.msg)


def _log_to_stderr(access: bool) -> None:
    ACCESS.handlers = [Lines(sys.stderr)]
    ACCESS.propagate = False
    ACCESS.setLevel(logging.INFO if access else logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_Quiet())


def config_of(settings: ProxySettings, app: Any) -> Config:
    """uvicorn as the proxy needs it. Raises `SettingsError` for what must not be served."""
    check(settings)
    config = Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=Careful,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(settings.keep_alive),
        timeout_graceful_shutdown=int(settings.drain),
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )
    config.head_seconds = settings.header_timeout
    config.head_bytes = settings.max_head
    return config


def check(settings: ProxySettings) -> None:
    """Raise `SettingsError` for settings that make no sense together, or are not safe."""
    if not settings.upstream:
        raise SettingsError("upstream: none is given; use --upstream https://api.openai.com")
    base_of(settings.upstream)
    translating_of(settings)
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("tls_cert and tls_key: one without the other")
    if settings.keys:
        read_keys(settings.keys)
    elif not _is_loopback(settings.host):
        raise SettingsError(
            f"host: {settings.host} can be reached from outside, and there are no keys; "
            "use --keys FILE, or listen on 127.0.0.1"
        )


def _is_loopback(host: str) -> bool:
    """Whether all addresses of a host are of this machine alone."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host or "0.0.0.0", None)}  # noqa: S104
    except OSError:
        raise SettingsError(f"host: {host} has no address") from None
    return all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in found)


def run(settings: ProxySettings, kernel: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SettingsError` and what `Brim` raises."""
    application = Application(settings, kernel, secret_of(kernel))
    bound = config_of(settings, application).bind_socket()
    bound.listen(BACKLOG)  # who comes while the workers start waits, and is not refused
    scheme = "https" if settings.tls_cert else "http"
    name, port = bound.getsockname()[:2]
    shown = f"[{name}]" if ":" in name else name
    print(f"brim: {scheme}://{shown}:{port} -> {settings.upstream}", file=sys.stderr, flush=True)  # noqa: T201
    if settings.dashboard != "off":
        print(f"brim: dashboard at {scheme}://{shown}:{port}/brim/dashboard", file=sys.stderr)  # noqa: T201
    if settings.workers > 1:
        supervise(settings.workers, partial(work, application, bound))
    else:
        serve(application, bound)


class Server(uvicorn.Server):
    """uvicorn's server; what was made until it listens is not looked at for garbage."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()


def serve(application: Application, bound: socket.socket) -> None:
    """Serve this socket in this process, until it is told to stop."""
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(YOUNG, 50, 20)
    server = Server(config_of(application.proxy, application()))
    server.run(sockets=[bound])
    if not server.started:
        sys.exit(FAILED)


def work(application: Application, bound: socket.socket) -> None:
    """One worker of several."""
    try:
        serve(application, bound)
    except BrimError as error:
        print(f"brim: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)

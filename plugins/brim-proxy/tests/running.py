"""A proxy that really serves, and requests to it."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import uvicorn
from stub import Stub

from brim import Brim
from brim_proxy import ProxySettings, create_app
from brim_proxy.app import Proxy
from brim_proxy.server import config_of


class Running:
    """A proxy that serves, and its stub."""

    def __init__(self, app: Proxy, stub: Stub, port: int) -> None:
        self.app, self.stub, self.port = app, stub, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def raw(self, data: bytes, *, half_close: bool = False) -> bytes:
        """Everything that comes back for these bytes, until the proxy closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
            pieces = b""
            while True:
                try:
                    piece = client.recv(65536)
                except (TimeoutError, ConnectionResetError):
                    return pieces
                if not piece:
                    return pieces
                pieces += piece


@contextmanager
def serving(
    stub: Stub, brim: Brim, around: Callable[[Any], Any] = lambda app: app, **settings: object
) -> Iterator[Running]:
    """A proxy before this stub; the server has what `around` makes of the application."""
    proxy = ProxySettings(**{"upstream": stub.url, "port": 0, **settings})
    app = create_app(proxy, brim)
    server = uvicorn.Server(config_of(proxy, around(app)))
    with socket.create_server((proxy.host, 0)) as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        for _ in range(500):
            if server.started:
                break
            threading.Event().wait(0.02)
        assert server.started
        yield Running(app, stub, bound.getsockname()[1])
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        client.request(method, path, body, headers or {})
        response = client.getresponse()
        return response, response.read()

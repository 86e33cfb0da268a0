"""The section `[plugin.proxy]`, which the options of `brim serve` stand above."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen, validators

from brim.api import SettingsError

__all__ = ["Base", "ProxySettings", "base_of"]

MIB = 1024 * 1024
_VERSIONED = re.compile(r"/v\d[\w.]*(?:/openai)?$")


def _upstream(_: object, attribute: Attribute[str], value: str) -> None:
    if value:
        base_of(value)


@frozen
class ProxySettings:
    """How to serve. Times are seconds, sizes are bytes.

    `upstream` is the one address that requests go to: the provider's root, to which `/v1/...` is
    added, or one that ends in its own version (`/v1`, `/api/paas/v4`), which then stands for it.
    `keys` names a file of client keys (see `credentials`), `tls_cert` and `tls_key` PEM files.

    `mode` is what happens to requests that do not say `x-brim-mode`. With `forward`, every other
    path under `/v1/` goes to the upstream untouched; without it is 404. With `recover`, a request
    that the upstream finds too long is fitted to the limit it names and sent once more. With
    `learn`, what the upstream reports of the tokens it read, and of those that were too many,
    teaches Brim how it counts; see `Brim.observe`.

    `connect_timeout` is for a connection, `first_byte_timeout` for the response's head,
    `idle_timeout` between two pieces of a response; `header_timeout` is for a request's head,
    `body_timeout` for each piece of its body, `send_timeout` for a client to take one piece.
    `drain` is how long running requests may take after SIGTERM, `keep_alive` how long an idle
    connection stays open. Bodies over `max_body` and heads over `max_head` are refused, also
    after decompression; `max_held` bounds the bodies of all requests together. Where more
    than `offload` bytes of a request are new, or it must be condensed, that is done in a thread,
    in one of `threads` where models or injectors are asked.

    `translate` names a translator, for an upstream that speaks another dialect than its clients:
    "anthropic-to-openai", or one that another distribution brings. `model_map` has patterns of the
    clients' model names (`*`, `?`, `[...]`), and what the upstream calls those models; the first
    that fits counts, other names stay. A translated stream gets a ping after each `ping_interval`
    seconds in which the upstream says nothing; 0 is for none.

    The `dashboard` shows "figures", or "bodies" too: what condensed messages said. Of several
    tenants each sees its own conversations there, `operators` are tenants that see all.
    """

    upstream: str = field(default="", validator=_upstream)
    host: str = "127.0.0.1"
    port: int = field(default=5000, validator=(validators.ge(0), validators.le(65_535)))
    workers: int = field(default=1, validator=validators.ge(1))
    keys: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    mode: Literal["on", "observe", "off"] = "on"
    forward: bool = True
    recover: bool = True
    learn: bool = True
    access_log: bool = True
    connect_timeout: float = field(default=10.0, validator=validators.gt(0))
    first_byte_timeout: float = field(default=600.0, validator=validators.gt(0))
    idle_timeout: float = field(default=300.0, validator=validators.gt(0))
    ping_interval: float = field(default=15.0, validator=validators.ge(0))
    header_timeout: float = field(default=10.0, validator=validators.gt(0))
    body_timeout: float = field(default=30.0, validator=validators.gt(0))
    send_timeout: float = field(default=120.0, validator=validators.gt(0))
    keep_alive: float = field(default=30.0, validator=validators.gt(0))
    drain: float = field(default=30.0, validator=validators.ge(0))
    max_body: int = field(default=64 * MIB, validator=validators.ge(1))
    max_head: int = field(default=64 * 1024, validator=validators.ge(1024))
    max_held: int = field(default=512 * MIB, validator=validators.ge(1))
    offload: int = field(default=64 * 1024, validator=validators.ge(0))
    threads: int = field(default=4, validator=validators.ge(1))
    dashboard: Literal["off", "figures", "bodies"] = "figures"
    operators: tuple[str, ...] = ()
    translate: str = ""
    model_map: Mapping[str, str] = field(factory=dict)


@frozen
class Base:
    """Where requests go: `origin` is scheme, host and port, `prefix` what stands for `/v1`."""

    origin: str
    prefix: str

    def url(self, path: str, query: str) -> str:
        """The upstream's address of a path under `/v1`."""
        address = f"{self.origin}{self.prefix}{path.removeprefix('/v1')}"
        return f"{address}?{query}" if query else address


def base_of(upstream: str) -> Base:
    """The parts of an upstream's address. Raises `SettingsError` when it is none."""
    parts = urlsplit(upstream.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(
            f"upstream: {upstream!r} is no address; write it as https://api.openai.com"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingsError("upstream: no credentials, query or fragment; keys go into a file")
    path = parts.path.rstrip("/")
    prefix = path if _VERSIONED.search(path) else f"{path}/v1"
    return Base(f"{parts.scheme}://{parts.netloc}", prefix)

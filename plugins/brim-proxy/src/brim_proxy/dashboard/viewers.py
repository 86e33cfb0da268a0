"""Who may look at the dashboard, and at whose conversations."""

from __future__ import annotations

import binascii
import ipaddress
from base64 import b64decode
from urllib.parse import urlsplit

from attrs import frozen

from brim_proxy.asgi import Headers
from brim_proxy.credentials import Door
from brim_proxy.headers import first
from brim_proxy.settings import ProxySettings

__all__ = ["Viewer", "as_bearer", "is_local", "viewer_of"]

BASIC = b"basic "


@frozen
class Viewer:
    """Somebody who looks. One who sees `all` sees every tenant's conversations."""

    tenant: str
    all: bool

    def sees(self, tenant: str) -> bool:
        """Whether conversations of this tenant are shown."""
        return self.all or tenant == self.tenant


def viewer_of(headers: Headers, door: Door, settings: ProxySettings) -> Viewer | None:
    """Who asks, None when no key fits. Without keys only this machine can ask, and sees all."""
    client = door.enter(as_bearer(headers))
    if client is None:
        return None
    return Viewer(client.tenant, not door.keys or client.tenant in settings.operators)


def as_bearer(headers: Headers) -> Headers:
    """A browser asks its user for a name and a password: the password is the key."""
    return [
        (name, _bearer(value) if name.lower() == b"authorization" else value)
        for name, value in headers
    ]


def _bearer(value: bytes) -> bytes:
    if value[: len(BASIC)].lower() != BASIC:
        return value
    try:
        pair = b64decode(value[len(BASIC) :], validate=True)
    except (binascii.Error, ValueError):
        return value
    return b"Bearer " + pair.partition(b":")[2]


def is_local(headers: Headers, host: str) -> bool:
    """Whether a browser asked for a name of this machine, or for `host`, where it listens.

    Another site's page can have its own name lead here, and read what its visitor's browser gets.
    """
    asked = first(headers, b"host").decode("latin-1")
    try:
        name = urlsplit(f"//{asked}").hostname or ""
    except ValueError:
        return False
    if name in {"localhost", host.lower()}:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

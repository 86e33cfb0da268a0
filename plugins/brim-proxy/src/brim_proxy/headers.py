"""Headers: which pass, which end here, and those that tell what Brim did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from brim_proxy.asgi import Headers

__all__ = ["MODE", "OWN", "first", "outbound", "returned"]

OWN = b"x-brim-"
MODE = b"x-brim-mode"
CONNECTION = b"connection"

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
"""RFC 9110, section 7.6.1, and the older names that mean the same."""

REBUILT = HOP_BY_HOP | {b"host", b"content-length", b"expect"}


def first(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The first value of a header, empty when there is none. `name` is in lower case."""
    return next((value for key, value in headers if key.lower() == name), b"")


def _named(values: list[bytes]) -> frozenset[bytes]:
    """What connection headers name beside themselves."""
    return frozenset(name.strip().lower() for value in values for name in value.split(b","))


def outbound(headers: Headers, leave_out: frozenset[bytes] = frozenset()) -> Headers:
    """The request headers that go up: all but those of this connection and Brim's own."""
    return _passing(headers, REBUILT | leave_out if leave_out else REBUILT)


def returned(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The response headers that come down, in their order."""
    return _passing(headers, HOP_BY_HOP)


def _passing(headers: Sequence[tuple[bytes, bytes]], ends: frozenset[bytes]) -> Headers:
    lowered = [name.lower() for name, _ in headers]
    if CONNECTION in lowered:
        ends |= _named([value for name, value in headers if name.lower() == CONNECTION])
    return [
        pair
        for pair, name in zip(headers, lowered, strict=True)
        if name not in ends and not name.startswith(OWN)
    ]

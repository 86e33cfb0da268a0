"""Which requests there are, told by method and path alone."""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import unquote_to_bytes

from attrs import evolve, frozen

from brim_proxy.asgi import Scope

__all__ = ["Kind", "Route", "Vendor", "route_of"]

_DECODINGS = 3
_ODD = re.compile(rb"[\x00-\x20\x7f-\xff\\]")


class Vendor(Enum):
    """Whose errors a client reads."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class Kind(Enum):
    """What to do with a request."""

    FIT = "fit"
    COUNT = "count"
    FORWARD = "forward"
    LOCAL = "local"
    DASHBOARD = "dashboard"
    NOWHERE = "nowhere"


@frozen
class Route:
    """`name` stands in logs and metrics, in the place of the path; `path` is what goes up."""

    kind: Kind
    name: str
    vendor: Vendor = Vendor.OPENAI
    dialect: str = ""
    path: str = ""


FITTED = {
    path.encode(): Route(Kind.FIT, name, vendor, dialect, path)
    for path, name, vendor, dialect in (
        ("/v1/chat/completions", "chat", Vendor.OPENAI, "openai-chat"),
        ("/v1/responses", "responses", Vendor.OPENAI, "openai-responses"),
        ("/v1/messages", "messages", Vendor.ANTHROPIC, "anthropic"),
    )
}
COUNTED = b"/v1/messages/count_tokens"
LOCAL = {
    b"/livez": "livez",
    b"/readyz": "readyz",
    b"/metrics": "metrics",
    b"/brim/stats": "stats",
}
DASHBOARD = {
    b"/brim/dashboard": "dashboard",
    b"/brim/dashboard.css": "dashboard.css",
    b"/brim/dashboard.js": "dashboard.js",
    b"/brim/dashboard_draw.js": "dashboard_draw.js",
    b"/brim/dashboard.svg": "dashboard.svg",
    b"/brim/events": "events",
}
OWN = {
    **{path: Route(Kind.LOCAL, name) for path, name in LOCAL.items()},
    **{path: Route(Kind.DASHBOARD, name) for path, name in DASHBOARD.items()},
}
NOWHERE = Route(Kind.NOWHERE, "nowhere")


def route_of(scope: Scope) -> Route:
    """The route of a request.

    Paths that could mean something else to the upstream (dot segments, empty segments,
    backslashes, control characters, also when they are percent-encoded) lead nowhere.
    """
    raw, method = _raw_path(scope), scope["method"]
    if method == "POST" and raw in FITTED:
        return FITTED[raw]
    plain = _plain(raw)
    if plain is None:
        return NOWHERE
    if plain == b"/" and method == "HEAD":
        return Route(Kind.LOCAL, "root")
    if plain in OWN:
        return OWN[plain] if method in {"GET", "HEAD"} else NOWHERE
    if not plain.startswith(b"/v1/"):
        return NOWHERE
    path = raw.decode("ascii")
    if method == "POST" and plain in FITTED:
        return evolve(FITTED[plain], path=path)
    if method == "POST" and plain == COUNTED:
        return Route(Kind.COUNT, "count_tokens", Vendor.ANTHROPIC, "anthropic", path)
    return Route(Kind.FORWARD, "other", _vendor(scope, plain), path=path)


def _raw_path(scope: Scope) -> bytes:
    raw = scope.get("raw_path")
    path: bytes = raw if raw is not None else scope["path"].encode("utf-8", "surrogateescape")
    root = scope.get("root_path", "").rstrip("/").encode()
    return path[len(root) :] if root and path.startswith(root + b"/") else path


def _plain(raw: bytes) -> bytes | None:
    """The path without percent-encoding, None when it is not in its normal form."""
    path = raw
    for _ in range(_DECODINGS):
        if _ODD.search(path) or not path.startswith(b"/"):
            return None
        segments = path[1:].split(b"/")
        if any(one in {b".", b".."} for one in segments) or b"" in segments[:-1]:
            return None
        decoded = unquote_to_bytes(path)
        if decoded == path:
            return path
        path = decoded
    return None


def _vendor(scope: Scope, path: bytes) -> Vendor:
    speaks = path.startswith(b"/v1/messages/") or any(
        name.lower() == b"anthropic-version" for name, _ in scope["headers"]
    )
    return Vendor.ANTHROPIC if speaks else Vendor.OPENAI

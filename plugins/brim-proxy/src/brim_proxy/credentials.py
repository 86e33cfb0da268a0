"""Who may use the proxy, and as whom.

A file of keys is TOML, one `[[key]]` table for each client:

    [[key]]
    tenant = "alice"
    sha256 = "..."                       # of the client's key, as hex
    upstream_key_env = "OPENAI_API_KEY"  # or upstream_key = "..."

Client keys are random and long (`new_key`), so that a plain SHA-256 of them tells nothing.
"""

from __future__ import annotations

import hmac
import os
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from brim.api import SettingsError
from brim.store.sealing_key import given_key
from brim_proxy.asgi import Headers

if TYPE_CHECKING:
    from brim.settings.schema import Settings

__all__ = ["CREDENTIALS", "Client", "Door", "Key", "new_key", "read_keys", "secret_of"]

CREDENTIALS = (b"x-api-key", b"authorization", b"api-key", b"x-goog-api-key")
"""Headers in which clients present a key, as first tried."""

_FIELDS = frozenset({"tenant", "sha256", "upstream_key", "upstream_key_env"})
_BEARER = b"bearer "
_SHORT = 16


@frozen
class Key:
    """One client's key, by its hash. An empty `upstream_key` means that none is sent."""

    tenant: str
    digest: bytes = field(repr=False)
    upstream_key: str = field(default="", repr=False)


@frozen
class Client:
    """Who asks: `tenant` keeps memories apart, `drop` are headers that end here, and
    `add` those that take their place."""

    tenant: str
    drop: frozenset[bytes] = frozenset()
    add: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)


@frozen
class Door:
    """Lets clients in. Without keys everybody may enter, and is told apart by an HMAC, with a
    `secret` (see `secret_of`), of what they present."""

    secret: bytes = field(repr=False)
    keys: Sequence[Key] = ()
    _mac: hmac.HMAC = field(init=False, repr=False, eq=False)
    """Of nothing yet: a copy of it is had for half of what a new one costs."""

    @_mac.default
    def _begun(self) -> hmac.HMAC:
        return hmac.new(self.secret, digestmod="sha256")

    def enter(self, headers: Headers) -> Client | None:
        """The client that sends these headers, whose names are in lower case; None when no key
        fits."""
        given = {name: value for name, value in reversed(headers) if name in CREDENTIALS}
        if not self.keys:
            mac = self._mac.copy()
            mac.update(b"\0".join([given.get(name, b"") for name in CREDENTIALS]))
            return Client(mac.hexdigest()[:_SHORT])
        for name in CREDENTIALS:
            found = self._found(given[name]) if name in given else None
            if found is not None:
                return Client(found.tenant, frozenset(CREDENTIALS), _shown(found, name, given))
        return None

    def _found(self, value: bytes) -> Key | None:
        """The key of this value. Every key is compared, each in constant time."""
        digest = sha256(_bare(value)).digest()
        found = None
        for key in self.keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found


def secret_of(kernel: Settings) -> bytes:
    """What tells clients without keys apart. It follows from the key that seals the caches, so that
    replicas that share these take a client for the same one; without such a key it is random.
    Raises `SettingsError` for a key that is no good."""
    shared = given_key(os.environ, kernel.caching.seal_file) if kernel.caches else None
    if shared is None:
        return secrets.token_bytes(32)
    return hmac.digest(shared, b"brim proxy clients", "sha256")


def _bare(value: bytes) -> bytes:
    return value[len(_BEARER) :].strip() if value[: len(_BEARER)].lower() == _BEARER else value


def _shown(key: Key, name: bytes, given: Mapping[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """The upstream's key, in the way in which the client presented its own."""
    if not key.upstream_key:
        return ()
    bearer = given[name][: len(_BEARER)].lower() == _BEARER
    value = key.upstream_key.encode()
    return ((name, b"Bearer " + value if bearer else value),)


def new_key() -> tuple[str, str]:
    """A random client key (256 bits) and its SHA-256 as hex."""
    key = f"brim-{secrets.token_urlsafe(32)}"
    return key, sha256(key.encode()).hexdigest()


def read_keys(path: str | Path, environ: Mapping[str, str] | None = None) -> tuple[Key, ...]:
    """The keys of a file that only its owner may read. Raises `SettingsError`."""
    environ = os.environ if environ is None else environ
    file = Path(path)
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise SettingsError(f"{file}: others may read it; run chmod 600 on it")
        tables = tomllib.loads(file.read_text("utf-8")).get("key")
    except (OSError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{file}: cannot be read as a file of keys ({error})") from None
    if not isinstance(tables, list) or not tables:
        raise SettingsError(f"{file}: no [[key]] in it; brim serve --new-key NAME makes one")
    keys = tuple(_key(table, f"{file}: key {i}", environ) for i, table in enumerate(tables, 1))
    if len({key.digest for key in keys}) < len(keys):
        raise SettingsError(f"{file}: two keys are the same")
    return keys


def _key(table: Mapping[str, object], where: str, environ: Mapping[str, str]) -> Key:
    unknown = sorted(set(table) - _FIELDS)
    texts = {name: value for name, value in table.items() if isinstance(value, str) and value}
    if unknown or len(texts) < len(table) or not {"tenant", "sha256"} <= set(texts):
        wrong = f"{unknown[0]!r} is unknown" if unknown else "tenant and sha256 must be texts"
        raise SettingsError(f"{where}: {wrong}")
    try:
        digest = bytes.fromhex(texts["sha256"])
    except ValueError:
        digest = b""
    if len(digest) != sha256().digest_size:
        raise SettingsError(f"{where}: sha256 must be 64 hexadecimal digits")
    upstream, variable = texts.get("upstream_key", ""), texts.get("upstream_key_env", "")
    if variable:
        upstream = environ.get(variable, "")
        if not upstream:
            raise SettingsError(f"{where}: the environment has no {variable}")
    if not upstream.isprintable() or not upstream.isascii():
        raise SettingsError(f"{where}: the upstream key cannot stand in a header")
    return Key(texts["tenant"], digest, upstream)

"""Seals: what a cache gives back is believed only when this Brim, or one with the same key, wrote
it there, under this key, for this tenant."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Literal

from attrs import field, frozen

__all__ = ["VERSION", "Fault", "Opened", "Seal"]

VERSION = 1
"""Of what is sealed. Entries of another version are as good as missing."""

_MAGIC = b"brim"
_HEAD = len(_MAGIC) + 1 + 8
_MAC = 32

Fault = Literal["", "version", "seal"]


@frozen
class Opened:
    """What was sealed. `expires` is in seconds since 1970, None for never."""

    value: bytes
    expires: float | None


def _derived(purpose: bytes) -> bytes:
    return b"brim cache " + purpose


@frozen
class Seal:
    """Names and seals with one secret `key`, of any length.

    A sealed value is magic, version, the end of its life (milliseconds since 1970, 0 for
    never), HMAC-SHA256, value. The HMAC covers all of these and the name; the name is a keyed
    digest of space, tenant and key. So a value that was cut, or moved to another key or another
    tenant, does not open, and a name tells nothing to those who have no key.
    """

    key: bytes = field(repr=False)
    _naming: bytes = field(init=False, repr=False)
    _sealing: bytes = field(init=False, repr=False)

    @_naming.default
    def _(self) -> bytes:
        return hmac.digest(self.key, _derived(b"names"), "sha256")

    @_sealing.default
    def _(self) -> bytes:
        return hmac.digest(self.key, _derived(b"values"), "sha256")

    def name(self, space: str, tenant: str, key: bytes) -> str:
        """The name under which a cache keeps it: the space, and 40 hexadecimal digits."""
        digest = blake2b(digest_size=20, key=self._naming)
        for part in (space.encode(), tenant.encode("utf-8", "surrogatepass"), key):
            digest.update(len(part).to_bytes(8, "big") + part)
        return f"{space}:{digest.hexdigest()}"

    def close(self, name: str, value: bytes, expires: float | None) -> bytes:
        end = 0 if expires is None else max(1, int(expires * 1000))
        head = _MAGIC + bytes([VERSION]) + end.to_bytes(8, "big")
        return head + self._mac(head, name, value) + value

    def open(self, name: str, sealed: bytes) -> Opened | None:
        """What was sealed under this name, None when the seal is not ours, or broken."""
        if self.fault(name, sealed):
            return None
        end = int.from_bytes(sealed[_HEAD - 8 : _HEAD], "big")
        return Opened(sealed[_HEAD + _MAC :], end / 1000 if end else None)

    def fault(self, name: str, sealed: bytes) -> Fault:
        """Why it does not open: "version" for one of another Brim, "seal" for all else."""
        if sealed[:4] == _MAGIC and sealed[4:5] != bytes([VERSION]):
            return "version"
        head, mac, value = sealed[:_HEAD], sealed[_HEAD : _HEAD + _MAC], sealed[_HEAD + _MAC :]
        genuine = sealed[:4] == _MAGIC and hmac.compare_digest(mac, self._mac(head, name, value))
        return "" if genuine else "seal"

    def _mac(self, head: bytes, name: str, value: bytes) -> bytes:
        named = name.encode("utf-8", "surrogatepass")
        text = head + len(named).to_bytes(8, "big") + named + value
        return hmac.digest(self._sealing, text, "sha256")

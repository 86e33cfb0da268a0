"""Compressed bodies, read without trusting them."""

from __future__ import annotations

import zlib

from brim_proxy.asgi import TooLarge

__all__ = ["Undecodable", "decoded", "is_plain"]

_WBITS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
_PIECE = 1024 * 1024
_MEMBERS = 16
"""Parts of one gzip body. More are only sent to make somebody work."""


class Undecodable(Exception):
    """Broken, or in an encoding that is not read here."""


def is_plain(encoding: bytes) -> bool:
    """Whether a content-encoding means none."""
    return encoding.strip().lower() in {b"", b"identity"}


def decoded(data: bytes, encoding: bytes, cap: int) -> bytes:
    """The body as it was before compression. Raises `TooLarge` and `Undecodable`."""
    if is_plain(encoding):
        return data
    wbits = _WBITS.get(encoding.strip().lower())
    if wbits is None:
        raise Undecodable
    if wbits == _WBITS[b"deflate"] and data[:1] and data[0] & 0x0F != zlib.DEFLATED:
        wbits = -15  # many clients send it without its header
    try:
        return _inflated(data, wbits, cap)
    except zlib.error as error:
        raise Undecodable from error


def _inflated(data: bytes, wbits: int, cap: int) -> bytes:
    """All members one after the other, at most `cap` bytes of them."""
    pieces: list[bytes] = []
    size = 0
    for _ in range(_MEMBERS):
        if not data:
            return b"".join(pieces)
        stream = zlib.decompressobj(wbits)
        while not stream.eof:
            piece = stream.decompress(data, min(_PIECE, cap - size + 1))
            if not piece and not stream.unconsumed_tail and not stream.eof:
                raise Undecodable
            size += len(piece)
            if size > cap:
                raise TooLarge
            pieces.append(piece)
            data = stream.unconsumed_tail
        data = stream.unused_data
    if data:
        raise Undecodable
    return b"".join(pieces)

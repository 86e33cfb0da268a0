"""Width and height of pictures, read from their first bytes. Nothing is decoded further.

Sources: PNG 11.2.2 (IHDR), JPEG B.2.2 (frame header), GIF89a 18 (screen
descriptor), RFC 9649 (WebP).
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from brim.model.fingerprint import digest
from brim.model.messages import Image

__all__ = ["head_of_base64", "picture", "picture_of_url", "size_of"]

Size = tuple[int, int]

HEADS = (4_096, 262_144, 4_194_304)
"""Characters of base64 to look at, in turn: a JPEG may carry much before its frame header."""

_URL_SAFE = str.maketrans("-_", "+/")
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"RIFF": "image/webp",
}


def picture(data: str, media_type: str = "", detail: str = "") -> Image:
    """An image given as base64. Malformed data has no width and height, and is no error."""
    size = next(filter(None, map(size_of, _heads(data))), None)
    width, height = size or (None, None)
    kind = media_type or _kind(head_of_base64(data, 64))
    return Image(digest(data), kind, len(data) * 3 // 4, width, height, detail)


def picture_of_url(url: str, detail: str = "") -> Image:
    """An image given by a data URL (RFC 2397) or by reference."""
    head, comma, data = url.partition(",")
    if not comma or not head.lower().startswith("data:"):
        return Image(digest(url), detail=detail)
    media_type, *options = head[5:].split(";")
    if "base64" in options:
        return picture(data, media_type, detail)
    return Image(digest(url), media_type, len(data), detail=detail)


def _heads(data: str) -> Iterator[bytes]:
    for length in HEADS:
        yield head_of_base64(data, length)
        if length >= len(data):
            return


def head_of_base64(data: str, length: int) -> bytes:
    """The bytes of the first `length` characters, empty where they are no base64."""
    clean = "".join(data[:length].split()).rstrip("=").translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(clean[: len(clean) // 4 * 4])
    except ValueError:
        return b""


def _kind(head: bytes) -> str:
    return next((kind for mark, kind in _SIGNATURES.items() if head.startswith(mark)), "")


def size_of(head: bytes) -> Size | None:
    """Width and height in pixels from the first bytes of a PNG, JPEG, GIF or WebP file."""
    match _kind(head):
        case "image/png" if len(head) >= 24:
            return _int(head[16:20], "big"), _int(head[20:24], "big")
        case "image/gif" if len(head) >= 10:
            return _int(head[6:8]), _int(head[8:10])
        case "image/jpeg":
            return _jpeg(head)
        case "image/webp" if len(head) >= 30 and head[8:12] == b"WEBP":
            return _webp(head)
    return None


def _int(data: bytes, order: str = "little") -> int:
    return int.from_bytes(data, "big" if order == "big" else "little")


def _jpeg(head: bytes) -> Size | None:
    """Walk the segments up to the frame header (SOF0 to SOF15 but DHT, JPG and DAC)."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _int(head[at + 7 : at + 9], "big"), _int(head[at + 5 : at + 7], "big")
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:  # without length
            at += 2
        else:
            at += 2 + _int(head[at + 2 : at + 4], "big")
    return None


def _webp(head: bytes) -> Size | None:
    match head[12:16]:
        case b"VP8 ":
            return _int(head[26:28]) & 0x3FFF, _int(head[28:30]) & 0x3FFF
        case b"VP8L":
            bits = _int(head[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return _int(head[24:27]) + 1, _int(head[27:30]) + 1
    return None

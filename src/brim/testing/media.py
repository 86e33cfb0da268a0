"""Small real pictures and files, made in code."""

from __future__ import annotations

import base64
import struct
import zlib

from brim.testing.draw import Draw

__all__ = ["encoded_pdf", "encoded_picture", "jpeg", "pdf", "png"]

SIDES = (1, 8, 64, 300, 513)


def png(width: int, height: int) -> bytes:
    """A grey picture. Layout: PNG specification, sections 5 and 11."""
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def jpeg(width: int, height: int) -> bytes:
    """A grey picture of 8 by 8 blocks that are two zero bits each (ITU T.81, annex B)."""
    blocks = -(-width // 8) * -(-height // 8)
    bits = "00" * blocks
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    one_code = b"\x01" + bytes(15) + b"\0"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\0" + b"\x10" * 64),
            _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"),
            _segment(0xC4, b"\x00" + one_code),
            _segment(0xC4, b"\x10" + one_code),
            _segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            data,
            b"\xff\xd9",
        )
    )


def pdf(pages: int) -> bytes:
    """A file that names its pages the way a PDF does."""
    kids = b"".join(b"%d 0 obj<</Type/Page/Parent 1 0 R>>endobj\n" % (i + 2) for i in range(pages))
    root = b"1 0 obj<</Type/Pages/Count %d>>endobj\n" % pages
    return b"%PDF-1.4\n" + root + kids + b"%%EOF\n"


def encoded_picture(draw: Draw) -> tuple[str, str]:
    """(media type, base64) of a PNG or JPEG."""
    width, height = draw.choice(SIDES), draw.choice(SIDES)
    if draw.boolean():
        return "image/jpeg", base64.b64encode(jpeg(width, height)).decode()
    return "image/png", base64.b64encode(png(width, height)).decode()


def encoded_pdf(draw: Draw) -> str:
    """Base64 of a file of a few pages."""
    return base64.b64encode(pdf(draw.integer(1, 3))).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

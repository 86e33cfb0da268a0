"""Width and height come from the picture's own header, and nothing there can raise."""

from __future__ import annotations

import base64
import random
import struct
import zlib

import pytest
from dialect_samples import ANTHROPIC, OPENAI, user

from brim.dialects.images import picture, picture_of_url, size_of
from brim.model.messages import Image


def png(width: int, height: int) -> bytes:
    """A whole PNG file, one grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int, height: int, before: int = 0, marker: int = 0xC0) -> bytes:
    """The segments of a JPEG up to its frame header, with `before` bytes of EXIF first."""

    def segment(kind: int, data: bytes) -> bytes:
        return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data

    exif = b"".join(segment(0xE1, b"\xff\xc0" * 30_000) for _ in range(before // 60_000))
    tables = segment(0xDB, b"\0" * 65) + segment(0xC4, b"\0" * 20)
    frame = segment(marker, struct.pack(">BHHB", 8, height, width, 3) + b"\0" * 9)
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0" + b"\0" * 9) + exif + tables + b"\xff" + frame


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def riff(kind: bytes, body: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def webp_lossy(width: int, height: int) -> bytes:
    return riff(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + b"\0" * 8)


def webp_lossless(width: int, height: int) -> bytes:
    return riff(b"VP8L", b"\x2f" + struct.pack("<I", (height - 1) << 14 | width - 1) + b"\0" * 8)


def webp_extended(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(b"VP8X", b"\0\0\0\0" + sides)


FILES = {
    "png": (png(640, 480), "image/png"),
    "jpeg": (jpeg(640, 480), "image/jpeg"),
    "progressive jpeg": (jpeg(640, 480, marker=0xC2), "image/jpeg"),
    "jpeg after 3 KB": (jpeg(640, 480, 60_000), "image/jpeg"),
    "jpeg after 1 MB": (jpeg(640, 480, 1_000_000), "image/jpeg"),
    "gif": (gif(640, 480), "image/gif"),
    "webp lossy": (webp_lossy(640, 480), "image/webp"),
    "webp lossless": (webp_lossless(640, 480), "image/webp"),
    "webp extended": (webp_extended(640, 480), "image/webp"),
}


@pytest.mark.parametrize("name", FILES)
def test_size_of_real_files(name: str) -> None:
    data, kind = FILES[name]
    encoded = base64.b64encode(data).decode()
    seen = picture(encoded)
    assert (seen.width, seen.height, seen.media_type) == (640, 480, kind)
    assert abs(seen.size - len(data)) <= 2


def test_both_dialects_see_the_same_picture() -> None:
    data = base64.b64encode(png(31, 17)).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    url = f"data:image/png;base64,{data}"
    block = {"type": "image_url", "image_url": {"url": url}}
    (one,) = ANTHROPIC.parse(user({"type": "image", "source": source}), 0).message.parts
    (other,) = OPENAI.parse(user(block), 0).message.parts
    assert one == other
    assert isinstance(one, Image)
    assert (one.width, one.height) == (31, 17)


def test_wrapped_and_url_safe_base64() -> None:
    encoded = base64.encodebytes(jpeg(640, 480, 60_000)).decode()
    assert picture(encoded).width == 640
    assert picture(base64.urlsafe_b64encode(jpeg(640, 480)).decode()).height == 480


@pytest.mark.parametrize("data", ["", "=", "A", "!!", "é" * 50, "\ud800", "iVBORw0KGgo", "\0" * 9])
def test_malformed_base64_has_no_size(data: str) -> None:
    assert (picture(data).width, picture(data).height) == (None, None)


def test_broken_headers_have_no_size() -> None:
    for data, _ in FILES.values():
        for end in range(min(len(data), 64)):
            assert size_of(data[:end]) in (None, (640, 480))
    assert size_of(b"\xff\xd8\xff" + b"\xff" * 5_000) is None
    assert size_of(b"\xff\xd8\xff\xe0\0\0" * 100) is None


def test_noise_behind_a_signature_does_not_raise() -> None:
    dice = random.Random(7)
    for mark in (b"\xff\xd8", b"RIFF1234WEBPVP8", b"\x89PNG\r\n\x1a\n", b"GIF89a"):
        for _ in range(300):
            size_of(mark + dice.randbytes(dice.randrange(80)))


def test_urls() -> None:
    assert picture_of_url("https://x/a,b").size == 0
    assert picture_of_url("data:image/svg+xml,<svg/>").media_type == "image/svg+xml"
    assert picture_of_url("data:image/svg+xml,<svg/>").width is None
    assert picture_of_url("data:").width is None

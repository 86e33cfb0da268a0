"""What a message is, independent of how it was written down."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from brim.model.messages import (
    Image,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

__all__ = ["digest", "fingerprint"]

SIZE = 16


def digest(data: bytes | str) -> str:
    """128 bits of blake2b, as hex. Lone surrogates are allowed."""
    return blake2b(_bytes(data), digest_size=SIZE).hexdigest()


def fingerprint(role: str, parts: Iterable[Part], name: str = "") -> bytes:
    """16 bytes over role, name and parts, without thinking.

    A string and a list with one equal text block have the same fingerprint;
    pictures and files count by digest.
    """
    pieces = [role, name]
    for part in parts:
        pieces.extend(_pieces(part))
    framed: list[bytes] = []
    for piece in pieces:
        data = piece.encode("utf-8", "surrogatepass")
        framed += (len(data).to_bytes(8, "little"), data)
    return blake2b(b"".join(framed), digest_size=SIZE).digest()


def _pieces(part: Part) -> Iterable[str]:
    if isinstance(part, Text):
        return ("t", part.text)
    if isinstance(part, ToolCall):
        return ("c", part.id, part.name, part.arguments)
    if isinstance(part, ToolResult):
        inner = (piece for item in part.content for piece in _pieces(item))
        return ("r", part.call_id, "!" if part.is_error else "", *inner, "/r")
    if isinstance(part, Thinking):
        return ()
    if isinstance(part, Opaque):
        return ("o", part.kind, part.digest)
    return ("i" if isinstance(part, Image) else "d", part.digest)


def _bytes(data: bytes | str) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")

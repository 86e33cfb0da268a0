"""What a message is, independent of how it was written down."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from brim.model.messages import (
    Document,
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
    state = blake2b(digest_size=SIZE)
    for piece in (role, name):
        _add(state, piece)
    for part in parts:
        for piece in _pieces(part):
            _add(state, piece)
    return state.digest()


def _pieces(part: Part) -> tuple[str, ...]:
    match part:
        case Text(text):
            return ("t", text)
        case ToolCall():
            return ("c", part.id, part.name, part.arguments)
        case ToolResult():
            inner = tuple(piece for item in part.content for piece in _pieces(item))
            return ("r", part.call_id, "!" if part.is_error else "", *inner, "/r")
        case Thinking():
            return ()
        case Image():
            return ("i", part.digest)
        case Document():
            return ("d", part.digest)
        case Opaque():
            return ("o", part.kind, part.digest)


def _add(state: blake2b, piece: str) -> None:
    data = _bytes(piece)
    state.update(len(data).to_bytes(8, "little"))
    state.update(data)


def _bytes(data: bytes | str) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")

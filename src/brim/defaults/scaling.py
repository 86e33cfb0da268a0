"""From raw counts of an encoding to the counts of a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

__all__ = ["scaled", "utf8_length"]


def scaled(raw: Iterable[int], texts: Sequence[str], scale: float) -> tuple[int, ...]:
    """`raw` times `scale`, rounded up, never above the bytes of each text."""
    if scale == 1.0:
        return tuple(raw)
    return tuple(
        _at_most_bytes(ceil(count * scale), text) for count, text in zip(raw, texts, strict=True)
    )


def utf8_length(text: str) -> int:
    """Bytes in UTF-8. A lone surrogate takes three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _at_most_bytes(count: int, text: str) -> int:
    return count if count <= len(text) else min(count, utf8_length(text))

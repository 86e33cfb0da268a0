"""What any counter has to do with texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

__all__ = ["encodable", "scaled"]


def encodable(text: str) -> str:
    """The text as tiktoken counts it: pairs of surrogates are the character that they stand
    for, and a lone one is U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def scaled(raw: Iterable[int], texts: Sequence[str], scale: float) -> tuple[int, ...]:
    """`raw` times `scale`, rounded up, never above the bytes of each text."""
    if scale == 1.0:
        return tuple(raw)
    sizes = (len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return tuple(min(ceil(count * scale), size) for count, size in zip(raw, sizes, strict=True))

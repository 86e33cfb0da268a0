"""Exact counting with the public byte-pair vocabularies, offline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from brim.api import Counts, ModelProfile, hookimpl
from brim.defaults.scaling import scaled, utf8_length
from brim.defaults.vocabulary import VOCABULARIES, encoding

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["TiktokenCounter", "count_text"]

CHUNK = 8_192
"""Characters that are encoded at once. The regular expression engine below tiktoken
gives up at about a million steps inside one run, and a long run is slow to merge."""

SLACK = 4
"""Tokens added for each cut inside an unbroken run, where the neighbours of the cut
could have been merged in another way (the most that 100,000 random cuts ever lost is 2)."""

_NEAR = 512
_SEAM = re.compile(r"(?<=[^\W_])(?=[\s!-&(-/:-@\[-`{-~。，、；：！？（）「」]|'\W)")
"""A letter or digit before, and a character after that never continues a word: no
piece of either encoding spans it, so cutting there never changes a count."""


class TiktokenCounter:
    """Counts texts of models whose encoding is o200k_base or cl100k_base.

    For other tokenizers that are described by one of these and a scale, the count is
    multiplied and rounded up. Text that spells a special token counts as the
    ordinary text it is.
    """

    @hookimpl
    def count_tokens(self, texts: Sequence[str], profile: ModelProfile) -> Counts | None:
        if profile.encoding not in VOCABULARIES:
            return None
        vocabulary = encoding(profile.encoding)
        raw = [count_text(vocabulary, text) for text in texts]
        return Counts(scaled(raw, texts, profile.scale), profile.margin)


def count_text(vocabulary: Encoding, text: str) -> int:
    """Tokens of one text: exact, or slightly above where a run of over `CHUNK`
    characters had to be cut. Never raises and never takes quadratic time."""
    if len(text) <= CHUNK:
        return _encoded_length(vocabulary, text)
    pieces = Counter(_pieces(text))
    total = sum(_encoded_length(vocabulary, piece) * times for (piece, _), times in pieces.items())
    slack = SLACK * sum(times for (_, exact), times in pieces.items() if not exact)
    return min(total + slack, utf8_length(text))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether the cut after it leaves counts alone."""
    start, end = 0, len(text)
    while end - start > CHUNK:
        seam = _last_seam(text, start + 1, start + CHUNK)
        cut = seam or start + CHUNK
        yield text[start:cut], seam > 0
        start = cut
    yield text[start:], True


def _last_seam(text: str, start: int, end: int) -> int:
    """A seam near `end`, else the last one after `start`, else 0."""
    near = _SEAM.search(text, end - _NEAR, end)
    if near:
        return near.start()
    return max((found.start() for found in _SEAM.finditer(text, start, end - _NEAR)), default=0)


def _encoded_length(vocabulary: Encoding, text: str) -> int:
    try:
        return len(vocabulary.encode_ordinary(text))
    except BaseException as error:
        # the encoder is Rust: its panics are no Exception and have no importable type
        if type(error).__name__ != "PanicException":
            raise
        return utf8_length(text)

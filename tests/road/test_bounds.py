"""What is remembered of texts in the whole process has a bound in bytes, not only in number."""

from __future__ import annotations

import gc
import tracemalloc

from brim.api import Message, Text
from brim.defaults.keypoints.lexer import Concepts
from brim.retrieval.terms import terms
from brim.road.grading.survival import Survey

MIB = 2**20


def read(number: int) -> None:
    """A text whose one line and one word have more than a megabyte."""
    blob = f"{number:02d}" + "Qk3/x9" * (MIB // 6)
    some = " ".join(f"id_{number}_{place}" for place in range(100))
    said = [Message("user", (Text(f"port 80{number:02d} of {blob} {some}"),))]
    Survey().score([(said[0], None)], said)
    Concepts().of(said[0].text)
    terms(blob.replace("/", ""))


def held_by(number: int) -> int:
    """Bytes that stay when so many texts were read."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for place in range(number):
        read(place)
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


def test_long_lines_and_words_are_not_kept() -> None:
    tracemalloc.start()
    try:
        held_by(1)  # what is loaded once
        assert held_by(4) < MIB
    finally:
        tracemalloc.stop()

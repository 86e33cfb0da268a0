"""What was found in a text is found once, and no more of it is kept than was allowed."""

from __future__ import annotations

import pytest

from brim.defaults.remembered import EACH, remembered


def test_a_text_is_looked_at_once_for_each_question() -> None:
    asked: list[tuple[str, int]] = []

    @remembered(10_000)
    def cut(text: str, size: int) -> str:
        asked.append((text, size))
        return text[:size]

    assert [cut("harbour", 3), cut("harbour", 4), cut("harbour", 3)] == ["har", "harb", "har"]
    assert asked == [("harbour", 3), ("harbour", 4)]


def test_what_was_asked_longest_ago_is_forgotten() -> None:
    asked: list[str] = []

    @remembered(2 * (EACH + 1))
    def shout(text: str) -> str:
        asked.append(text)
        return text.upper()

    for text in "abacabb":
        assert shout(text) == text.upper()
    assert asked == ["a", "b", "c", "b"]


def test_a_text_beyond_the_bound_is_answered_and_not_kept() -> None:
    asked: list[str] = []

    @remembered(100)
    def size(text: str) -> int:
        asked.append(text)
        return len(text)

    assert [size("x" * 500), size("x" * 500)] == [500, 500]
    assert len(asked) == 2


def test_a_failure_is_not_remembered() -> None:
    @remembered(10_000)
    def number(text: str) -> int:
        return int(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="none"):
            number("none")

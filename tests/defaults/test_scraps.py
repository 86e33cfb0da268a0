"""Where only a scrap of the border exchange would fit: it is taken if it really does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import brim
from brim.api import Exchange, Message, Text
from brim.defaults.shortening import shortened
from brim.testing.soak import soak


@pytest.fixture(scope="module")
def truncating() -> brim.Brim:
    return brim.Brim({"strategies": ("smart-truncation",), "archive": {"where": "memory"}})


def count(texts: Sequence[str]) -> list[int]:
    """A token for two characters: a mark alone takes 12, and 17 with its handle."""
    return [len(text) // 2 for text in texts]


@pytest.mark.parametrize(("share", "taken"), [(8, False), (11, False), (12, True), (30, True)])
def test_a_scrap_is_no_longer_than_there_is_room(share: int, taken: bool) -> None:
    words = "word " * 36
    message = Message("user", (Text(words), Text(words)))
    exchange = Exchange(0, (message,), tokens=204)
    room = 204 - 2 * (90 - 6) + 2 * share
    assert bool(shortened(exchange, room, count, least=8)) is taken


def test_a_small_budget_is_filled_to_half_by_a_scrap(truncating: brim.Brim) -> None:
    talk = [
        {"role": "user", "content": "Tell me about the sea. " * 20},
        {"role": "assistant", "content": "It is wide, and it is deep. " * 12},
        {"role": "user", "content": "thanks"},
        {"role": "assistant", "content": "welcome"},
    ]
    for budget in range(38, 60):
        fitted = truncating.fit(talk, model="gpt-4o", budget=budget)
        assert budget // 2 <= fitted.report.after.upper <= budget


def test_what_is_a_scrap_already_is_left_out() -> None:
    """The handles of two marks took one token too many, and so did those of the second try."""
    tally = soak(["20261124/17756"], settings={"strategies": ["smart-truncation"]}, shrink=False)
    assert tally.fits > 0
    assert not tally.findings

"""Killed chat loops lose nothing that was acknowledged. `bench/chat_kills.py` kills 300."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from brim.chat import Transcripts
from chat_kills import Toll, check, question, run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no kill -9")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_loops_lose_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    toll = run(8, tmp_path)
    assert toll.kills == 8
    assert toll.told >= 5
    assert toll.clean, toll


def turn(text: str, answer: str = "") -> list[dict[str, object]]:
    return [
        {"role": "user", "content": text},
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "there it is"},
        {"role": "assistant", "content": answer or f"answer to {text}"},
    ]


def test_what_is_lost_torn_or_out_of_order_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    with Transcripts(path) as transcripts:
        kept = transcripts.create("a")
        for number, iteration in ((0, 0), (0, 1), (2, 0), (1, 0)):
            kept.append(turn(question(number, iteration)))
        kept.append(turn(question(3, 0), "answer to another"))
        kept.append(turn(question(4, 0))[:2])

    def found(*told: tuple[int, int]) -> tuple[int, int, int]:
        toll = Toll()
        check(path, told, toll)
        return toll.lost, toll.torn, toll.untold

    assert found((0, 2), (2, 1)) == (0, 0, 0)
    assert found((0, 1)) == (0, 0, 1)
    assert found((0, 3)) == (1, 0, 0)
    assert found((1, 1), (2, 1)) == (0, 1, 0)  # the second stands before the first
    assert found((3, 1)) == (0, 1, 0)
    assert found((4, 1)) == (0, 1, 0)  # acknowledged, and not whole
    assert found((4, 0)) == (0, 0, 0)
    toll = Toll()
    check(tmp_path / "none.sqlite", [(0, 3)], toll)
    assert (toll.lost, toll.clean) == (3, False)

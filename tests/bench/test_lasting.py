"""What five condensations leave of the beginning. `bench/lasting.py` measures real ones."""

from __future__ import annotations

import pytest

from lasting import TIMES, WAYS, followed


def row(turns: int) -> dict[str, object]:
    said = []
    for n in range(turns):
        said.append({"role": "user", "content": f"The port of server{n} is {4_000 + n}. Keep it."})
        said.append({"role": "assistant", "content": f"Noted for server{n}. " + "So it is. " * 20})
    return {"id": "made", "messages": said}


@pytest.mark.parametrize("way", ["summary", "progressive"])
def test_a_model_that_keeps_earlier_notes_loses_little_of_them(way: str) -> None:
    found = followed(row(80), WAYS[way])
    assert found is not None
    assert len(found.shares) == TIMES
    assert found.shares[0] > 0.3
    assert found.shares[-1] >= 0.9 * found.shares[0]
    assert found.noted[0] == 1
    assert found.noted[-1] >= 0.9


def test_one_that_is_not_condensed_so_often_is_left_out() -> None:
    assert followed(row(4), WAYS["auto"]) is None

"""The guides' tables: what makes a row, and those rows that do not depend on a clock."""

from __future__ import annotations

import pytest

from brim.bench.holding import SIZES as HELD
from guide_tables import SCALES, SIZES, Row, at_least, at_most, memory, proxy, show, timed, trims


def test_a_row_of_times():
    times = [1.0] * 18 + [2.0, 9.0]
    assert timed("t", "n", (1, 2, 9), times).met
    assert timed("t", "n", (1, 2, 9), times).ours == "1 / 2 / 9"
    for limits in ((0.9, 2, 9), (1, 1.9, 9), (1, 2, 8.9)):
        row = timed("t", "n", limits, times)
        assert (row.met, row.settled) == (False, False)
        assert timed("t", "n", limits, times, "because").settled
    assert not timed("t", "n", (1, 2, 9), times, "because").why  # nothing to explain


def test_limits_of_both_kinds():
    assert at_least("t", "n", 5, 5.0).met
    assert not at_least("t", "n", 5, 4.9).met
    assert at_most("t", "n", 5, 5.0, " ms").met
    low = at_most("t", "n", 5, 5.1, " ms", "because")
    assert (low.met, low.why, low.settled) == (False, "because", True)


def test_the_sizes_are_those_of_the_guide():
    assert tuple(SIZES) == HELD
    assert tuple(SCALES) == (1, 10, 100)


def test_conversations_take_less_memory_than_the_guide_allows():
    rows = list(memory({10: 1, 100: 10}))
    assert [row.name for row in rows] == ["10 messages", "100 messages"]
    assert all(row.met for row in rows)


def test_trims_are_as_far_apart_as_the_guide_says():
    (row,) = trims(500)
    assert row.name == "messages between trims, 500 messages"
    assert row.met, row


@pytest.fixture(scope="module")
def targets() -> dict[str, Row]:
    return {row.name: row for row in proxy(45)}


def test_counting_is_accurate(targets: dict[str, Row]):
    assert targets["token counting accuracy"].met


def test_a_condensation_saves_enough(targets: dict[str, Row]):
    assert targets["tokens saved by a condensation"].met, targets


def test_what_is_shown(capsys: pytest.CaptureFixture[str]):
    show([at_least("t", "enough", 5, 6.0), at_most("t", "much", 5, 6.0, " ms", "because")])
    told = capsys.readouterr().out
    assert "enough" in told
    assert "NOT MET\n    because" in told

"""Medians, their intervals, and interleaved times: on times that nobody had to wait for."""

from __future__ import annotations

from random import Random

import pytest

from brim.bench.paired import Interval, interval, measure, reference
from brim.testing.fakes import FakeClock


def test_the_interval_is_that_of_the_order():
    assert interval(range(1, 26)) == Interval(13, 8, 18)  # tables of the binomial: 8th and 18th
    assert interval([3, 1, 2]) == Interval(2, 1, 3)
    assert interval([7.0]) == Interval(7.0, 7.0, 7.0)


@pytest.mark.parametrize("count", [6, 12, 25, 60])
def test_the_interval_has_the_true_median_as_often_as_it_says(count: int):
    dice = Random(count)
    found = [interval([dice.expovariate(1) for _ in range(count)]) for _ in range(2_000)]
    within = sum(one.low <= 0.6931 <= one.high for one in found) / len(found)
    assert within >= 0.94
    assert any(one.low > 0.6931 or one.high < 0.6931 for one in found)


def test_one_that_lies_far_out_moves_nothing():
    quiet = [1.0 + number / 100 for number in range(25)]
    assert interval([*quiet[:-1], 1e9]) == interval(quiet)


def test_each_sample_stands_between_two_runs_of_the_reference():
    clock, told = FakeClock(), list[str]()

    def beside() -> None:
        told.append("reference")
        clock.advance(2.0)

    def prepare(number: int):
        def run() -> None:
            told.append(f"work {number}")
            clock.advance(6.0)

        clock.advance(100.0)  # is not timed
        return run

    found = [one for _, one in measure({"a": prepare}, 2, clock=clock, beside=beside, warm=1)]
    assert told == [
        *("reference", "work 0", "reference"),
        *("reference", "work 1", "reference"),
        *("reference", "work 2", "reference"),
    ]
    assert [len(one.ratios) for one in found] == [0, 1, 2]  # the warm-up does not count
    assert found[-1].seconds == (6.0, 6.0)
    assert found[-1].ratios == (3.0, 3.0)


def test_a_machine_that_becomes_slow_changes_no_ratio():
    clock, pace = FakeClock(), iter([1.0] * 50 + [9.0] * 50)
    speed = [1.0]

    def prepare(number: int):
        speed[0] = next(pace)
        return lambda: clock.advance(5.0 * speed[0])

    (*_, (_, last)) = measure(
        {"a": prepare}, 80, clock=clock, beside=lambda: clock.advance(speed[0]), warm=0
    )
    assert set(last.ratios) == {5.0}
    assert len(set(last.seconds)) == 2


def test_rounds_go_through_all_operations():
    works = {"a": lambda number: int, "b": lambda number: int}
    assert [name for name, _ in measure(works, 2, warm=0, beside=int)] == ["a", "b", "a", "b"]


def test_the_reference_does_the_same_work_always():
    assert reference() is None
    assert reference.__defaults__ is None

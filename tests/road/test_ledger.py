"""Records: the longest one that fits is replayed."""

from __future__ import annotations

import pytest

from brim.road.memory.ledger import Ledger, Record
from brim.road.plans.plan import EMPTY, Plan, Span

CHAIN = [b"0", b"1", b"2", b"3"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(budget: int = 1_000, *spans: Span) -> Record:
    return Record(Plan(spans), budget, ())


def test_the_record_that_ends_last_is_found() -> None:
    ledger = Ledger()
    early, late = record(), record()
    ledger.put(b"1", early)
    ledger.put(b"3", late)
    assert ledger.find(CHAIN, 1_000, ()) is late
    assert ledger.find(CHAIN[:3], 1_000, ()) is early
    assert ledger.find([b"x", b"y"], 1_000, ()) is None


@pytest.mark.parametrize(
    ("made", "asked", "found"),
    [(750, 1_000, True), (749, 1_000, False), (1_000, 1_000, True), (9_000, 1_000, True)],
)
def test_what_was_made_for_far_less_room_is_passed_over(made: int, asked: int, found: bool) -> None:
    ledger = Ledger()
    ledger.put(b"3", record(made))
    assert (ledger.find(CHAIN, asked, ()) is not None) is found


def test_of_several_budgets_the_smallest_that_fits_is_taken() -> None:
    ledger = Ledger()
    records = {budget: record(budget) for budget in (500, 800, 2_000)}
    for one in records.values():
        ledger.put(b"3", one)
    assert ledger.find(CHAIN, 1_000, ()) is records[800]
    assert ledger.find(CHAIN, 2_000, ()) is records[2_000]


def test_an_earlier_record_serves_where_the_latest_is_passed_over() -> None:
    ledger = Ledger()
    early = record(1_000, Span(0, 1))
    ledger.put(b"1", early)
    ledger.put(b"3", record(1_000, Span(0, 3)))
    assert ledger.find(CHAIN, 1_000, [2]) is early
    assert ledger.find(CHAIN, 1_000, [0]) is None


def test_the_first_writer_wins() -> None:
    ledger = Ledger()
    first, second = record(1_000, Span(0, 1)), record(1_000, Span(0, 2))
    assert ledger.put(b"3", first) is first
    assert ledger.put(b"3", second) is first
    assert ledger.find(CHAIN, 1_000, ()) is first


def test_an_unused_record_is_forgotten_and_a_used_one_stays() -> None:
    clock = Clock()
    ledger = Ledger(ttl=10, clock=clock)
    ledger.put(b"3", record())
    for clock.now in (9.0, 18.0, 27.0):
        assert ledger.find(CHAIN, 1_000, ()) is not None
    clock.now = 37.5
    assert ledger.find(CHAIN, 1_000, ()) is None
    clock.now = 0.0
    assert ledger.find(CHAIN, 1_000, ()) is None


def test_the_oldest_go_when_there_are_too_many_bytes() -> None:
    size = EMPTY.folded([Span(0, 1, "n" * 100)], {}).bytes
    ledger = Ledger(max_bytes=3 * size)
    for i in range(4):
        ledger.put(bytes([i]), record(1_000, Span(0, 1, "n" * 100)))
        ledger.find([b"\0"], 1_000, ())
    held = [i for i in range(4) if ledger.find([bytes([i])], 1_000, ())]
    assert held == [0, 2, 3]


def test_a_record_too_large_for_the_ledger_leaves_nothing_else() -> None:
    ledger = Ledger(max_bytes=10)
    ledger.put(b"1", record())
    ledger.put(b"2", record())
    assert ledger.find([b"1"], 1_000, ()) is None
    assert ledger.find([b"2"], 1_000, ()) is not None

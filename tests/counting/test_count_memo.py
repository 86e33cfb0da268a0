"""The memo forgets what was used longest ago, and keeps to its bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from brim.road.tokens.memo import FEW, SHORT, Memo


def test_least_recently_used_goes_first() -> None:
    memo = Memo(entries=2)
    space = memo.space("e", 1.0)
    memo.set_many(space, ["a", "b"], [1, 2], 0.0)
    assert memo.get_many(space, ["a"]) == [(1, 0.0)]
    memo.set_many(space, ["c"], [3], 0.0)
    assert memo.get_many(space, ["a", "b", "c"]) == [(1, 0.0), None, (3, 0.0)]
    assert (memo.hits, memo.misses) == (3, 1)


def test_spaces_are_apart() -> None:
    memo = Memo()
    one, other = memo.space("e", 1.0), memo.space("e", 1.18)
    assert one == memo.space("e", 1.0) != other
    memo.set_many(one, ["a"], [1], 0.0)
    assert memo.get_many(other, ["a"]) == [None]


def test_margins_are_kept() -> None:
    memo = Memo()
    memo.set_many(0, ["a"], [1], 0.4)
    assert memo.get_many(0, ["a"]) == [(1, 0.4)]


def test_long_texts_are_known_without_being_kept() -> None:
    memo = Memo(size=1_000)
    texts = ["x" * (SHORT + 1), "x" * 1_000_000, "\ud800" * (SHORT + 1)]
    memo.set_many(0, texts, [1, 2, 3], 0.0)
    assert memo.get_many(0, texts) == [(1, 0.0), (2, 0.0), (3, 0.0)]


def test_bytes_are_bounded() -> None:
    memo = Memo(entries=1_000, size=20_000)
    for i in range(500):
        memo.set_many(0, [f"{i}-" + "y" * 1_000], [i], 0.0)
    assert len(memo) <= 20
    assert memo.get_many(0, ["499-" + "y" * 1_000]) == [(499, 0.0)]


def test_nothing_is_kept_without_room() -> None:
    memo = Memo(entries=0)
    memo.set_many(0, ["a"], [1], 0.0)
    assert memo.get_many(0, ["a"]) == [None]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefgh")), max_size=60))
def test_behaves_as_a_list_in_order_of_use(steps: list[tuple[bool, str]]) -> None:
    memo = Memo(entries=3)
    used: list[str] = []
    for write, text in steps:
        known = text in used
        if known or write:
            used = [*(other for other in used if other != text), text][-3:]
        if write:
            memo.set_many(0, [text], [ord(text)], 0.0)
        else:
            assert memo.get_many(0, [text]) == [(ord(text), 0.0) if known else None]
    assert len(memo) == len(used)


def test_threads_share_it() -> None:
    memo = Memo(entries=50)

    def work(seed: int) -> None:
        for i in range(300):
            text = str((i * 7 + seed) % 80)
            (found,) = memo.get_many(0, [text])
            assert found in (None, (int(text), 0.0))
            memo.set_many(0, [text], [int(text)], 0.0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(memo) == 50
    assert memo.hits + memo.misses == 1_200


def test_brief_texts_do_not_push_out_others() -> None:
    memo = Memo(entries=10)
    letters = ["a letter " * 40, "another letter " * 100]
    memo.set_many(0, letters, [3, 4], 0.0)
    for start in range(0, 1_000, FEW):
        memo.set_many(0, [f"line {start + i}" for i in range(FEW)], [2] * FEW, 0.0)
    assert memo.get_many(0, letters) == [(3, 0.0), (4, 0.0)]
    assert len(memo) == 10


def test_brief_texts_by_the_thousand_push_out_nothing() -> None:
    memo = Memo(entries=5_000)
    letter = "a letter " * 40
    memo.set_many(0, ["user", letter], [1, 90], 0.0)
    lines = [f"line {i}" for i in range(FEW)]
    memo.set_many(0, [*lines, letter + "!"], [2] * FEW + [91], 0.0)
    assert memo.get_many(0, ["user", letter, letter + "!"]) == [(1, 0.0), (90, 0.0), (91, 0.0)]
    assert memo.get_many(0, lines) == [None] * FEW
    memo.set_many(0, lines, [2] * FEW, 0.0)
    assert memo.get_many(0, lines) == [(2, 0.0)] * FEW


def test_others_leave_brief_texts_their_half() -> None:
    memo = Memo(entries=10)
    lines = [f"line {i}" for i in range(5)]
    memo.set_many(0, lines, [2] * 5, 0.0)
    memo.set_many(0, [f"letter {i} " * 40 for i in range(50)], [40] * 50, 0.0)
    assert memo.get_many(0, lines) == [(2, 0.0)] * 5
    assert len(memo) == 10


def test_what_is_held_is_counted_rightly() -> None:
    memo = Memo(entries=8)
    for i in range(60):
        memo.set_many(0, [f"é{i}", f"letter {i} " * (40 + i % 90)], [1, 40], 0.0)
    kept = Memo(entries=8)
    kept.set_many(0, [f"é{i}" for i in range(56, 60)], [1] * 4, 0.0)
    kept.set_many(0, [f"letter {i} " * (40 + i % 90) for i in range(56, 60)], [40] * 4, 0.0)
    assert memo.held == kept.held > 0

"""The one SQLite store: what it keeps, for how long, and how much of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from brim.api import Store, StoreError, open_store


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    made = Store(tmp_path / "own" / "brim.sqlite", clock=clock)
    yield made
    made.close()


def test_gives_back_what_was_set_and_leaves_out_what_is_missing(store: Store) -> None:
    store.set_many("a", {"one": b"1", b"\x00\xff": b"", "zw\u00f6lf": b"12"})
    found = store.get_many("a", ["one", b"\x00\xff", "zw\u00f6lf", "none"])
    assert found == {"one": b"1", b"\x00\xff": b"", "zw\u00f6lf": b"12"}


def test_tables_do_not_see_each_other(store: Store) -> None:
    store.set_many("a", {"key": b"a"})
    store.table("b").set_many({"key": b"b"})
    assert store.get_many("a", ["key"]) == {"key": b"a"}
    assert store.table("b").get_many(["key"]) == {"key": b"b"}
    assert store.table("c").get_many(["key"]) == {}


def test_text_keys_are_their_bytes_even_lone_surrogates(store: Store) -> None:
    store.set_many("a", {"\ud800": b"lone", "plain": b"text"})
    assert store.get_many("a", ["\ud800"]) == {"\ud800": b"lone"}
    assert store.get_many("a", [b"plain"]) == {b"plain": b"text"}


def test_more_keys_than_one_statement_takes(store: Store) -> None:
    entries = {f"{i:05}": str(i).encode() for i in range(2_500)}
    store.set_many("a", entries)
    assert store.get_many("a", list(entries)) == entries
    assert [key for key, _ in store.items("a")] == [key.encode() for key in entries]


def test_the_first_writer_wins_where_asked(store: Store) -> None:
    store.set_many("a", {"key": b"first"})
    assert store.add_many("a", {"key": b"second", "other": b"new"}) == 1
    assert store.get_many("a", ["key", "other"]) == {"key": b"first", "other": b"new"}
    store.set_many("a", {"key": b"third"})
    assert store.get_many("a", ["key"]) == {"key": b"third"}


def test_entries_expire_and_may_be_added_again(store: Store, clock: Clock) -> None:
    store.set_many("a", {"short": b"1"}, ttl=10)
    store.set_many("a", {"long": b"2"})
    clock.now += 10
    assert store.get_many("a", ["short", "long"]) == {"long": b"2"}
    assert store.items("a") == [(b"long", b"2")]
    assert store.add_many("a", {"short": b"3"}, ttl=10) == 1
    assert store.get_many("a", ["short"]) == {"short": b"3"}


def test_a_touch_lets_an_entry_live_longer(store: Store, clock: Clock) -> None:
    store.set_many("a", {"used": b"1", "unused": b"2"}, ttl=10)
    clock.now += 8
    assert store.get_many("a", ["used"], touch=10) == {"used": b"1"}
    assert store.clean() == 0
    clock.now += 8
    assert store.clean() == 1
    assert store.get_many("a", ["used", "unused"]) == {"used": b"1"}


def test_what_has_expired_is_removed_on_a_write_now_and_then(store: Store, clock: Clock) -> None:
    store.set_many("a", {"old": b"x" * 100}, ttl=10)
    clock.now += 60
    store.set_many("a", {"new": b"y"})
    assert store.stats().entries == 2
    clock.now += 1_800
    store.set_many("a", {"newer": b"z"})
    assert store.stats().tables == {"a": (2, 2)}


def test_deleting_removes_and_missing_keys_do_not_matter(store: Store) -> None:
    store.set_many("a", {"one": b"1", "two": b"2"})
    store.delete_many("a", ["one", "none"])
    assert store.get_many("a", ["one", "two"]) == {"two": b"2"}


def test_a_bounded_store_keeps_what_was_used_last(tmp_path: Path, clock: Clock) -> None:
    with_bound = Store(tmp_path / "b.sqlite", max_bytes=400_000, clock=clock)
    for number in range(100):
        clock.now += 1
        with_bound.set_many("a", {str(number): bytes([number]) * 10_000})
        with_bound.get_many("a", ["3"])
        assert with_bound.stats().size <= 400_000
    kept = {int(key) for key, _ in with_bound.items("a")}
    assert 3 in kept
    assert 99 in kept
    assert kept - {3} == set(range(min(kept - {3}), 100))
    assert 25 <= len(kept) <= 40
    with_bound.set_many("a", {"huge": b"x" * 500_000})
    assert with_bound.get_many("a", ["huge"]) == {}
    assert {int(key) for key, _ in with_bound.items("a")} == kept
    with_bound.close()
    files = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert files < 600_000


def test_a_failed_batch_writes_nothing(store: Store) -> None:
    store.set_many("a", {"key": b"old"})
    with pytest.raises(TypeError):
        store.set_many("a", {"key": b"new", "bad": "text"})  # type: ignore[dict-item]
    assert store.get_many("a", ["key", "bad"]) == {"key": b"old"}


def test_purging_wipes_the_bytes_from_the_files(tmp_path: Path) -> None:
    store = open_store(tmp_path / "own" / "s.sqlite")
    store.set_many("a", {"key": b"PLANTED-SECRET" * 50})
    store.set_many("b", {"key": b"stays"})
    assert store.purge("a") == 1
    assert store.get_many("b", ["key"]) == {"key": b"stays"}
    for path in (tmp_path / "own").iterdir():
        assert b"PLANTED-SECRET" not in path.read_bytes()
    assert store.purge() == 1
    store.close()


def test_opened_again_everything_is_there(tmp_path: Path) -> None:
    for number in range(3):
        store = open_store(tmp_path / "s.sqlite")
        assert len(store.items("a")) == number
        store.set_many("a", {str(number): b"x"})
        store.close()
        store.close()
    with pytest.raises(StoreError, match="closed"):
        store.get_many("a", ["0"])


def test_threads_share_one_store(store: Store) -> None:
    failures: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for number in range(40):
                store.set_many("a", {f"{name}-{number}": b"x", "shared": str(name).encode()})
                assert store.get_many("a", [f"{name}-{number}"])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.stats().entries == 241


AT_EXIT = """
import atexit, sys
from pathlib import Path
from brim.api import open_store

kept = []
atexit.register(lambda: kept[0].close())
kept.append(open_store(Path(sys.argv[1])))
kept[0].set_many("a", {"one": b"1"})
kept[0].get_many("a", ["one"])
"""


def test_is_closed_in_silence_when_the_interpreter_ends(tmp_path: Path) -> None:
    path = tmp_path / "own" / "brim.sqlite"
    program = [sys.executable, "-c", AT_EXIT, str(path)]
    answer = subprocess.run(program, capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    with_it = open_store(path)
    assert with_it.get_many("a", ["one"]) == {"one": b"1"}
    with_it.close()

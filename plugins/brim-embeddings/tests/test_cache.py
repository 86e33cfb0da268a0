"""The embedding cache: bounded in memory, whole on disk, written a hundred at a time."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from brim.api import open_store
from brim_embeddings import EmbeddingCache
from brim_embeddings.cache import TABLE, key_of, packed, unpacked


def some(count: int, salt: str = "") -> dict[bytes, bytes]:
    return {key_of("e", f"{salt}{i}"): packed([1.0, float(i)]) for i in range(count)}


def on_disk(path: Path) -> int:
    store = open_store(path)
    try:
        return store.stats().entries
    finally:
        store.close()


def test_what_was_set_is_there(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "e.sqlite")
    cache.set_many(some(3))
    assert cache.get_many([*some(3), b"none"]) == some(3)
    cache.close()


def test_it_lasts_over_restarts(tmp_path: Path) -> None:
    for _ in range(2):
        cache = EmbeddingCache(tmp_path / "e.sqlite")
        cache.set_many(some(3))
        cache.close()
    cache = EmbeddingCache(tmp_path / "e.sqlite")
    assert cache.get_many(list(some(3))) == some(3)
    cache.close()
    assert cache.get_many(list(some(1))) == some(1)
    cache.close()


def test_new_ones_are_written_a_hundred_at_a_time_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    cache = EmbeddingCache(path)
    for key, vector in some(99).items():
        cache.set_many({key: vector})
    assert not path.exists()
    cache.set_many(some(1, "one more"))
    assert on_disk(path) == 100
    cache.set_many(some(7, "others"))
    assert on_disk(path) == 100
    cache.close()
    assert on_disk(path) == 107


def test_memory_holds_so_many_and_the_disk_the_rest(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "e.sqlite", entries=10)
    cache.set_many(some(150))
    assert len(cache) == 10
    assert cache.get_many(list(some(150))) == some(150)
    assert len(cache) == 10
    first, *_ = some(150)
    cache.get_many([first])
    cache.set_many(some(9, "new"))
    cache.path.unlink()
    assert first in cache.get_many([first])
    cache.close()


def test_with_no_memory_at_all_new_ones_are_found(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "e.sqlite", entries=0)
    cache.set_many(some(3))
    assert cache.get_many(list(some(3))) == some(3)
    cache.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "new" / "e.sqlite")
    cache.set_many(some(100))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    cache.close()


def test_a_file_that_cannot_be_used_costs_a_warning(tmp_path: Path) -> None:
    from loguru import logger

    lines: list[str] = []
    handler = logger.add(lambda line: lines.append(str(line)), level="WARNING")
    (tmp_path / "file").write_text("not a folder")
    cache = EmbeddingCache(tmp_path / "file" / "e.sqlite")
    cache.set_many(some(250))
    assert cache.get_many(list(some(250))) == some(250)
    cache.close()
    logger.remove(handler)
    assert sum("embeddings are kept in memory only" in line for line in lines) == 1


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    path.write_bytes(b"this is no database" * 100)
    path.chmod(0o600)
    cache = EmbeddingCache(path)
    cache.set_many(some(100))
    cache.close()
    assert on_disk(path) == 100


def test_keys_keep_embedders_and_texts_apart() -> None:
    assert len({key_of("a", "b"), key_of("", "ab"), key_of("ab", ""), key_of("a", "c")}) == 4
    assert key_of("a", "\ud800")


def test_vectors_come_back_with_length_one() -> None:
    assert list(unpacked(packed([3.0, 4.0]))) == pytest.approx([0.6, 0.8])
    assert list(unpacked(packed([0.0, 0.0]))) == [0.0, 0.0]
    assert TABLE == "embeddings"

"""`brim cache`: what people see of the tiers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tier_parts import patient

from brim.api import open_store
from brim.cli.main import cli
from brim.store.seal import Seal
from brim.store.sealing_key import given_key

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRIM_CACHE_KEY", KEY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tiers = 'caches = ["memory-cache", "disk-cache"]\n'
    path = f'[plugin.disk-cache]\npath = "{tmp_path / "own" / "cache.sqlite"}"\n'
    (tmp_path / "brim.toml").write_text(tiers + path)


def brim(*words: str, code: int = 0, stdin: str = "") -> Result:
    result = CliRunner().invoke(cli, ["cache", *words], input=stdin)
    assert result.exit_code == code, result.output + result.stderr
    return result


def told(*words: str, code: int = 0) -> Any:
    return json.loads(brim(*words, "--json", code=code).stdout)


def disk(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [row for row in rows if row["tier"] == "disk-cache"]
    return found


def chat(path: Path, messages: int = 40) -> str:
    said = [
        {"role": ("user", "assistant")[i % 2], "content": f"message {i} " + "words " * 60}
        for i in range(messages)
    ]
    path.write_text(json.dumps(said))
    return str(path)


def warm(tmp_path: Path) -> Any:
    return told("warm", "--model", "gpt-4o", "--budget", "2000", chat(tmp_path / "chat.json"))


def damage(tmp_path: Path, change: bytes) -> None:
    store = open_store(tmp_path / "own" / "cache.sqlite")
    ((key, value),) = store.items("cache")
    store.set_many("cache", {key: value[:4] + change + value[5:]})
    store.close()


def test_warm_fills_the_disk_and_the_next_run_replays(tmp_path: Path) -> None:
    first = warm(tmp_path)
    assert first == {"copied": 0, "condensed": 1, "replayed": 0, "unchanged": 0, "failed": 0}
    again = warm(tmp_path)
    assert again == {"copied": 1, "condensed": 0, "replayed": 1, "unchanged": 0, "failed": 0}


def test_warm_tells_what_cannot_be_fitted(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    good, bad = chat(tmp_path / "small.json", 2), str(tmp_path / "bad.json")
    answer = told("warm", "--model", "gpt-4o", good, bad, code=1)
    assert (answer["unchanged"], answer["failed"]) == (1, 1)
    said = brim("warm", bad, code=1)
    assert "1 failed" in said.stdout
    assert "bad.json, line 1: " in said.stderr


def test_stats_and_verify(tmp_path: Path) -> None:
    warm(tmp_path)
    row = disk(told("stats"))
    assert (row["entries"], row["spaces"], row["reach"]) == (1, {"records": 1}, "user")
    assert row["bytes"] > 100
    assert (row["version"], row["refused"], row["error"]) == (0, 0, "")
    assert disk(told("verify")) == row
    assert "records" in brim("stats").stdout


def test_what_does_not_verify_is_told_and_removed_where_asked(tmp_path: Path) -> None:
    warm(tmp_path)
    damage(tmp_path, b"\x02")
    assert disk(told("verify"))["version"] == 1
    damage(tmp_path, b"\x01")
    assert disk(told("verify"))["version"] == 0
    store = open_store(tmp_path / "own" / "cache.sqlite")
    store.set_many("cache", {"records:planted": b"anything"})
    store.close()
    assert disk(told("verify", code=1))["refused"] == 1
    assert disk(told("verify", "--remove", code=1))["entries"] == 2
    assert disk(told("verify"))["entries"] == 1


def test_another_key_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warm(tmp_path)
    monkeypatch.setenv("BRIM_CACHE_KEY", "another key of 32")
    assert disk(told("verify", code=1))["refused"] == 1
    assert Seal(given_key({"BRIM_CACHE_KEY": KEY}) or b"").key != b""


def test_clear_asks_first(tmp_path: Path) -> None:
    warm(tmp_path)
    brim("clear", code=1, stdin="n\n")
    assert disk(told("stats"))["entries"] == 1
    assert told("clear", "--tier", "memory-cache", "--yes")[0]["removed"] == 0
    assert disk(told("clear", "--yes"))["removed"] == 1
    assert disk(told("stats"))["entries"] == 0


def test_a_tier_that_is_not_there_is_named() -> None:
    answer = brim("stats", "--tier", "disk", code=2)
    assert "there are memory-cache, disk-cache" in answer.stderr


def test_without_tiers_it_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "brim.toml").write_text("")
    for words in (["stats"], ["verify"], ["clear", "--yes"], ["warm"]):
        assert 'set caches = ["disk-cache"]' in brim(*words, code=2).stderr


def test_a_tier_that_cannot_list_says_so(tmp_path: Path) -> None:
    (tmp_path / "shelf.py").write_text(
        "from brim.testing.fakes import FakeCache\n"
        "shelf = FakeCache('shelf')\n"
        "provide_cache = shelf.provide_cache\n"
    )
    (tmp_path / "brim.toml").write_text('caches = ["shelf"]\n[plugins]\nfiles = ["shelf.py"]\n')
    (row,) = told("stats")
    assert row["entries"] is None
    (row,) = told("clear", "--yes")
    assert row["removed"] is None

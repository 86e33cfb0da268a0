"""`import brim` is cheap: what is heavy is loaded by whoever first needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "aiohttp",
    "asyncio",
    "cattrs",
    "click",
    "importlib.metadata",
    "limits",
    "loguru",
    "numpy",
    "rich",
    "sqlite3",
    "tiktoken",
    "tomllib",
)


def _loaded_by(statement: str) -> set[str]:
    program = (
        f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


def test_import_brim_loads_nothing_heavy() -> None:
    assert _loaded_by("import brim") & set(HEAVY) == set()


def test_the_test_would_notice() -> None:
    assert "asyncio" in _loaded_by("import brim, asyncio")


@pytest.mark.parametrize("name", ["fit", "Brim"])
def test_public_names_are_there_before_they_are_loaded(name: str) -> None:
    loaded = _loaded_by(f"import brim; assert {name!r} in dir(brim)")
    assert loaded & set(HEAVY) == set()

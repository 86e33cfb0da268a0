"""A provider on loopback with a window of its own, and nothing kept for the user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from provider import Provider, serving

from brim import Brim

WINDOW = 1_000


@pytest.fixture(autouse=True)
def _kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path))


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(WINDOW) as made:
        yield made


@pytest.fixture
def app() -> Iterator[Brim]:
    model = {"like": "gpt-4o", "window": WINDOW, "max_output": 100}
    with Brim({"models": {"small": model}, "archive": {"where": "memory"}}) as made:
        yield made

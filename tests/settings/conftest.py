"""A place of its own for every test: an empty repository and no environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from brim.settings.load import load
from brim.settings.schema import Settings

Loader = Callable[..., Settings]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the test, the root of a repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def read(place: Path) -> Loader:
    """`load` that sees just this environment, these overrides and this brim.toml."""

    def reader(
        toml: str = "",
        environ: Mapping[str, str] | None = None,
        **overrides: object,
    ) -> Settings:
        if toml:
            (place / "brim.toml").write_text(toml, encoding="utf-8")
        return load(environ=environ or {}, overrides=overrides)

    return reader

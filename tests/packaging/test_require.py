"""A test that misses a server is skipped, unless the machine was said to have it."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

Require = Callable[[str], None]


@pytest.fixture(autouse=True)
def _no_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_absent_is_skipped(require: Require, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_REQUIRE", "chromium")
    with pytest.raises(pytest.skip.Exception, match="needs redis, which is not here"):
        require("redis")


def test_absent_but_required_fails(require: Require, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_REQUIRE", "chromium,redis")
    with pytest.raises(pytest.fail.Exception, match="BRIM_REQUIRE says that it must be"):
        require("redis")


def test_present_goes_on(require: Require, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    require("redis")


def test_unknown_name_is_an_error(require: Require) -> None:
    with pytest.raises(KeyError):
        require("reddis")

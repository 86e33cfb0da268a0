"""How a test asks for what a machine may not have."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest


def needs(name: str, present: bool, what: str) -> None:
    """Skip the test when this is not present; fail it when BRIM_REQUIRE lists its name."""
    if present:
        return
    if name in os.environ.get("BRIM_REQUIRE", "").split(","):
        pytest.fail(f"there is no {what}, and BRIM_REQUIRE says that there must be")
    pytest.skip(f"this test needs {what}, which is not here", allow_module_level=True)


def which(*names: str) -> str | None:
    """The path of the first of these commands that is there."""
    return next((path for name in names if (path := shutil.which(name))), None)


def package(name: str) -> Any:
    """The module of a client, which the test needs."""
    needs(name, find_spec(name) is not None, f"package {name}")
    return import_module(name)


def command(name: str) -> str:
    """The path of a command, which the test needs."""
    path = shutil.which(name)
    needs(name, path is not None, f"{name} on PATH")
    return str(path)

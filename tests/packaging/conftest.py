"""What the tests of the wheel share."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from fresh_parts import Fresh, made


@pytest.fixture
def fresh(require: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """One environment for all tests of a process. They belong into one group of xdist: making it
    takes its time, so that it is made only where BRIM_REQUIRE asks for the wheel."""
    if "wheel" not in os.environ.get("BRIM_REQUIRE", "").split(","):
        pytest.skip("this test makes an environment of its own: `tox -e newcomer` runs it")
    require("wheel")
    folder = tmp_path_factory.getbasetemp() / "fresh"
    folder.mkdir(exist_ok=True)
    return made(folder)

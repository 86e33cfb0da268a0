"""A real small language model, served on loopback for the whole session."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CONTEXT = 2_048
SERVER = Path(__file__).resolve().parents[2] / "plugins/brim-proxy/tests/small_model.py"


@pytest.fixture(scope="session")
def llm(require: Callable[[str], None]) -> Iterator[str]:
    """The address of a server with SmolLM2-135M-Instruct and a context of 2,048 tokens.

    `tox -e e2e` installs it. It reads about 55 tokens a second on two cores: prompts are short.
    """
    require("smollm2")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(SERVER), str(CONTEXT)],
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
    ) as served:
        try:
            assert served.stdout is not None
            url = served.stdout.readline().decode().strip()
            assert url, "the model's server did not start"
            yield url
        finally:
            served.kill()

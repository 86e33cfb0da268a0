"""A real proxy on a loopback port, in front of a real stub upstream."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from replies import provider
from running import Running, serving
from stub import Script, Stub

from brim import Brim

Serve = Callable[..., Running]

_kept = pytest.StashKey[TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """What a proxy keeps for its user goes to a folder of this run."""
    config.stash[_kept] = TemporaryDirectory(prefix="brim-tests-")
    os.environ["BRIM_DATA_DIR"] = config.stash[_kept].name


def pytest_unconfigure(config: pytest.Config) -> None:
    os.environ.pop("BRIM_DATA_DIR", None)
    config.stash[_kept].cleanup()


@pytest.fixture(scope="session")
def brim() -> Iterator[Brim]:
    tiny = {"window": 2_000, "max_output": 400, "like": "gpt-4o"}
    chosen = {"models": {"tiny": tiny}, "archive": {"where": "memory"}}
    with Brim({**chosen, "strategies": ["smart-truncation"]}) as made:
        made.count([{"role": "user", "content": "warm"}], model="gpt-4o")
        yield made


@pytest.fixture
def serve(brim: Brim) -> Iterator[Serve]:
    """`serve(script, **settings)`: a proxy before a stub that plays this script."""
    with ExitStack() as stack:

        def start(script: Script = provider, kernel: Brim | None = None, **settings: object):
            stub = stack.enter_context(Stub(script))
            return stack.enter_context(serving(stub, kernel or brim, **settings))

        yield start

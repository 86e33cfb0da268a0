"""The fuzzers' corpus, input by input, without a fuzzer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2] / "fuzz"
INPUTS = sorted(path for path in (HOME / "corpus").glob("*/*") if path.is_file())

sys.path.insert(0, str(HOME))
targets = pytest.importorskip("targets", reason="the source tree's fuzz folder is not here")


@pytest.fixture(autouse=True, scope="module")
def _log():
    """The targets silence Brim's log."""
    from loguru import logger

    yield
    logger.enable("brim")


def test_there_is_a_corpus():
    assert len(INPUTS) > 50
    assert sum(path.stat().st_size for path in INPUTS) < 300_000


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_input(path):
    getattr(targets, path.parent.name)(path.read_bytes())

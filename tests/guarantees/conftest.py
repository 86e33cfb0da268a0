"""What the tests of the guarantees share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from loguru import logger

from brim.testing.trials import Lab

FITS = int(os.environ.get("BRIM_PROP_FITS", "0"))
"""Fits that the environment asks for, 0 in an ordinary run."""


@pytest.fixture(scope="session")
def examples() -> int:
    """How many trials of each of the seven kinds to run; one takes about four fits."""
    return max(300, FITS // 24)


@pytest.fixture(scope="session")
def thorough() -> bool:
    """Whether to take all of the real conversations instead of a sample, which is enough where
    every change is tried."""
    return FITS > 0 and not os.environ.get("CI")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A place to run trials in."""
    made = Lab()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Hostile plugins make Brim warn all the time."""
    logger.disable("brim")
    yield
    logger.enable("brim")

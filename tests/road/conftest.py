"""What the tests of the road share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from glance_parts import Pair
from loguru import logger
from road_parts import SETTINGS

from brim import Brim
from brim.road.engine import Engine

Maker = Callable[..., Brim]


@pytest.fixture
def make() -> Iterator[Maker]:
    """Makes a `Brim` of the test models; `make(plugin, strategies=["mine"])`."""
    with ExitStack() as stack:

        def made(*plugins: object, **settings: object) -> Brim:
            return stack.enter_context(Brim({**SETTINGS, **settings}, plugins=plugins))

        yield made


@pytest.fixture(scope="session")
def _plain() -> Iterator[Brim]:
    with Brim(SETTINGS) as brim:
        yield brim


@pytest.fixture
def brim(_plain: Brim) -> Brim:
    """A plain one, which remembers nothing."""
    _plain.engine = Engine(_plain.host, _plain.settings)
    return _plain


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.quick.close()
    made.whole.close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Strategies that fail on purpose make Brim warn."""
    logger.disable("brim")
    yield
    logger.enable("brim")

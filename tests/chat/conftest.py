"""What the tests of the chat loop share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from loguru import logger

from brim import Brim
from brim.chat import Transcripts

sys.path.append(str(Path(__file__).parents[1] / "defaults"))  # the provider on loopback

Maker = Callable[..., Brim]


@pytest.fixture
def make() -> Iterator[Maker]:
    """Makes a `Brim`; `make(plugin, chat={...})`."""
    with ExitStack() as stack:

        def made(*plugins: object, **settings: object) -> Brim:
            usual: dict[str, object] = {"archive": {"where": "memory"}}
            return stack.enter_context(Brim({**usual, **settings}, plugins=plugins))

        yield made


@pytest.fixture
def transcripts(tmp_path: Path) -> Iterator[Transcripts]:
    with Transcripts(tmp_path / "own" / "said.sqlite") as found:
        yield found


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Plugins that fail on purpose make Brim warn."""
    logger.disable("brim")
    yield
    logger.enable("brim")

"""An embedding server for those who ask for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from server import Embedder, serving


@pytest.fixture
def embedder() -> Iterator[Embedder]:
    with serving() as script:
        yield script


@pytest.fixture(scope="session")
def shared_embedder() -> Iterator[Embedder]:
    with serving() as script:
        yield script

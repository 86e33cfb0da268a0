"""What the tests of limits share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from brim import Brim


@pytest.fixture
def make() -> Iterator[Callable[..., Brim]]:
    """Makes a `Brim`; `make(plugin, limits={...})`."""
    with ExitStack() as stack:

        def made(*plugins: object, **settings: object) -> Brim:
            usual: dict[str, object] = {"archive": {"where": "memory"}}
            return stack.enter_context(Brim({**usual, **settings}, plugins=plugins))

        yield made

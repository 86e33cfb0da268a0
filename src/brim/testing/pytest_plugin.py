"""Fixtures for plugin authors, there as soon as Brim is installed beside pytest.

Nothing of Brim is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from brim.road.brim import Brim

__all__ = ["MakeBrim", "brim"]


class MakeBrim(Protocol):
    """Makes a `Brim` with these plugins, the built-in ones and these settings, and no others."""

    def __call__(self, *plugins: object, **settings: object) -> Brim: ...


@pytest.fixture
def brim() -> Iterator[MakeBrim]:
    """`brim(Mine, strategies=["mine"])` in a test: no other installed plugin, no settings file
    and no environment takes part. What it made is closed at the end."""
    from contextlib import ExitStack

    from brim.road.brim import Brim
    from brim.testing.workbench import alone

    with ExitStack() as made:

        def make(*plugins: object, **settings: object) -> Brim:
            return made.enter_context(Brim(alone(**settings), plugins))

        yield make

"""Examples of what hooks are given, as Hypothesis strategies that shrink quickly.

Hypothesis is not a dependency of Brim: install it beside Brim to import this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

try:
    from hypothesis.strategies import SearchStrategy, binary
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the contracts of brim.testing need Hypothesis; install it with: pip install hypothesis",
        name="hypothesis",
    ) from error

from brim.testing.case import Case
from brim.testing.conversations import generate
from brim.testing.draw import Draw, Tape
from brim.testing.texts import text
from brim.testing.workbench import Job
from brim.testing.writers import Options

__all__ = ["cases", "drawn", "jobs", "texts"]

T = TypeVar("T")
SHARES = (50, 25, 75, 10, 90)
SAID = ("the user asked for a report", "", "- kept: port 8443\n- never: ship before Friday")
SMALL = Options(messages=16, long_texts=False)


def drawn(make: Callable[[Draw], T], size: int = 500) -> SearchStrategy[T]:
    """What `make` builds from choices that Hypothesis finds, `size` bytes of them."""
    return binary(min_size=size, max_size=size).map(lambda data: make(Tape(data)))


def cases(dialect: str | None = None, options: Options = SMALL) -> SearchStrategy[Case]:
    """Valid conversations, of one dialect or of any."""
    return drawn(lambda draw: generate(draw, dialect, options))


def jobs() -> SearchStrategy[Job]:
    """Conversations that must become smaller."""
    return drawn(_job)


def texts() -> SearchStrategy[tuple[str, ...]]:
    """Batches of texts of all kinds, the empty one among them."""
    return drawn(_texts, 200)


def _job(draw: Draw) -> Job:
    share, said = draw.choice(SHARES), draw.choice(SAID)
    return Job(generate(draw, options=SMALL), share, said)


def _texts(draw: Draw) -> tuple[str, ...]:
    return tuple("" if draw.boolean(0.1) else text(draw) for _ in range(draw.choice((1, 2, 5, 20))))

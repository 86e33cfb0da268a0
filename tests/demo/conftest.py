"""One real replay of the recording, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from brim.demo.recording import Recording, load
from brim.demo.replay import Frame, replay
from brim.demo.table import Summary, summarize
from brim.demo.wiring import parts_for
from brim.road.brim import Brim

MODEL, WINDOW = "gpt-4o", 16_000


@pytest.fixture(scope="package")
def recording() -> Recording:
    return load()


@pytest.fixture(scope="package")
def brim() -> Iterator[Brim]:
    with Brim() as brim:
        yield brim


@pytest.fixture(scope="package")
def frames(brim: Brim) -> Sequence[Frame]:
    recording, step, gauge = parts_for(brim, MODEL, WINDOW)
    return list(replay(recording, step, gauge, WINDOW))


@pytest.fixture(scope="package")
def summary(frames: Sequence[Frame]) -> Summary:
    return summarize(frames, MODEL)

"""Apps, an observer and a loguru sink for the tests of operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from attrs import define, field

from brim.api import hookimpl
from brim.model.operations import Operation
from brim.road.brim import Brim


@define
class Watcher:
    """An observer that remembers."""

    name = "watcher"
    seen: list[Operation] = field(factory=list)

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        self.seen.append(operation)

    def named(self, name: str) -> list[Operation]:
        return [operation for operation in self.seen if operation.name == name]


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def app() -> Iterator[Callable[..., Brim]]:
    """Makes a `Brim` with settings and plugins, and closes it."""
    made: list[Brim] = []

    def make(settings: dict[str, object] | None = None, *plugins: object) -> Brim:
        plain = {"strategies": ["smart-truncation"], "condensation": {"quality": 0}}
        made.append(Brim({"model": "gpt-4o", **plain, **(settings or {})}, plugins))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def told() -> Iterator[list[tuple[str, str]]]:
    """What loguru was told, as (level, message), of all levels."""
    from loguru import logger

    logger.enable("brim")
    lines: list[tuple[str, str]] = []
    sink = logger.add(
        lambda message: lines.append((message.record["level"].name, message.record["message"])),
        level=0,
    )
    yield lines
    logger.remove(sink)

"""Hosts, with test distributions installed or not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kernel_parts import DISTRIBUTIONS, settings

from brim.kernel.host import Host

MakeHost = Callable[..., Host]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Make test distributions installed, until the test ends."""
    before = set(sys.modules)

    def add(*names: str) -> None:
        for name in names:
            monkeypatch.syspath_prepend(DISTRIBUTIONS / name)

    yield add
    for name in set(sys.modules) - before:
        if name.startswith(("acme_", "brim_plugin_")):
            del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def make_host() -> Iterator[MakeHost]:
    """`make_host(*plugins, files=(), **settings)`; closed when the test ends."""
    made: list[Host] = []

    def make(
        *plugins: object, files: tuple[Path, ...] = (), insist: bool = True, **overrides: object
    ) -> Host:
        host = Host(settings(**overrides), plugins, files, insist=insist)
        made.append(host)
        return host

    yield make
    for host in made:
        host.close()


@pytest.fixture
def warnings_logged() -> Iterator[list[str]]:
    """What is logged during the test."""
    from loguru import logger

    lines: list[str] = []
    handler = logger.add(lambda line: lines.append(str(line)), format="{message}")
    yield lines
    logger.remove(handler)

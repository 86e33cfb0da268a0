"""What is in the wheel, as seen by someone who installed it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import distribution, entry_points
from pathlib import PurePath

import brim

Require = Callable[[str], None]


def _installed() -> set[str]:
    return {path.as_posix() for path in distribution("brim").files or ()}


def test_wheel_carries_its_data(require: Require) -> None:
    require("wheel")
    names = {PurePath(name).name for name in _installed() if name.startswith("brim/")}
    assert {"py.typed", "models.toml"} <= names
    assert any("demo" in name and name.endswith(".gz") for name in _installed())


def test_wheel_carries_no_tests_and_no_other_package(require: Require) -> None:
    require("wheel")
    top = {name.split("/")[0] for name in _installed() if not name.startswith("..")}
    assert {name for name in top if not name.endswith(".dist-info")} == {"brim"}
    modules = [PurePath(name) for name in _installed() if name.endswith(".py")]
    assert not [path for path in modules if path.name.startswith("test_")]


def test_wheel_says_its_licence(require: Require) -> None:
    require("wheel")
    metadata = distribution("brim").metadata
    assert metadata["License-Expression"] == "MIT"
    assert any(name.endswith("licenses/LICENSE") for name in _installed())


def test_version_is_said_once() -> None:
    assert distribution("brim").version == brim.__version__


def test_every_entry_point_loads() -> None:
    ours = [
        point for point in entry_points(group="brim") if point.dist and point.dist.name == "brim"
    ]
    assert ours
    assert all(point.load() is not None for point in ours)

"""What a check was pointed at: a file, the folder of a project, or something installed."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from brim.errors import PluginError, UnknownPlugin
from brim.hookspecs import PROJECT
from brim.kernel.discover import Candidate, installed
from brim.settings.structure import did_you_mean

__all__ = ["Offer", "Target", "find"]

DESCRIBED = "pyproject.toml"

Points = Mapping[str, Mapping[str, str]]


@frozen
class Offer:
    """One plugin: `value` is "module:attribute", or empty where `file` is the whole plugin."""

    name: str
    value: str = ""
    file: str = ""


@frozen
class Target:
    """What is checked. `where` says what was found, `offers` are its plugins.

    `groups` are all its entry points by group, `requires` its dependencies; `roots` are folders
    to import from. A plain file has no metadata: `described` is false.
    """

    where: str
    offers: tuple[Offer, ...]
    roots: tuple[str, ...] = ()
    distribution: str = ""
    groups: Points = field(factory=dict)
    requires: tuple[str, ...] = ()
    described: bool = True


def find(text: str) -> Target:
    """The file, project or installed plugin or distribution that `text` names.

    A project or file of that name goes before what is installed. Raises `UnknownPlugin` where
    there is nothing, and `PluginError` for a path that cannot be a plugin.
    """
    path = Path(text)
    if path.is_file():
        return _file(path)
    if path.is_dir() and ((path / DESCRIBED).is_file() or not _meant(text, installed())):
        return _project(path)
    if os.sep in text or text.endswith(".py"):
        raise UnknownPlugin(f"there is no {text}; give a .py file, a project's folder, or a name")
    return _installed(text)


def _file(path: Path) -> Target:
    if path.suffix != ".py":
        raise PluginError(f"{path} is no Python file; give a .py file, or the project's folder")
    name = path.stem.replace("_", "-")
    return Target(f"file {path}", (Offer(name, file=str(path.absolute())),), described=False)


def _project(path: Path) -> Target:
    described = path / DESCRIBED
    if not described.is_file():
        raise PluginError(
            f"{path} has no {DESCRIBED}; give a project's folder, or the plugin's .py file"
        )
    try:
        project: dict[str, Any] = tomllib.loads(described.read_text("utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PluginError(f"{described} cannot be read: {error}") from error
    points = project.get("entry-points", {}).get(PROJECT, {})
    return Target(
        f"project {path}",
        tuple(Offer(name, value) for name, value in points.items()),
        roots=tuple(str(root.absolute()) for root in (path / "src", path) if root.is_dir()),
        distribution=project.get("name", ""),
        groups=project.get("entry-points", {}),
        requires=tuple(project.get("dependencies", ())),
    )


def _installed(name: str) -> Target:
    """The plugin of this name, else all of the distribution of this name."""
    known = installed()
    found = _meant(name, known)
    if not found:
        options = {part for one in known for part in (one.name, one.distribution) if part}
        raise UnknownPlugin(
            f"{name!r} is no installed plugin, file or folder; {did_you_mean(name, options)}"
        )
    first = found[0]
    return Target(
        f"installed {first.distribution} {first.version}",
        tuple(Offer(one.name, one.value) for one in found),
        distribution=first.distribution,
        groups={PROJECT: {one.name: one.value for one in found}},
        requires=tuple(_required(first.distribution)),
    )


def _meant(name: str, known: Sequence[Candidate]) -> list[Candidate]:
    from packaging.utils import canonicalize_name

    distribution = canonicalize_name(name)
    return [one for one in known if one.name == name] or [
        one for one in known if one.distribution == distribution
    ]


def _required(distribution: str) -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, requires

    try:
        yield from requires(distribution) or ()
    except PackageNotFoundError:
        return

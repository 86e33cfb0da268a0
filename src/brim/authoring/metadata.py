"""What the metadata of a plugin's distribution say, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from brim.authoring.target import Target
from brim.hookspecs import PROJECT
from brim.kernel.discover import installed

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["Remark", "remarks"]


@frozen
class Remark:
    """`wrong` ones keep users from the plugin; the others are advice."""

    text: str
    wrong: bool = False


def remarks(target: Target) -> tuple[Remark, ...]:
    """All that is to be said of the metadata; nothing for a plain file."""
    if not target.described:
        return ()
    return (*_points(target), *_conflicts(target), *_requirement(target), *_typed(target))


def _points(target: Target) -> Iterator[Remark]:
    for group, points in target.groups.items():
        if group != PROJECT and get_close_matches(_first_word(group), [PROJECT], n=1):
            yield Remark(
                f"the entry points {', '.join(points)} stand in the group {group!r}, where nothing"
                f" looks; the group is [project.entry-points.{PROJECT}]",
                wrong=True,
            )
    if not target.offers:
        yield Remark(
            "no entry point makes it a plugin; add [project.entry-points.brim] with a line"
            ' NAME = "package:Class"',
            wrong=True,
        )


def _first_word(group: str) -> str:
    return re.split(r"[\W_]", group.lower())[0]


def _conflicts(target: Target) -> Iterator[Remark]:
    from packaging.utils import canonicalize_name

    names = {offer.name for offer in target.offers}
    own = canonicalize_name(target.distribution)
    for other in installed():
        if other.name in names and other.distribution != own:
            yield Remark(
                f"the name {other.name!r} is taken by {other.origin}: two of one name are an error",
                wrong=True,
            )


def _requirement(target: Target) -> Iterator[Remark]:
    from brim import __version__

    if target.distribution == PROJECT:
        return
    found = [one for one in map(_parsed, target.requires) if one and one.name.lower() == PROJECT]
    bound = f"{PROJECT}>={'.'.join(__version__.split('.')[:2])}"
    if not found:
        yield Remark(f"it does not depend on Brim; add {bound!r} to its dependencies")
    for requirement in found:
        if not requirement.specifier:
            yield Remark(f"it depends on any Brim there ever was; say {bound!r}")
        elif not requirement.specifier.contains(__version__, prereleases=True):
            yield Remark(f"it asks for {requirement}; this is Brim {__version__}", wrong=True)


def _parsed(text: str) -> Requirement | None:
    """A requirement that applies here."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    return found if found.marker is None or found.marker.evaluate({"extra": ""}) else None


def _typed(target: Target) -> Iterator[Remark]:
    packages = {offer.value.partition(":")[0].partition(".")[0] for offer in target.offers}
    for package in sorted(packages - {""}):
        folders = [folder for folder in _folders(package, target.roots) if folder.is_dir()]
        if folders and not any((folder / "py.typed").is_file() for folder in folders):
            yield Remark(
                f"{package} has no py.typed, so its types are not seen: add an empty file of that"
                " name to the package"
            )


def _folders(package: str, roots: tuple[str, ...]) -> list[Path]:
    """Where the package is; it is not imported. Empty for a module in one file."""
    if roots:
        return [Path(root) / package for root in roots]
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec and spec.submodule_search_locations) or ()]

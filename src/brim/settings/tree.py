"""Values with their origins, in layers that are laid over each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from attrs import frozen

from brim.errors import SettingsError

__all__ = [
    "EnvironmentText",
    "Given",
    "Key",
    "Section",
    "Tree",
    "dotted",
    "graft",
    "leaves",
    "nested",
    "plant",
    "values",
]

Key = tuple[str, ...]
DEEPEST = 16


class EnvironmentText(str):
    """Text from the environment, still to be read by the type of its setting."""

    __slots__ = ()


@frozen
class Given:
    """A value, and where it was given."""

    value: object
    origin: str


class Section(dict[str, object]):
    """A plugin's values as they were given.

    `key` is their place and `origins` are those of all that is below it. `asked` tells
    that the user wrote the section; those of presets and guides are only carried, so
    they need no plugin that reads them.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        key: Key = (),
        origins: Mapping[str, str] = MappingProxyType({}),
        asked: bool = True,
    ) -> None:
        super().__init__(values)
        self.key = key
        self.origins = origins
        self.asked = asked


Tree = dict[str, "Tree | Given"]


def plant(source: Mapping[str, object], origin: Callable[[Key], str], path: Key = ()) -> Tree:
    """A tree of the nested mapping's values; `origin` names where a path was given.

    Raises `SettingsError` for tables nested deeper than 16 levels.
    """
    if len(path) >= DEEPEST:
        raise SettingsError(f"{origin(path)}: tables are nested deeper than {DEEPEST} levels")
    tree: Tree = {}
    for name, value in source.items():
        here = (*path, str(name))
        tree[here[-1]] = (
            plant(value, origin, here)
            if value and isinstance(value, Mapping)
            else Given(value, origin(here))
        )
    return tree


def graft(under: Tree, over: Tree) -> Tree:
    """Both trees as one; where both have a value, `over` wins."""
    merged = dict(under)
    for name, branch in over.items():
        below = merged.get(name)
        if isinstance(branch, dict) and isinstance(below, dict):
            merged[name] = graft(below, branch)
        elif not isinstance(below, dict) or not _is_empty_table(branch):
            merged[name] = branch
    return merged


def _is_empty_table(branch: Tree | Given) -> bool:
    return isinstance(branch, Given) and branch.value == {}


def nested(path: Key, given: Given) -> Tree:
    """A tree with this one leaf."""
    *outer, last = path
    tree: Tree = {last: given}
    for name in reversed(outer):
        tree = {name: tree}
    return tree


def values(tree: Tree) -> dict[str, object]:
    """The tree's values alone, as a nested mapping."""
    return {
        name: branch.value if isinstance(branch, Given) else values(branch)
        for name, branch in tree.items()
    }


def leaves(tree: Tree, path: Key = ()) -> Iterator[tuple[Key, Given]]:
    """Every leaf with its path."""
    for name, branch in tree.items():
        if isinstance(branch, Given):
            yield (*path, name), branch
        else:
            yield from leaves(branch, (*path, name))


def dotted(path: Key) -> str:
    """The path as TOML writes a key: `plugin.token-budget.trigger`, `models."gpt-4.1".window`."""
    return ".".join(
        name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name) for name in path
    )


def _quoted(name: str) -> str:
    import json

    return json.dumps(name, ensure_ascii=False)

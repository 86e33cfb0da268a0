"""From one name to all that a distribution needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from brim.errors import PluginConflict, PluginError
from brim.hookspecs import PROJECT
from brim.kernel.discover import AUTO, Candidate

__all__ = ["LONGEST", "Names", "names_of", "refuse_taken"]

LONGEST = 32
"""Characters of a plugin's name: lines that have it stay short enough to be read."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@frozen
class Names:
    """`plugin` is the entry point's name, which settings and errors use: foo-bar."""

    plugin: str

    @property
    def distribution(self) -> str:
        """brim-foo-bar"""
        return f"{PROJECT}-{self.plugin}"

    @property
    def package(self) -> str:
        """brim_foo_bar"""
        return self.distribution.replace("-", "_")

    @property
    def kind(self) -> str:
        """The class: FooBar."""
        return "".join(word.capitalize() for word in self.plugin.split("-"))


def names_of(text: str) -> Names:
    """The names for what a user called the plugin, with `brim-` before it or without.

    Raises `PluginError` for what makes no name, with one that would do.
    """
    plugin = re.sub(r"[-_.\s]+", "-", text.strip()).lower().removeprefix(f"{PROJECT}-")
    if plugin in {"", PROJECT}:
        raise PluginError(f"{text!r} is no name for a plugin; say what it does: keep-recent")
    if not _NAME.fullmatch(plugin):
        raise PluginError(
            f"{text!r} is no name for a plugin: letters, digits and hyphens, a letter first;"
            f" {_better(plugin)} would do"
        )
    if len(plugin) > LONGEST:
        raise PluginError(
            f"{text!r} is too long for a plugin's name: {len(plugin)} characters, at most {LONGEST}"
        )
    return Names(plugin)


def _better(name: str) -> str:
    near = re.sub(r"[^a-z0-9]+", "-", name).strip("-").lstrip("0123456789-")[:LONGEST]
    return repr(near.rstrip("-") or "keep-recent")


def refuse_taken(names: Names, candidates: Iterable[Candidate]) -> None:
    """Raise `PluginConflict` where an installed plugin has the name already."""
    if names.plugin == AUTO:
        raise PluginConflict(f"{AUTO!r} stands for built-in plugins in settings; take another name")
    for other in candidates:
        if names.plugin == other.name or names.distribution == other.distribution:
            raise PluginConflict(
                f"the name is taken by {other.origin}; take another one, or uninstall that",
                plugin=other.name,
            )

"""All sources of settings, laid over each other.

Lowest first: defaults, preset, the guides' environment names, `[tool.brim]` in
`pyproject.toml`, `brim.toml`, `BRIM_*`, overrides.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from functools import reduce
from pathlib import Path

from attrs import evolve

from brim.settings.environment import from_guides, from_own_names
from brim.settings.files import read_files
from brim.settings.presets import PRESETS
from brim.settings.profiles import typed_profile
from brim.settings.schema import Settings
from brim.settings.structure import Refused, did_you_mean, structure, typed
from brim.settings.tree import Given, Section, Tree, dotted, graft, leaves, plant, values

__all__ = ["load", "structure"]


def load(
    *,
    path: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> Settings:
    """Settings from every source, each value with its origin in `Settings.origins`.

    `path` names the one file to read in place of those that are found from `cwd` (the
    working directory) upwards; `environ` stands for the process's environment;
    `overrides` is nested like the file, and its None values count as not given.

    Raises `SettingsError` naming file or variable, key, value and what was expected.
    """
    environ = os.environ if environ is None else environ
    chosen = _over(
        read_files(Path(path) if path is not None else None, Path(cwd or ".").absolute()),
        from_own_names(environ),
        plant(_given(overrides or {}), lambda _: "override"),
    )
    return _settings(_over(_preset(chosen), from_guides(environ), chosen), _asked(chosen))


def _settings(tree: Tree, asked: Container[str]) -> Settings:
    origins = {dotted(path): given.origin for path, given in leaves(tree)}
    try:
        settings = typed(Settings, values(tree))
        for name, section in settings.models.items():
            typed_profile(name, section)
    except Refused as refused:
        raise refused.named(origins, "settings") from None
    sections = {name: _section(name, settings, origins, name in asked) for name in settings.plugin}
    return evolve(settings, origins=origins, plugin=sections)


def _section(name: str, settings: Settings, origins: Mapping[str, str], asked: bool) -> Section:
    key = ("plugin", name)
    start = f"{dotted(key)}."
    own = {known: origin for known, origin in origins.items() if known.startswith(start)}
    return Section(settings.plugin[name], key, own, asked)


def _asked(chosen: Tree) -> Container[str]:
    sections = chosen.get("plugin", {})
    return sections if isinstance(sections, dict) else ()


def _over(*layers: Tree) -> Tree:
    return reduce(graft, layers)


def _given(overrides: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _given(value) if isinstance(value, Mapping) else value
        for name, value in overrides.items()
        if value is not None
    }


def _preset(chosen: Tree) -> Tree:
    given = chosen.get("preset")
    if not isinstance(given, Given) or not isinstance(given.value, str):
        return {}  # none chosen; a value of another type is refused with all the others
    name = str(given.value)
    if name not in PRESETS:
        problem = f"there is no preset {name!r}; {did_you_mean(name, PRESETS)}"
        raise Refused(("preset",), problem).named({"preset": given.origin}, "settings")
    return plant(PRESETS[name], lambda _: f"preset {name}")

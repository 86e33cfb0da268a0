"""Settings from environment variables: Brim's own names, and the guides'."""

from __future__ import annotations

from collections.abc import Mapping

from brim.errors import SettingsError
from brim.settings.guides import ENVIRONMENT
from brim.settings.tree import EnvironmentText, Given, Key, Tree, graft, nested

__all__ = ["NOT_SETTINGS", "from_guides", "from_own_names", "setting_of"]

PREFIX = "BRIM_"
NAMED_SECTIONS = frozenset({"models", "plugin"})
NOT_SETTINGS = frozenset({"BRIM_CACHE_KEY", "BRIM_DATA_DIR", "BRIM_PROP_FITS", "BRIM_REQUIRE"})
"""Names with the prefix that are read elsewhere: a secret, which has no place in a settings
file, the folder of all that is kept, and what steers the project's own tests."""


def from_own_names(environ: Mapping[str, str]) -> Tree:
    """The settings among `BRIM_*`. An empty variable counts as not set."""
    tree: Tree = {}
    # The longest name first, so that BRIM_BUDGET cannot hide behind BRIM_BUDGET__TOKENS.
    for name in sorted(environ, reverse=True):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS and environ[name].strip():
            tree = graft(tree, nested(setting_of(name), _given(name, environ)))
    return tree


def from_guides(environ: Mapping[str, str]) -> Tree:
    """The settings among the guides' names. An empty variable counts as not set."""
    tree: Tree = {}
    for name, path in ENVIRONMENT.items():
        if environ.get(name, "").strip():
            tree = graft(tree, nested(path, _given(name, environ)))
    return tree


def setting_of(name: str) -> Key:
    """The path that a `BRIM_*` variable sets: `BRIM_PLUGIN__TOKEN_BUDGET__TRIGGER` sets
    `plugin.token-budget.trigger`. Names of plugins and models are written with hyphens."""
    path = name.removeprefix(PREFIX).lower().split("__")
    if "" in path:
        raise SettingsError(
            f"environment {name}: names no setting; write it as BRIM_SECTION__SETTING"
        )
    if path[0] in NAMED_SECTIONS:
        path[1:2] = [part.replace("_", "-") for part in path[1:2]]
    return tuple(path)


def _given(name: str, environ: Mapping[str, str]) -> Given:
    return Given(EnvironmentText(environ[name].strip()), f"environment {name}")

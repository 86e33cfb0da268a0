"""The two files that settings are read from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from brim.errors import SettingsError
from brim.settings.tree import Key, Tree, dotted, graft, plant

__all__ = ["read_files"]

PROJECT_FILE = "pyproject.toml"
OWN_FILE = "brim.toml"


def read_files(path: Path | None, cwd: Path) -> Tree:
    """Settings of the file `path`, or of the nearest `pyproject.toml` and `brim.toml`.

    Without `path`, the directories from `cwd` up to the repository root or the home
    directory are searched, and the first that says anything is taken. Outside of both
    only `cwd` is: a directory that others may write to must not configure Brim.

    Raises `SettingsError` for a file that is missing though named, unreadable, or not TOML.
    """
    if path is not None:
        return _read(path, str(path)) or {}
    for directory in _directories(cwd):
        found = [
            _read(directory / name, os.path.relpath(directory / name, cwd))
            for name in (PROJECT_FILE, OWN_FILE)
            if os.path.lexists(directory / name)
        ]
        spoken = [tree for tree in found if tree is not None]
        if spoken:
            return graft(spoken[0], spoken[-1])
    return {}


def _directories(cwd: Path) -> Iterator[Path]:
    chain = (cwd, *cwd.parents)
    home = Path(os.path.expanduser("~"))
    ends = [i for i, place in enumerate(chain) if place == home or (place / ".git").exists()]
    yield from chain[: ends[0] + 1] if ends else chain[:1]


def _read(path: Path, name: str) -> Tree | None:
    """The file's tree; None for a `pyproject.toml` without a `[tool.brim]` table."""
    document = _parse(path, name)
    if path.name != PROJECT_FILE:
        return plant(document, lambda key: f"{name}: {dotted(key)}")
    tool = document.get("tool")
    section = tool.get("brim") if isinstance(tool, Mapping) else None
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise SettingsError(f"{name}: tool.brim: expected a table, got {section!r}")

    def origin(key: Key) -> str:
        return f"{name}: {dotted(('tool', 'brim', *key))}"

    return plant(section, origin)


def _parse(path: Path, name: str) -> dict[str, object]:
    import tomllib

    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{name}: line {line}: not UTF-8 text") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"{name}: cannot be read: {reason}") from error
    except (ValueError, RecursionError) as error:
        where = "" if "line" in str(error) else f" (line {len(text.splitlines())})"
        raise SettingsError(f"{name}: not valid TOML: {error}{where}") from None

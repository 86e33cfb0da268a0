"""Where Brim keeps things when nobody says where."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_home", "data_home"]


def cache_home() -> Path:
    """The user's own folder for caches: `$XDG_CACHE_HOME/brim`, else `~/.cache/brim`, on Windows
    below `%LOCALAPPDATA%`. It is not made here."""
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", "")
    folder = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return folder / "brim"


def data_home() -> Path:
    """The user's own folder for what cannot be made again: `$BRIM_DATA_DIR`, else
    `$XDG_DATA_HOME/brim`, `~/.local/share/brim`, on macOS `~/Library/Application Support/brim`,
    on Windows `%LOCALAPPDATA%\\brim`. It is not made here."""
    own = os.environ.get("BRIM_DATA_DIR", "")
    if own:
        return Path(own).expanduser().absolute()
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_DATA_HOME", "")
    if base and Path(base).is_absolute():
        return Path(base) / "brim"
    usual = "Library/Application Support" if sys.platform == "darwin" else ".local/share"
    return Path.home() / usual / "brim"

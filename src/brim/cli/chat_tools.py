"""The tools of a Python file."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import click

from brim.chat.tools import ChatTool

__all__ = ["tools_of"]


def tools_of(path: Path) -> list[object]:
    """What a file defines for a model: its functions without a leading underscore, and what
    `brim.chat.tool` made. Raises `click.UsageError`."""
    found = list(_offered(_executed(path)))
    if not found:
        raise click.UsageError(f"{path} defines no function that a model could call")
    return found


def _offered(module: ModuleType) -> Iterator[object]:
    for name, value in vars(module).items():
        own = inspect.isfunction(value) and value.__module__ == module.__name__
        if isinstance(value, ChatTool) or (own and not name.startswith("_")):
            yield value


def _executed(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"brim_tools_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise click.UsageError(f"{path} is no Python file: its name must end in .py")
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        kind = type(error).__name__
        raise click.UsageError(f"{path} cannot be run: {kind}: {error}") from error
    return module

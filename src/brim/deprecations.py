"""Public names that are on their way out, all in one place."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

__all__ = ["DEPRECATED", "Deprecation", "resolve"]


@frozen
class Deprecation:
    """`instead` is the dotted name to use; the old one warns from release `since` on and is gone
    in release `removal`."""

    instead: str
    since: str
    removal: str


DEPRECATED: Mapping[str, Deprecation] = {}
"""By dotted name, of `brim` and `brim.api`. A test fails when a removal is overdue."""


def resolve(module: str, name: str) -> object:
    """What a deprecated name of a module stands for, with a `DeprecationWarning` to whoever asked.

    Raises `AttributeError` for a name that never was.
    """
    old = f"{module}.{name}"
    known = DEPRECATED.get(old)
    if known is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    from importlib import import_module
    from warnings import warn

    text = f"{old} is deprecated since {known.since} and goes in {known.removal}"
    warn(f"{text}: use {known.instead}", DeprecationWarning, stacklevel=3)
    home, _, attribute = known.instead.rpartition(".")
    return getattr(import_module(home), attribute)

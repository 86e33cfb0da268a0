"""Settings as plain data: to show, and to load again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
from attrs import frozen

from brim.settings.schema import Settings
from brim.settings.secrets import shown
from brim.settings.tree import Key, dotted

__all__ = ["Entry", "as_mapping", "entries"]


@frozen
class Entry:
    """One setting as it may be shown: secrets are hidden."""

    key: str
    value: object
    origin: str


def as_mapping(settings: Settings) -> dict[str, object]:
    """The settings as a nested mapping, secrets included, that `load` takes as overrides."""
    return attrs.asdict(
        settings,
        filter=lambda field, _: not field.metadata.get("internal"),
    )


def entries(settings: Settings) -> tuple[Entry, ...]:
    """Every setting with its origin, in the order of the schema."""
    return tuple(
        Entry(dotted(key), shown(key, value), settings.origin(dotted(key)))
        for key, value in _leaves(as_mapping(settings))
    )


def _leaves(values: Mapping[str, object], path: Key = ()) -> Iterator[tuple[Key, object]]:
    for name, value in values.items():
        here = (*path, name)
        if isinstance(value, Mapping):
            yield from _leaves(value, here)
        else:
            yield here, value

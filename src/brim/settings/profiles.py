"""Models that the user describes, under `[models."NAME"]`."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from brim.errors import SettingsError
from brim.model.profiles import ModelProfile
from brim.settings.structure import Refused, typed
from brim.settings.tree import graft, plant, values

__all__ = ["profile", "typed_profile"]

_LEAST = {"window": 1, "max_output": 0, "margin": 0, "scale": 0.01}


def profile(
    models: Mapping[str, Mapping[str, object]], name: str, like: ModelProfile | None = None
) -> ModelProfile | None:
    """The profile that `Settings.models` gives a model, None without one.

    `like` is the profile of the model that the section's `like` names; the section's own
    values are laid over it. Raises `SettingsError` for bad values.
    """
    section = models.get(name)
    if section is None:
        return None
    try:
        return typed_profile(name, section, like)
    except Refused as refused:
        raise SettingsError(str(refused)) from None


def typed_profile(
    name: str, section: Mapping[str, object], like: ModelProfile | None = None
) -> ModelProfile:
    """As `profile`, for one section; raises `Refused` with the full path."""
    path = ("models", name)
    own = {key: value for key, value in section.items() if key != "like"}
    if "name" in own:
        raise Refused((*path, "name"), "the table's own name is the model's; remove it")
    if not isinstance(section.get("like", ""), str):
        raise Refused((*path, "like"), f"expected a model's name, got {section['like']!r}")
    base = attrs.asdict(like) if like else {}
    merged = values(graft(plant(base, str), plant(own, str)))
    made = typed(ModelProfile, {**merged, "name": name}, path)
    for key, least in _LEAST.items():
        if getattr(made, key) < least:
            raise Refused((*path, key), f"expected at least {least}, got {getattr(made, key)!r}")
    return made

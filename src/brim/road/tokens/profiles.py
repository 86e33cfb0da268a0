"""From a model's name to its profile: the user's own first, then the plugins', then caution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from attrs import evolve

from brim.errors import SettingsError
from brim.model.profiles import ModelProfile
from brim.settings.profiles import typed_profile
from brim.settings.structure import Refused

__all__ = ["UNKNOWN", "Provide", "resolve"]

Provide = Callable[[str], ModelProfile | None]
Sections = Mapping[str, Mapping[str, object]]

LONGEST = 80

UNKNOWN = ModelProfile(
    name="",
    window=8_192,
    max_output=2_048,
    scale=1.25,
    margin=0.25,
    known=False,
    source="a cautious guess",
)
"""For models that nothing describes. Counts are those of o200k_base and a quarter; with the margin
that is 1.56 times o200k_base, above the densest tokenizer known (1.53). 8,192 is the smallest
window among models in use."""


def resolve(
    name: str, models: Sections, provide: Provide, known: Iterable[str] = ()
) -> ModelProfile:
    """The profile of a model. Its `name` is the one asked for.

    `models` are the user's sections; one may say `like = "..."`, another section or a model
    that a plugin provides. A name that nothing describes gets `UNKNOWN`, one of a known
    family that family's cautious profile. Both are logged as a warning with near matches: the
    user's models, `known` ones, and models that begin alike. Callers keep the result, so
    that it stays one warning.

    Raises `SettingsError` for bad values, and for a `like` that leads nowhere or in a circle.
    """
    found = evolve(_described(name, models, provide, ()) or UNKNOWN, name=name)
    if not found.known:
        _warn(found, _near(name, {*models, *known}, provide))
    return found


def _described(
    name: str, models: Sections, provide: Provide, path: tuple[str, ...]
) -> ModelProfile | None:
    section = models.get(name)
    if section is None:
        return provide(name) if name else None
    if name in path:
        circle = " -> ".join((*path, name))
        raise SettingsError(f"models.{path[0]}.like: goes in a circle ({circle})")
    like = section.get("like")
    base = None
    if isinstance(like, str):
        base = _described(like, models, provide, (*path, name))
        if base is None:
            raise SettingsError(_no_such(name, like, _near(like, models, provide)))
    try:
        return typed_profile(name, section, base)
    except Refused as refused:
        raise SettingsError(str(refused)) from None


def _no_such(name: str, like: str, near: list[str]) -> str:
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"models.{name}.like: no model {like!r}{hint}"


def _near(name: str, known: Iterable[str], provide: Provide) -> list[str]:
    """Names like this one, and the longest beginning of it that a plugin knows."""
    near = get_close_matches(name, sorted(known), n=3)
    for length in range(min(len(name) - 1, LONGEST), 2, -1):
        if (found := provide(name[:length])) is not None and found.known:
            return list(dict.fromkeys([*near, found.name]))
    return near


def _warn(profile: ModelProfile, near: list[str]) -> None:
    from loguru import logger

    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    logger.warning(
        "unknown model {!r}{}: taken for one with a window of {:,} tokens ({});"
        ' describe it in [models."{}"] of brim.toml, for instance with like = "gpt-4o"',
        profile.name,
        hint,
        profile.window,
        profile.source,
        profile.name,
    )

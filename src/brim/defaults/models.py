"""The models that Brim knows, from `models.toml` beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import translate
from functools import cache
from typing import Any

from attrs import evolve

from brim.api import ImageLimits, ImageRule, ModelProfile, Overheads, Prices, hookimpl

__all__ = ["BuiltinModels", "profiles"]

_NESTED = {
    "overheads": Overheads,
    "image": ImageRule,
    "image_limits": ImageLimits,
    "prices": Prices,
}
_DATED = re.compile(r"[-@:](\d{8}|\d{4}-\d\d-\d\d|\d{4}|latest|preview|v\d+(:\d+)?|\d{3})$")
_VENDOR = re.compile(r"^(?:[a-z]{2,6}\.)?(?:anthropic|meta|mistral|deepseek|qwen|openai|zai)\.")


class BuiltinModels:
    """Profiles of widely used models.

    A name is looked for as it stands, then without its provider ("openai/", "bedrock/us.",
    "models/"), then without a date or version behind it: by name, else by the patterns of
    the profiles, of which the longest that matches wins. What only fits the pattern of a
    whole family gets that family's cautious profile, which is not `known`.
    """

    @hookimpl
    def provide_model(self, name: str) -> ModelProfile | None:
        spellings = list(_spellings(name.strip().lower()))
        for known in (True, False):
            for spelling in spellings:
                found = profiles().get(spelling) or _matching(spelling, known)
                if found is not None:
                    return found
        return None

    def names(self) -> tuple[str, ...]:
        """The names of all profiles."""
        return tuple(profiles())


@cache
def profiles() -> Mapping[str, ModelProfile]:
    """All profiles by name. A table under `defaults` is the ground of its provider's models."""
    import tomllib
    from pathlib import Path

    data = tomllib.loads(Path(__file__).with_name("models.toml").read_text("utf-8"))
    found: dict[str, ModelProfile] = {}
    for provider, table in data.items():
        ground = _profile(ModelProfile(provider), table.pop("defaults"))
        for name, values in table.items():
            like = found.get(values.pop("like", ""), ground)
            found[name] = _profile(evolve(like, name=name, patterns=()), values)
    return found


def _profile(base: ModelProfile, values: Mapping[str, Any]) -> ModelProfile:
    changes = dict(values)
    for key, kind in _NESTED.items():
        if key in changes:
            changes[key] = evolve(getattr(base, key) or kind(), **changes[key])
    if "patterns" in changes:
        changes["patterns"] = tuple(changes["patterns"])
    return evolve(base, **changes)


def _spellings(name: str) -> Iterator[str]:
    """The name, then with less and less around it."""
    yield name
    while "/" in name:
        name = name.partition("/")[2]
        yield name
    name = re.sub(
        r"^(?:[a-z]{2,6}\.)?(?:anthropic|meta|mistral|deepseek|qwen|openai|zai)\.", "", name
    )
    yield name
    while _DATED.search(name):
        name = _DATED.sub("", name)
        yield name


def _matching(name: str, known: bool) -> ModelProfile | None:
    """Whose pattern is the longest that matches."""
    return next((found for pattern, found in _patterns(known) if pattern.match(name)), None)


@cache
def _patterns(known: bool) -> Sequence[tuple[re.Pattern[str], ModelProfile]]:
    """The patterns of known models, or of families, longest first."""
    pairs = [
        (pattern, profile)
        for profile in profiles().values()
        if profile.known is known
        for pattern in profile.patterns
    ]
    pairs.sort(key=lambda pair: -len(pair[0]))
    return [(re.compile(translate(pattern)), profile) for pattern, profile in pairs]

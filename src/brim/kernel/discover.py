"""What is installed, and what of it is used: decided before any plugin is imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from brim.errors import PluginConflict, PluginRequired, SettingsError, UnknownPlugin
from brim.hookspecs import PROJECT
from brim.settings.structure import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from packaging.requirements import Requirement

    from brim.settings.schema import PluginSettings, Settings

__all__ = [
    "ESSENTIAL",
    "Candidate",
    "Plan",
    "decide",
    "installed",
    "mentioned",
    "needed",
    "used",
]

ESSENTIAL: Mapping[str, str] = {
    "estimate-counter": "it counts when every other counter fails",
    "smart-truncation": "it is the strategy that cannot fail",
    "token-budget": "it decides when every other policy fails",
}
"""Plugins that cannot be disabled, and why."""

AUTO = "auto"


@frozen
class Candidate:
    """A plugin that could be loaded. Nothing of it has been imported.

    `value` says where it is ("module:attribute", a path, or a type). `by_hand` marks
    plugins that the caller passed as an object or a file.
    """

    name: str
    value: str
    distribution: str = ""
    version: str = ""
    by_hand: bool = False
    load: Callable[[], object] = field(default=lambda: None, eq=False, repr=False)

    @property
    def builtin(self) -> bool:
        return self.distribution == PROJECT

    @property
    def origin(self) -> str:
        return f"{self.distribution} {self.version} ({self.value})" if self.version else self.value


@frozen
class Plan:
    """Which candidates to load, in order, and why the others are left out. `missed` are those
    among the others that settings put to use."""

    enabled: tuple[Candidate, ...]
    disabled: Mapping[Candidate, str]
    missed: tuple[PluginRequired, ...] = ()


def installed(third_party: bool = True) -> tuple[Candidate, ...]:
    """The entry points of group `brim`, by name; without `third_party` just Brim's own."""
    from importlib.metadata import entry_points

    sources: dict[int, tuple[str, str]] = {}
    found = [_candidate(point, sources) for point in entry_points(group=PROJECT)]
    kept = (candidate for candidate in found if third_party or candidate.builtin)
    return tuple(sorted(kept, key=lambda candidate: (candidate.name, candidate.origin)))


def _candidate(point: EntryPoint, sources: dict[int, tuple[str, str]]) -> Candidate:
    """`sources` remembers name and version: each look at them parses the metadata anew."""
    dist = point.dist
    name, version = sources.setdefault(id(dist), ("", ""))
    if dist is not None and not name:
        name, version = sources[id(dist)] = _canonical(dist.name or ""), dist.version or ""
    return Candidate(point.name, point.value, name, version, load=point.load)


def decide(candidates: Sequence[Candidate], settings: Settings) -> Plan:
    """Sort candidates into those to load and those to leave out.

    Raises `PluginConflict` for two of one name, `UnknownPlugin` for a name in the
    settings that nothing has, `PluginRequired` for one that is missing, disabled or
    of another version, and for an essential plugin that the settings disable.
    """
    _check_names(candidates, settings)
    disabled = {
        candidate: f"disabled by plugins.disabled = [{name!r}]"
        for name in settings.plugins.disabled
        for candidate in _meant(name, candidates)
    }
    enabled = [candidate for candidate in candidates if candidate not in disabled]
    _check_essential(disabled)
    _check_conflicts(enabled)
    for requirement in settings.plugins.required:
        _check_required(requirement, enabled, disabled)
    reasons = {candidate.name: reason for candidate, reason in disabled.items()}
    order = sorted(enabled, key=_rank(settings.plugins))
    return Plan(tuple(order), disabled, tuple(_missed(settings, reasons)))


def _unknown(where: str, name: str, known: Iterable[str]) -> UnknownPlugin:
    """The error for a name that nothing has, with the nearest match."""
    return UnknownPlugin(
        f"{where} names {name!r}, which is no installed plugin; {did_you_mean(name, known)}"
    )


def _rank(plugins: PluginSettings) -> Callable[[Candidate], tuple[int, bool, str]]:
    """Named in `order` first, then third parties before built-ins, then by name."""
    places = {name: place for place, name in enumerate(plugins.order)}
    return lambda c: (places.get(c.name, len(places)), c.builtin, c.name)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _meant(name: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The plugins of this name; where there are none, those of the distribution of this name."""
    found = list(candidates)
    return [candidate for candidate in found if candidate.name == name] or [
        candidate for candidate in found if candidate.distribution == _canonical(name)
    ]


def used(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, plugin name) wherever settings put a plugin to use."""
    yield "policy", settings.policy
    for where in ("strategies", "inject", "caches", "complete"):
        for name in getattr(settings, where):
            yield where, name
    for name in settings.asked_for():
        yield f"plugin.{name}", name


def mentioned(settings: Settings) -> set[str]:
    """The names of all plugins that settings put to use or order."""
    names = {name for _, name in used(settings)}
    return names | {*settings.plugins.order, settings.condensation.default_strategy}


def needed(settings: Settings, candidates: Sequence[Candidate]) -> set[str]:
    """The names of the plugins that settings require."""
    names = (_requirement(text).name for text in settings.plugins.required)
    return {candidate.name for name in names for candidate in _meant(name, candidates)}


def _check_names(candidates: Sequence[Candidate], settings: Settings) -> None:
    names = {candidate.name for candidate in candidates}
    distributions = {candidate.distribution for candidate in candidates} - {""}
    for where, name in used(settings):
        if name not in names | {AUTO, ""}:
            raise _unknown(where, name, names)
    for name in settings.plugins.order:
        if name not in names:
            raise _unknown("plugins.order", name, names)
    for name in settings.plugins.disabled:
        if name not in names and _canonical(name) not in distributions:
            raise _unknown("plugins.disabled", name, names | distributions)


def _missed(settings: Settings, disabled: Mapping[str, str]) -> Iterator[PluginRequired]:
    for where, name in used(settings):
        if name in disabled and where != f"plugin.{name}":
            yield PluginRequired(
                f"{where} names it, but it is {disabled[name]}; change one of the two", plugin=name
            )


def _check_essential(disabled: Mapping[Candidate, str]) -> None:
    for candidate, reason in disabled.items():
        if candidate.builtin and candidate.name in ESSENTIAL:
            raise PluginRequired(
                f"is {reason}, but cannot be: {ESSENTIAL[candidate.name]}. Remove it from there;"
                " to use another one first, name that in plugins.order, policy or strategies",
                plugin=candidate.name,
                distribution=candidate.distribution,
                version=candidate.version,
            )


def _check_conflicts(enabled: Iterable[Candidate]) -> None:
    first: dict[str, Candidate] = {}
    for candidate in enabled:
        other = first.setdefault(candidate.name, candidate)
        if other is not candidate:
            raise PluginConflict(
                f"the name is offered twice: by {other.origin} and by {candidate.origin};"
                " uninstall one, or put one distribution's name into plugins.disabled",
                plugin=candidate.name,
            )


def _check_required(
    text: str, enabled: Sequence[Candidate], disabled: Mapping[Candidate, str]
) -> None:
    need = _requirement(text)
    matching = _meant(need.name, enabled)
    if not matching:
        raise _missing(need.name, enabled, disabled)
    for candidate in matching:
        if not need.specifier.contains(candidate.version or "0", prereleases=True):
            raise PluginRequired(
                f"plugins.required asks for {text!r}; installed is {candidate.origin}",
                plugin=candidate.name,
                distribution=candidate.distribution,
                version=candidate.version,
            )


def _requirement(text: str) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise SettingsError(
            f"plugins.required: {text!r} is neither a plugin's name nor a requirement such as"
            f" 'brim-minimal>=0.1' ({str(error).splitlines()[0]})"
        ) from error


def _missing(
    name: str, enabled: Sequence[Candidate], disabled: Mapping[Candidate, str]
) -> PluginRequired:
    for candidate in _meant(name, disabled):
        reason = disabled[candidate]
        return PluginRequired(f"plugins.required names it, but it is {reason}", plugin=name)
    known = {part for c in enabled for part in (c.name, c.distribution) if part}
    return PluginRequired(
        f"plugins.required names {name!r}, which is not installed; install it, or"
        f" {did_you_mean(name, known)}"
    )

"""The host: from settings to plugins that are ready to be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pluggy
from attrs import frozen

from brim import hookspecs
from brim.errors import PluginError, UnknownPlugin
from brim.kernel.breaker import Breaker
from brim.kernel.calls import Calls
from brim.kernel.contract import STANDING, Refused, check_hooks, positions
from brim.kernel.converse import Patience
from brim.kernel.discover import (
    ESSENTIAL,
    Candidate,
    decide,
    installed,
    mentioned,
    needed,
    used,
)
from brim.kernel.drive import Drive
from brim.kernel.implementation import Implementation
from brim.kernel.loading import BadSection, build, from_file, from_object
from brim.settings.structure import did_you_mean

if TYPE_CHECKING:
    from brim.settings.schema import Settings

__all__ = ["Host", "PluginStatus"]

REFUSING = frozenset({"admit", "check_input"})
"""Hooks whose failure is a refusal: an implementation that rested would let everything in."""

COMPLETING = frozenset({"complete", "stream"})

NAMED = frozenset({"admit"})
"""Hooks on which built-in plugins, too, act only where settings name them."""


ROLES = {
    "caches": "provide_cache",
    "complete": "complete",
    "inject": "inject_context",
    "policy": "should_trim",
    "strategies": "condense",
}
"""Setting -> the hook that the plugins it names must have."""

State = Literal["active", "idle", "disabled", "broken"]


@frozen
class PluginStatus:
    """One plugin, used or not. `order` is its place from 1, 0 when it is not loaded.

    `state` is "active", "idle" (settings do not name it), "disabled" or "broken";
    `reason` says why it is not active.
    """

    name: str
    distribution: str
    version: str
    origin: str
    hooks: tuple[str, ...] = ()
    order: int = 0
    state: State = "active"
    reason: str = ""

    @property
    def active(self) -> bool:
        return self.state == "active"


class Host:
    """All plugins of one `Brim`.

    `plugins` are objects, classes, factories or modules passed by hand, `files` paths
    of one-file plugins beyond those of the settings.

    Raises `PluginConflict`, `UnknownPlugin`, `PluginRequired` or `SettingsError` when
    settings and plugins do not fit together. A plugin that is broken, or that settings name and
    disable, is left out and told in `statuses` and one warning; with `strict` it raises
    `PluginError`, and so does a broken plugin that is essential or required. Without `insist`
    all of these are only listed in `problems`, for those who want to look at what is wrong.
    """

    def __init__(
        self,
        settings: Settings,
        plugins: Sequence[object] = (),
        files: Sequence[Path] = (),
        *,
        insist: bool = True,
    ) -> None:
        self.settings = settings
        self.drive = Drive()
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._plan = decide(_candidates(settings, plugins, files), settings)
        self._required = needed(settings, self._plan.enabled)
        self._mentioned = mentioned(settings) | self._required
        self._hooks: dict[str, tuple[str, ...]] = {}
        self._prompts: dict[str, str] = {}
        self._broken: dict[str, PluginError] = {}
        for candidate in self._plan.enabled:
            self._register(candidate)
        self.calls = Calls(self._table(), _warn)
        condensation = settings.condensation
        self.calls.patience = Patience(condensation.timeout, condensation.deadline)
        self._closed = False
        self.problems = (*self._broken.values(), *self._plan.missed, *self._misplaced())
        if insist:
            self._insist()

    def statuses(self) -> tuple[PluginStatus, ...]:
        """Every plugin that was found: those that are loaded, in order, then the others."""
        enabled = [self._status(place, c) for place, c in enumerate(self._plan.enabled, 1)]
        disabled = [
            _describe(candidate, "disabled", reason)
            for candidate, reason in self._plan.disabled.items()
        ]
        return (*enabled, *disabled)

    def plugin(self, name: str) -> object | None:
        """The loaded plugin of this name."""
        return self._manager.get_plugin(name)

    def prompt_version(self, name: str) -> str:
        """What a plugin says of its prompts, beside its version; "" where it says nothing."""
        return self._prompts.get(name, "")

    def close(self) -> None:
        """Close plugins and the private loop. Closing twice closes once."""
        if not self._closed:
            self._closed = True
            self.calls.close()
            self.drive.close()

    def _insist(self) -> None:
        for problem in self.problems:
            if not self._may_be_absent(problem):
                self.close()
                raise problem
        if self.problems:
            _warn_of(self.problems)

    def _register(self, candidate: Candidate) -> None:
        """Load one plugin. Only a bad setting and the user's own interrupt are raised."""
        try:
            plugin = build(candidate, self.settings.plugin.get(candidate.name), self.settings)
            hooks = check_hooks(self._manager, plugin)
            self._manager.register(plugin, candidate.name)
            said = getattr(plugin, "prompt_version", "")
        except (BadSection, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._broken[candidate.name] = _broken(candidate, error)
        else:
            self._hooks[candidate.name] = hooks
            self._prompts[candidate.name] = said if isinstance(said, str) else ""

    def _table(self) -> dict[str, list[Implementation]]:
        by_name = {candidate.name: candidate for candidate in self._plan.enabled}
        return {
            hook: [
                _implementation(hook, by_name[found.plugin_name], found, caller.spec.argnames)
                for found in sorted(caller.get_hookimpls(), key=self._rank(hook))
                if self._acts(hook, by_name[found.plugin_name])
            ]
            for hook, caller in vars(self._manager.hook).items()
            if caller.spec
        }

    def _rank(self, hook: str) -> Callable[[pluggy.HookImpl], tuple[int, int, int]]:
        """Named in the settings first, then tryfirst and trylast, then in the plan's order."""
        settings = self.settings
        named = settings.complete if hook in COMPLETING else settings.plugins.order
        places = {candidate.name: i for i, candidate in enumerate(self._plan.enabled)}

        def rank(found: pluggy.HookImpl) -> tuple[int, int, int]:
            name = found.plugin_name
            first = named.index(name) if name in named else len(named)
            mark = 3 if name in ESSENTIAL else 1 - found.tryfirst + found.trylast
            return first, mark, places[name]

        return rank

    def _misplaced(self) -> Iterator[PluginError]:
        """Plugins that settings name for what they cannot do."""
        for where, name in used(self.settings):
            hook = ROLES.get(where, "")
            if hook and name in self._hooks and hook not in self._hooks[name]:
                able = [other for other, hooks in self._hooks.items() if hook in hooks]
                yield UnknownPlugin(
                    f"{where} names {name!r}, which has no {hook}; {did_you_mean(name, able)}"
                )

    def _may_be_absent(self, error: PluginError) -> bool:
        """Whether the others can go on without this plugin."""
        indispensable = {*ESSENTIAL, *self._required}
        absent = error.plugin in self._broken or error in self._plan.missed
        return absent and not self.settings.strict and error.plugin not in indispensable

    def _status(self, place: int, candidate: Candidate) -> PluginStatus:
        name = candidate.name
        if name in self._broken:
            return _describe(candidate, "broken", self._broken[name].detail)
        hooks = self._hooks[name]
        if any(self._acts(hook, candidate) for hook in hooks if hook != "close"):
            return _describe(candidate, "active", "", hooks, place)
        reason = "no setting names it"
        return _describe(candidate, "idle", reason, hooks, place)

    def _acts(self, hook: str, candidate: Candidate) -> bool:
        """Whether a plugin may act on a hook: no dependency of a dependency starts to
        rewrite conversations just because it was installed."""
        if hook in STANDING or candidate.by_hand:
            return True
        if hook in COMPLETING:
            return candidate.name in self.settings.complete
        return (candidate.builtin and hook not in NAMED) or candidate.name in self._mentioned


def _candidates(
    settings: Settings, plugins: Sequence[object], files: Sequence[Path]
) -> list[Candidate]:
    paths = dict.fromkeys((*map(Path, settings.plugins.files), *files))
    return [
        *map(from_object, plugins),
        *map(from_file, paths),
        *installed(settings.plugins.discover),
    ]


def _implementation(
    hook: str, candidate: Candidate, found: pluggy.HookImpl, arguments: Sequence[str]
) -> Implementation:
    return Implementation(
        hook,
        candidate,
        found.function,
        positions(found.function, arguments),
        Breaker(steady=candidate.name in ESSENTIAL or hook in REFUSING),
    )


def _broken(candidate: Candidate, error: BaseException) -> PluginError:
    """The error for a plugin that could not be loaded, with what was raised as its cause."""
    detail = error.detail if isinstance(error, Refused) else f"could not be loaded: {_said(error)}"
    problem = PluginError(
        detail,
        plugin=candidate.name,
        distribution=candidate.distribution,
        version=candidate.version,
    )
    problem.__cause__ = error
    return problem


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def _describe(
    candidate: Candidate,
    state: State,
    reason: str = "",
    hooks: tuple[str, ...] = (),
    order: int = 0,
) -> PluginStatus:
    return PluginStatus(
        candidate.name,
        candidate.distribution,
        candidate.version,
        candidate.value,
        hooks,
        order,
        state,
        reason,
    )


def _warn(error: PluginError) -> None:
    from loguru import logger

    logger.warning("{}", error)


def _warn_of(problems: Iterable[PluginError]) -> None:
    from loguru import logger

    told = "; ".join(map(str, problems))
    logger.warning("plugins left out (see `brim plugins list`): {}", told)

"""Where trials run: conversations with a budget, and the `Brim`s that fit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve, field, frozen

from brim.errors import BudgetInfeasible
from brim.testing import guarantees as g
from brim.testing.case import Case
from brim.testing.hostile import COUNTERS, INJECTORS, POLICIES, STRATEGIES
from brim.testing.reciting import Recites
from brim.testing.writers import Json

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.road.reports.fitted import Fitted

__all__ = ["Lab", "Trial"]

PLACES: Mapping[str, Mapping[str, type[object]]] = {
    "": COUNTERS,
    "policy": POLICIES,
    "strategies": STRATEGIES,
    "inject": {**INJECTORS, Recites.name: Recites},
}
"""Hostile plugins by the setting that puts them to use; counters need none."""

Result = tuple[Case | None, "Fitted | None", int | None]


@frozen
class Trial:
    """A conversation, a budget in tokens, pinned positions, and a hostile plugin or none."""

    kind: str
    case: Case
    budget: int
    pins: tuple[int, ...] = ()
    plugin: str = ""

    def without(self, positions: Sequence[int]) -> Trial:
        """The same without these messages; pins move along."""
        gone = frozenset(positions)
        left = [at for at in range(len(self.case.messages)) if at not in gone]
        pins = tuple(left.index(pin) for pin in self.pins if pin in left)
        return evolve(self, case=self.case.without(gone), pins=pins)

    def as_dict(self) -> Json:
        """As JSON, with all that is needed to fit it again."""
        return {
            "kind": self.kind,
            "dialect": self.case.dialect,
            "budget": self.budget,
            "pins": list(self.pins),
            "plugin": self.plugin,
            "request": self.case.request,
        }


@frozen
class Lab:
    """Makes and keeps the `Brim`s that trials use. Close it when done.

    `settings` apply to all of them. `fits` counts what was run. A budget of `roomy` times a
    conversation's size leaves it alone.
    """

    settings: Mapping[str, Any] = field(factory=dict)
    fits: list[int] = field(factory=lambda: [0])
    roomy: float = 1.2
    _open: dict[str, Brim] = field(factory=dict)

    @property
    def shared(self) -> Brim:
        """The one without hostile plugins; its ledger is kept apart by tenant."""
        return self.brim("")

    def brim(self, plugin: str) -> Brim:
        """The one with this hostile plugin in the place it acts in."""
        if plugin not in self._open:
            self._open[plugin] = self._made(plugin)
        return self._open[plugin]

    def _made(self, plugin: str) -> Brim:
        from brim.road.brim import Brim

        settings = {"archive": {"where": "memory"}, **self.settings}
        settings["plugins"] = {"discover": False}
        plugins: list[object] = []
        for place, known in PLACES.items():
            if plugin in known:
                plugins.append(known[plugin])
                settings.update(_use(place, plugin))
        return Brim(settings, plugins=plugins)

    def close(self) -> None:
        """Close all of them; the next use makes new ones."""
        while self._open:
            self._open.popitem()[1].close()

    def size(self, case: Case) -> int:
        """Tokens of a request, as the shared `Brim` counts them. Raises `Broken`."""
        try:
            return self.shared.count(case.request, model=case.model, dialect=case.dialect).total
        except Exception as error:
            raise g.Broken(13, f"{type(error).__name__}: {error}") from error

    def room(self, trial: Trial) -> int:
        """Tokens that a trial's budget leaves: no more than the window of a model that is known."""
        profile = self.shared.engine.profile(trial.case.model)
        return min(trial.budget, profile.window) if profile.known else trial.budget

    def fit(self, brim: Brim, trial: Trial, tenant: str, budget: int | None = None) -> Result:
        """(what goes out, the whole result, None), or (None, None, the minimum)."""
        self.fits[0] += 1
        case = trial.case
        try:
            fitted = brim.fit(
                case.request,
                model=case.model,
                budget=max(budget or trial.budget, 1),
                pin=trial.pins or None,
                tenant=tenant,
                dialect=case.dialect,
            )
        except BudgetInfeasible as error:
            return None, None, error.minimum
        except Exception as error:
            raise g.Broken(13, f"{type(error).__name__}: {error}") from error
        return case.with_request(cast(Json, fitted.request)), fitted, None


def _use(place: str, plugin: str) -> Json:
    if not place:
        return {}
    if place == "inject":
        return {"inject": (plugin,), "injection": {"mode": "on", "timeout": 0.05}}
    return {place: plugin if place == "policy" else (plugin,)}

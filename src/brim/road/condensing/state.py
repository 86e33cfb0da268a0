"""What a trip goes with, how far it has come, and where it ends."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen

from brim.kernel.calls import Calls
from brim.model.decisions import PastCondensation, TrimDecision, Usage
from brim.road.condensing.choice import Choice
from brim.road.grading.survival import Survey
from brim.road.learning.shared_accounts import SharedAccounts
from brim.road.memory.ledger import Ledger
from brim.road.memory.sharing import Sharing
from brim.road.plans.plan import Plan
from brim.road.plans.render import Rendering
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit
from brim.road.reports.report import Injected, Step
from brim.road.watch import Watch

__all__ = ["Kit", "Outcome", "State"]


@frozen
class Kit:
    """What every trip needs: the plugins, the ledger, and what settings chose. A condensation
    must keep the share `quality` of specifics to be taken at once. `sharing` is there where
    records are shared with other processes, `ahead` where conversations are condensed before
    they must be: the records of those. `accounts` are the policy's, where they are shared."""

    calls: Calls
    ledger: Ledger
    watch: Watch
    policy: str
    choice: Choice
    survey: Survey
    quality: float
    sharing: Sharing | None = None
    ahead: Ledger | None = None
    accounts: SharedAccounts | None = None


@frozen
class Outcome:
    """Where a trip ends. `rendering` is None when everything goes out as it came. `degraded`
    says why it is poorer than it should be."""

    decision: TrimDecision
    before: Usage
    after: Usage
    rendering: Rendering | None = None
    replayed: bool = False
    degraded: str = ""
    steps: tuple[Step, ...] = ()
    history: tuple[PastCondensation, ...] = ()
    injected: Injected = field(factory=Injected)


@define(eq=False)
class State:
    """How far the trip has come."""

    plan: Plan
    rendering: Rendering | None
    usage: Usage
    history: tuple[PastCondensation, ...] = ()
    _shown: tuple[Plan, Sequence[Unit]] | None = field(init=False, default=None)

    def units(self, trip: Trip) -> Sequence[Unit]:
        """What strategies see: the same for all of them until one's plan is taken."""
        if self._shown is None or self._shown[0] is not self.plan:
            self._shown = self.plan, trip.units(self.plan)
        return self._shown[1]

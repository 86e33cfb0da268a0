"""What providers said of requests, and what is known from it of the next."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any

from attrs import define, field

from brim.dialects.base import Envelope
from brim.errors import BudgetInfeasible
from brim.model.decisions import TrimDecision
from brim.model.profiles import ModelProfile
from brim.overflow import overflow_of
from brim.road.intake.prepare import Options, room_for
from brim.road.learning.accounts import Accounts
from brim.road.learning.calibrate import MARGIN, Calibration, Sent
from brim.road.learning.reported import reported
from brim.road.learning.shared_accounts import SharedAccounts
from brim.road.learning.shared_calibration import SharedCalibration
from brim.road.memory.sharing import Errand
from brim.road.plans.timeline import Timeline
from brim.road.plans.trip import Room, Trip
from brim.road.tokens.slopes import Scale
from brim.settings.schema import Settings
from brim.store.tiers import Tiers

__all__ = ["Learned", "in_their_tokens"]

Errands = Generator[Errand, Any, None]


@define(eq=False)
class Learned:
    """What is known of models and conversations; `tiers` share it among processes, but for the
    anchors of calibration."""

    settings: Settings
    tiers: Tiers | None
    accounts: Accounts = field(factory=lambda: Accounts(monotonic))
    calibration: Calibration = field(factory=lambda: Calibration(monotonic))
    shared_accounts: SharedAccounts | None = field(init=False, default=None)
    _shared: SharedCalibration | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        ttl, tiers = self.settings.ledger.ttl, self.tiers
        if tiers is not None:
            self._shared = SharedCalibration(self.calibration, tiers, ttl)
            self.shared_accounts = SharedAccounts(self.accounts, tiers, ttl)

    def room(self, timeline: Timeline, envelope: Envelope, options: Options) -> Room:
        """What there is for this request, in Brim's tokens."""
        profile = timeline.counter.profile
        scale = self.calibration.scale(options.tenant, profile.name, timeline)
        return self.room_by(scale, profile, envelope, options)

    def room_by(
        self, scale: Scale | None, profile: ModelProfile, envelope: Envelope, options: Options
    ) -> Room:
        """The same where the scale is known."""
        window = self.calibration.window(options.tenant, profile.name)
        room = room_for(profile, envelope, options.budget, self.settings.budget, window)
        return room.scaled(scale, MARGIN) if scale else room

    def keep(self, trip: Trip, decision: TrimDecision, tokens: int) -> Errands:
        """Write down what the next request is told of this one: here at once, and on the tiers
        by what this gives."""
        model, chain = trip.profile.name, trip.timeline.chain
        self.accounts.keep(model, chain, tokens, decision.account)
        return self._share(trip.tenant, model, chain[-1])

    def _share(self, tenant: str, model: str, value: bytes) -> Errands:
        if self.shared_accounts is not None:
            yield from self.shared_accounts.offer(tenant, model, value)

    def observe(self, sent: Sent, said: object) -> Errands:
        """Learn from the usage of an answer, or from an error that says that it was too long.

        Raises `MalformedRequest` where it is neither.
        """
        overflow = overflow_of(said)
        found = reported(said) if overflow is None else None
        if self._shared is not None:
            yield from self._shared.learn(sent.tenant, sent.model)
        if overflow is not None:
            self.calibration.overflowed(sent, overflow)
        if found is not None:
            self.calibration.report(sent, found.tokens)
        if found is not None and found.cached is not None:
            value = sent.timeline.chain_to(sent.length)[-1]
            self.accounts.reported(sent.model, value, found.cached)
            yield from self._share(sent.tenant, sent.model, value)
        if self._shared is not None:
            window = overflow.limit if overflow else 0
            yield from self._shared.offer(sent.tenant, sent.model, window)


def in_their_tokens(error: BudgetInfeasible, room: Room) -> BudgetInfeasible:
    """The error as the caller counts, who knows only the provider's tokens."""
    if room.scale is None:
        return error
    return BudgetInfeasible(room.scale.real(error.minimum), room.asked, error.reason)

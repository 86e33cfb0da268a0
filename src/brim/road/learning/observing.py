"""What providers said of requests, and what is known from it of the next."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any

from attrs import define, field

from brim.dialects.base import Envelope
from brim.errors import BudgetInfeasible
from brim.model.decisions import TrimDecision
from brim.overflow import overflow_of
from brim.road.intake.prepare import Options, room_for
from brim.road.learning.accounts import Accounts
from brim.road.learning.calibrate import MARGIN, Calibration, Sent
from brim.road.learning.reported import Reported, reported
from brim.road.learning.shared_calibration import SharedCalibration
from brim.road.memory.sharing import Errand
from brim.road.plans.timeline import Timeline
from brim.road.plans.trip import Room, Trip
from brim.settings.schema import Settings
from brim.store.tiers import Tiers

__all__ = ["Learned", "in_their_tokens"]

Errands = Generator[Errand, Any, None]


@define(eq=False)
class Learned:
    """What is known of models and conversations; `tiers` share what is known of models."""

    settings: Settings
    tiers: Tiers | None
    accounts: Accounts = field(factory=lambda: Accounts(monotonic))
    calibration: Calibration = field(factory=lambda: Calibration(monotonic))
    _shared: SharedCalibration | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        ttl = self.settings.ledger.ttl
        self._shared = SharedCalibration(self.calibration, self.tiers, ttl) if self.tiers else None

    def __bool__(self) -> bool:
        """Whether there is anything to know."""
        return bool(self.accounts) or bool(self.calibration)

    def room(self, timeline: Timeline, envelope: Envelope, options: Options) -> Room:
        """What there is for this request, in Brim's tokens."""
        profile, known = timeline.counter.profile, self.calibration
        window = known.window(options.tenant, profile.name)
        room = room_for(profile, envelope, options.budget, self.settings.budget, window)
        scale = known.scale(options.tenant, profile.name, timeline)
        return room.scaled(scale, MARGIN) if scale else room

    def remember(self, trip: Trip) -> None:
        """Tell a trip of the request before."""
        chain = trip.timeline.chain
        trip.last, trip.account = self.accounts.before(trip.profile.name, chain)
        trip.repeated = self.accounts.knows(trip.profile.name, chain)

    def keep(self, trip: Trip, decision: TrimDecision, tokens: int) -> None:
        """Write down what the next request is told of this one."""
        chain = trip.timeline.chain
        self.accounts.keep(trip.profile.name, chain, tokens, decision.account)

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
            self._learn(sent, found)
        if self._shared is not None:
            window = overflow.limit if overflow else 0
            yield from self._shared.offer(sent.tenant, sent.model, window)

    def _learn(self, sent: Sent, found: Reported) -> None:
        self.calibration.report(sent, found.tokens)
        if found.cached is not None:
            link = sent.timeline.chain_to(sent.length)[-1]
            self.accounts.reported(sent.model, link, found.cached)


def in_their_tokens(error: BudgetInfeasible, room: Room) -> BudgetInfeasible:
    """The error as the caller counts, who knows only the provider's tokens."""
    if room.scale is None:
        return error
    return BudgetInfeasible(room.scale.real(error.minimum), room.asked, error.reason)

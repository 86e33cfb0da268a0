"""Tasks for hooks, made from generated conversations the way the road makes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from attrs import evolve, frozen

from brim.errors import BrimError
from brim.kernel.host import Host
from brim.model.decisions import Condensation, CondenseTask, TrimTask
from brim.model.operations import InjectTask
from brim.road.brim import Brim
from brim.road.condensing.verify import added_violations
from brim.road.intake.prepare import Options
from brim.road.plans.edits import folded
from brim.road.plans.plan import EMPTY
from brim.road.plans.trip import Trip
from brim.road.plans.units import Unit
from brim.settings.load import load
from brim.settings.schema import Settings
from brim.testing.case import Case

__all__ = ["Job", "Outcome", "Work", "Workbench", "alone", "workbench"]


@frozen
class Job:
    """A conversation, a budget as a share of its size in percent, and what a model says
    when a plugin asks one."""

    case: Case
    share: int
    words: str = "the user asked for a report"


@frozen
class Work:
    """A strategy's task, and what is needed to try its answer."""

    trip: Trip
    units: Sequence[Unit]
    task: CondenseTask


@frozen
class Outcome:
    """What edits lead to: tokens of the whole request, and the rules that it newly breaks."""

    tokens: int
    broken: tuple[str, ...]


def alone(**overrides: object) -> Settings:
    """Settings from these values only: no file, no environment, no discovery of plugins, nothing
    written to disk."""
    given: dict[str, Any] = {"plugins": {}, "archive": {"where": "memory"}, **overrides}
    given["plugins"] = {"discover": False, **given["plugins"]}
    return load(path=os.devnull, environ={}, overrides=given)


class Workbench:
    """A `Brim` without other plugins that only makes tasks. Texts are counted by estimate."""

    def __init__(self) -> None:
        self._brim = Brim(alone(counting={"accurate": False}))

    @property
    def host(self) -> Host:
        return self._brim.host

    def condense(self, job: Job) -> Work:
        """A task that asks for fewer tokens than there are."""
        trip = self.trip(job)
        units = trip.units(EMPTY)
        decision = self.host.calls.should_trim("token-budget", self._trim(trip))
        target = min(decision.target, trip.limit)
        task = CondenseTask(
            conversation=trip.conversation(units),
            tokens=trip.raw_tokens,
            target=target,
            limit=trip.limit,
            profile=trip.profile,
            decision=decision,
            count=trip.counter.texts,
            count_parts=trip.counter.parts,
        )
        return Work(trip, units, task)

    def trim(self, job: Job) -> TrimTask:
        return self._trim(self.trip(job))

    def inject(self, job: Job) -> InjectTask:
        """The query is the last text that a user wrote."""
        trip = self.trip(job)
        conversation = trip.conversation(trip.units(EMPTY))
        texts = [
            message.text
            for exchange in conversation.exchanges
            for message in exchange.messages
            if message.role == "user" and message.text
        ]
        return InjectTask(conversation, (texts or [""])[-1], trip.limit)

    def outcome(self, work: Work, condensation: Condensation) -> Outcome | None:
        """What these edits lead to; None where they are refused."""
        trip = work.trip
        try:
            plan = folded(EMPTY, condensation, work.units, trip.counter)
            rendering = trip.render(plan)
        except (BrimError, ValueError):
            return None
        after = trip.parsed(rendering)
        added = added_violations(
            trip.timeline.dialect, trip.envelope, trip.profile, lambda: trip.parsed(None), after
        )
        return Outcome(trip.tokens(rendering), tuple(f"rule {v.rule}: {v.detail}" for v in added))

    def trip(self, job: Job) -> Trip:
        """Read anew each time: what a plugin did to an earlier task cannot be seen in this one."""
        engine = self._brim.engine
        engine.recall.clear()
        options = Options(model=job.case.model, dialect=job.case.dialect)
        found = engine.case(job.case.request, options)
        budget = max(engine.trip(found).raw_tokens * job.share // 100, 1)
        return engine.trip(evolve(found, options=evolve(options, budget=budget)))

    def _trim(self, trip: Trip) -> TrimTask:
        return TrimTask(trip.usage(trip.raw_tokens), trip.shape(None), trip.profile)


@cache
def workbench() -> Workbench:
    """The one of this process."""
    return Workbench()

"""What stands behind the façade: counters, memories and the plugins, put to work on a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from attrs import evolve, frozen

from brim.errors import BudgetInfeasible
from brim.kernel.caching import open_tiers
from brim.kernel.calls import LAST_COUNTER
from brim.kernel.host import Host
from brim.model.decisions import Counts
from brim.model.operations import Ask
from brim.model.profiles import ModelProfile
from brim.road.archive import Archive
from brim.road.choice import Choice
from brim.road.counting import Counter
from brim.road.finish import finished
from brim.road.fitted import Fitted
from brim.road.ledger import Ledger, Undone
from brim.road.memo import Memo
from brim.road.past import Past
from brim.road.pins import first_task, pinned_exchanges
from brim.road.pipeline import Kit, Outcome, travel
from brim.road.prepare import Options, Reading, choose, leading, reading, room_for, trip_for
from brim.road.profiles import resolve
from brim.road.recall import Recall
from brim.road.report_count import CountReport, count_report
from brim.road.sharing import Errand, Sharing
from brim.road.survival import Survey
from brim.road.timeline import Timeline
from brim.road.trip import Trip
from brim.road.watch import Watch
from brim.road.wires import Incoming, read
from brim.settings.schema import Settings

__all__ = ["Case", "Engine"]

LEDGER_VERSION = 1
PROFILES = 256
"""Model names remembered; a proxy's clients may send any."""


@frozen
class Case:
    """One request: as it came in, as it was read, and what is known of its messages."""

    incoming: Incoming
    reading: Reading
    timeline: Timeline
    options: Options

    @property
    def offset(self) -> int:
        """How many instructions stand in front of the timeline's messages."""
        return len(self.incoming.messages) - len(self.timeline)


class Engine:
    """Not safe for threads by itself: its owner holds a lock while it is called."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self.host = host
        self.settings = settings
        self.memo = Memo(settings.counting.memo)
        self.recall = Recall()
        self.ledger = Ledger(settings.ledger.max_bytes, settings.ledger.ttl, time.monotonic)
        self.archive = Archive(settings.archive)
        self.tiers = open_tiers(host.calls, settings)
        self.again: Callable[[Case, int, Undone], Fitted] | None = None
        self._looked = False
        self.watch = Watch(host.calls)
        self.survey = Survey()
        self.kit = Kit(
            host.calls,
            self.ledger,
            self.watch,
            settings.policy,
            Choice.of(settings, host.calls.names("condense")),
            self.survey,
            settings.condensation.quality,
            Sharing(self.ledger, self.tiers, settings.ledger.ttl) if self.tiers else None,
        )
        self._strategies = self._versions()
        self._counters: dict[str, Counter] = {}
        self._counting = self.watch.counting(self._counted)
        self._crowded = False
        self._estimated: set[str] = set()
        self._over: set[str] = set()

    @property
    def memory_utilization(self) -> float:
        """The share in use of what ledger and counting memo may hold."""
        return (self.ledger.held + self.memo.held) / (self.ledger.max_bytes + self.memo.size)

    def counter(self, model: str) -> Counter:
        """The counter of a model, with its profile."""
        found = self._counters.get(model)
        if found is None:
            if len(self._counters) >= PROFILES:
                self._counters.clear()
            calls = self.host.calls
            profile = resolve(model, self.settings.models, calls.provide_model)
            found = Counter(self._counting, profile, self.memo, self.settings.counting)
            self._counters[model] = found
        return found

    def profile(self, model: str) -> ModelProfile:
        return self.counter(model).profile

    def read(self, incoming: Incoming, options: Options) -> Reading:
        dialect = choose(self.host.calls.dialects(), options.dialect, incoming)
        return reading(dialect, incoming, options, self.settings.model)

    def fresh(self, read: Reading, options: Options) -> Timeline:
        """An empty timeline."""
        counter, seed = self.counter(read.model), self._seed(options.tenant)
        return Timeline(read.dialect, counter, seed, depth=self.settings.limits.max_depth)

    def case(self, given: object, options: Options) -> Case:
        """Read a request, and recognize its messages. Raises `MalformedRequest`."""
        hits, misses = self._lookups()
        with self.watch.step("read") as taken:
            case = self._case(given, options)
            taken.facts["messages"] = len(case.incoming.messages)
            taken.facts["hits"] = self._lookups()[0] - hits
            taken.facts["misses"] = self._lookups()[1] - misses
        return case

    def _case(self, given: object, options: Options) -> Case:
        keys = {dialect.messages_key for dialect in self.host.calls.dialects().values()}
        incoming = read(given, sorted(keys, reverse=True), self.settings.limits)
        found = self.read(incoming, options)
        fresh = self.fresh(found, options)
        skip = leading(incoming.messages)
        scope = (found.dialect.name, found.model, fresh.seed)
        timeline = self.recall.timeline(fresh, incoming.messages[skip:], scope, skip)
        return Case(incoming, found, timeline, options)

    def trip(self, case: Case) -> Trip:
        options = case.options
        profile = case.timeline.counter.profile
        room = room_for(profile, case.reading.envelope, options.budget, self.settings.budget)
        self._warn_of_window(profile, options.budget or self.settings.budget.tokens)
        offset = len(case.reading.head)
        pinned = pinned_exchanges(case.timeline, offset, options.pins, self.settings.pins)
        if self.settings.condensation.pin_first_task:
            pinned |= first_task(case.timeline, room.budget)
        if case.reading.envelope.continues:  # what the provider keeps may need any of it
            pinned = frozenset(range(len(case.timeline.groups)))
        pinned |= self.undone(case.timeline)
        trip = trip_for(case.reading, case.timeline, profile, room, pinned)
        trip.tenant = options.tenant
        trip.may_drop_blocks = self.settings.condensation.drop_bound_thinking
        return trip

    def fit(self, case: Case) -> Generator[Ask | Errand, Any, Fitted]:
        """The whole road; see `travel`. From now on until its end the timeline does not grow."""
        began = time.perf_counter()
        trip = self.trip(case)
        case.timeline.busy += 1
        return self._travelled(case, trip, began)

    def _travelled(
        self, case: Case, trip: Trip, began: float
    ) -> Generator[Ask | Errand, Any, Fitted]:
        with self.watch.step("fit") as taken:
            try:
                outcome = yield from travel(self.kit, trip)
            except BudgetInfeasible as error:
                raise self._explained(error, case) from None
            finally:
                case.timeline.busy -= 1
            seconds = time.perf_counter() - began
            fitted = finished(case.incoming, trip, outcome, seconds, self.survey)
            taken.facts.update(fitted.report.figures)
        self._clean_up()
        return self._with_past(case, fitted, outcome)

    def _with_past(self, case: Case, fitted: Fitted, outcome: Outcome) -> Fitted:
        """The answer with the way back; what was just condensed goes into the archive."""
        past = Past(
            tenant=case.options.tenant,
            timeline=case.timeline,
            rendering=outcome.rendering,
            head=case.reading.head,
            archive=self.archive,
            dialects=self.host.calls.dialects(),
            again=partial(self._again, case, len(case.timeline)),
        )
        if fitted.report.condensed:
            self.archive.keep(past.tenant, past.timeline, past.reachable)
        return evolve(fitted, past=past)

    def _again(self, case: Case, length: int, undone: Undone) -> Fitted:
        assert self.again is not None, "only a driver makes fits"
        return self.again(case, length, undone)

    def at(self, case: Case, length: int) -> Case:
        """The case as it was when there were so many messages."""
        if len(case.timeline) == length:
            return case
        return evolve(case, timeline=case.timeline.fork(length))

    def undone(self, timeline: Timeline) -> frozenset[int]:
        """The exchanges whose condensation was undone, by this process or an earlier one."""
        if not self._looked:
            self._looked = True
            for one in self.archive.undone():
                self.ledger.undo(one)
        return self.ledger.pins(timeline.chain)

    def _explained(self, error: BudgetInfeasible, case: Case) -> BudgetInfeasible:
        undone = len(self.undone(case.timeline))
        if not undone:
            return error
        reason = f"{error.reason}, with {undone} exchanges in it that `undo` brought back,"
        return BudgetInfeasible(error.minimum, error.budget, reason)

    def count(self, given: object, options: Options) -> CountReport:
        """Count a request without fitting it. Raises `MalformedRequest`."""
        case = self.case(given, options)
        parsed = [*case.reading.head, *case.timeline.parsed]
        envelope = case.reading.envelope
        return count_report(
            case.timeline.counter,
            envelope.system,
            envelope.tools,
            [one.message for one in parsed],
            self.host.calls.answered.get("count_tokens", ""),
        )

    def _counted(self, texts: Sequence[str], profile: ModelProfile) -> Counts:
        calls = self.host.calls
        if not self.settings.counting.accurate:
            return calls.estimate_tokens(texts, profile)
        counts = calls.count_tokens(texts, profile)
        if calls.answered.get("count_tokens") == LAST_COUNTER:
            self._warn_of_estimate(profile, counts.margin)
        return counts

    def _warn_of_estimate(self, profile: ModelProfile, margin: float) -> None:
        if profile.encoding not in self._estimated:
            from loguru import logger

            self._estimated.add(profile.encoding)
            logger.warning(
                f"no counter knows the encoding {profile.encoding!r} of {profile.name}: counts "
                f"are estimates that may fall short by {margin:.0%}; install a counter for it"
            )

    def _warn_of_window(self, profile: ModelProfile, budget: int | None) -> None:
        if budget and profile.known and budget > profile.window and profile.name not in self._over:
            from loguru import logger

            self._over.add(profile.name)
            logger.warning(
                f"a budget of {budget:,} tokens is more than the window of {profile.name}, and "
                f"{profile.window:,} is used; describe another one in brim.toml if it is larger"
            )

    def _lookups(self) -> tuple[int, int]:
        """Look-ups so far that memory answered, and that it did not."""
        return self.recall.hits + self.memo.hits, self.memo.misses

    def _clean_up(self) -> None:
        """Let go of what can be had again, once each time that memory becomes scarce."""
        crowded = self.memory_utilization > self.settings.caching.memory_cleanup
        if crowded and not self._crowded:
            self.ledger.expire()
            self.recall.clear()
            self.survey.clear()
        self._crowded = crowded

    def _seed(self, tenant: str) -> bytes:
        text = "\0".join([tenant, str(LEDGER_VERSION), *self._strategies])
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _versions(self) -> list[str]:
        """The strategies that may act, each with its version and that of its prompts."""
        versions = {status.name: status.version for status in self.host.statuses()}
        prompts = self.host.prompt_version
        return [
            f"{name}={versions.get(name, '')}{prompts(name)}" for name in self.kit.choice.possible
        ]

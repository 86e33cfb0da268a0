"""What stands behind the façade: counters, memories and the plugins, put to work on a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from functools import cached_property, partial
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
from brim.road.condensing.ahead import Aside, ahead_of, make_ready
from brim.road.condensing.choice import Choice
from brim.road.condensing.finish import finished
from brim.road.condensing.pipeline import travel
from brim.road.condensing.state import Kit, Outcome
from brim.road.grading.survival import Survey
from brim.road.injection.injecting import Search, injecting_of
from brim.road.intake.pins import first_task, pinned_exchanges
from brim.road.intake.prepare import Options, Reading, choose, leading, reading, trip_for
from brim.road.intake.recall import Recall
from brim.road.intake.wires import Incoming, read
from brim.road.learning.calibrate import Sent
from brim.road.learning.observing import Learned, in_their_tokens
from brim.road.memory.archive import Archive
from brim.road.memory.ledger import Ledger, Undone
from brim.road.memory.past import Past
from brim.road.memory.shared_originals import shared_originals
from brim.road.memory.sharing import Errand, sharing_of
from brim.road.plans.timeline import Timeline
from brim.road.plans.trip import Trip
from brim.road.reports.fitted import Fitted
from brim.road.tokens.counting import Counter
from brim.road.tokens.memo import Memo
from brim.road.tokens.profiles import resolve
from brim.road.tokens.report_count import CountReport, count_report
from brim.road.watch import Fact, Watch
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
        self.tiers = open_tiers(host.calls, settings)
        self.learned = Learned(settings, self.tiers)
        self.archive = Archive(
            settings.archive, shared=shared_originals(settings.archive, self.tiers)
        )
        self.again: Callable[[Case, int, Undone], Fitted] | None = None
        self.begin: Callable[[Aside, str], object] | None = None
        self.ahead = ahead_of(settings, host.calls, self.ledger)
        self.glanced: tuple[object, tuple[int, int]] | None = None
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
            sharing_of(self.ledger, self.ahead.records if self.ahead else None, self.tiers),
            self.ahead.records if self.ahead else None,
            self.learned.shared_accounts,
        )
        self.injecting = injecting_of(host, settings, self.ledger, self.tiers)
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

    @cached_property
    def messages_keys(self) -> list[str]:
        """The fields that may hold the messages, as first looked for."""
        keys = {dialect.messages_key for dialect in self.host.calls.dialects().values()}
        return sorted(keys, reverse=True)

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
        counter, seed = self.counter(read.model), self.seed(options.tenant)
        return Timeline(read.dialect, counter, seed, depth=self.settings.limits.max_depth)

    def case(self, given: object, options: Options) -> Case:
        """Read a request, and recognize its messages. Raises `MalformedRequest`."""
        with self.watch.step("read") as taken:
            since = self.lookups(given)
            case = self._case(given, options)
            taken.facts.update(self.read_facts(len(case.incoming.messages), since))
        return case

    def _case(self, given: object, options: Options) -> Case:
        incoming = read(given, self.messages_keys, self.settings.limits)
        found = self.read(incoming, options)
        fresh = self.fresh(found, options)
        skip = leading(incoming.messages)
        scope = (found.dialect.name, found.model, fresh.seed)
        timeline = self.recall.timeline(fresh, incoming.messages[skip:], scope, skip)
        return Case(incoming, found, timeline, options)

    def trip(self, case: Case) -> Trip:
        options = case.options
        profile = case.timeline.counter.profile
        room = self.learned.room(case.timeline, case.reading.envelope, options)
        self.warn_of_window(profile, options.budget)
        offset = len(case.reading.head)
        pinned = pinned_exchanges(case.timeline, offset, options.pins, self.settings.pins)
        if self.settings.condensation.pin_first_task:
            pinned |= first_task(case.timeline, room.budget)
        if case.reading.envelope.continues:  # what the provider keeps may need any of it
            pinned = frozenset(range(len(case.timeline.groups)))
        pinned |= self.undone(case.timeline)
        trip = trip_for(case.reading, case.timeline, profile, room, pinned)
        trip.tenant = options.tenant
        self.learned.accounts.remember(trip)
        trip.may_drop_blocks = self.settings.condensation.drop_bound_thinking
        return trip

    def fit(self, case: Case) -> Generator[Ask | Errand | Search, Any, Fitted]:
        """The whole road; see `travel`. From now on until its end the timeline does not grow."""
        began = time.perf_counter()
        trip = self.trip(case)
        case.timeline.busy += 1
        return self._travelled(case, trip, began)

    def _travelled(
        self, case: Case, trip: Trip, began: float
    ) -> Generator[Ask | Errand | Search, Any, Fitted]:
        with self.watch.step("fit") as taken:
            try:
                way = self.injecting.travel if self.injecting else travel
                outcome = yield from way(self.kit, trip)
            except BudgetInfeasible as error:
                raise self._explained(in_their_tokens(error, trip.room), case) from None
            finally:
                case.timeline.busy -= 1
            seconds = time.perf_counter() - began
            kept = self.learned.keep(trip, outcome.decision, outcome.after.tokens)
            fitted = finished(case.incoming, trip, outcome, seconds, self.survey)
            taken.facts.update(fitted.report.figures)
        self.clean_up()
        if self.ahead and self.begin and self.ahead.wanted(self.kit, trip, outcome):
            apart = evolve(case, timeline=case.timeline.fork(trip.length))
            self.begin(self._make_ready(apart), case.options.tenant)
        fitted = yield from self._with_past(case, fitted, outcome)
        yield from kept
        return fitted

    def _make_ready(self, case: Case) -> Aside:
        """Condense before it is due; see `make_ready`."""
        assert self.ahead is not None, "nothing is begun without it"
        with self.watch.step("ahead"):
            yield from make_ready(self.kit, self.trip(case), self.ahead.records)

    def _with_past(
        self, case: Case, fitted: Fitted, outcome: Outcome
    ) -> Generator[Errand, Any, Fitted]:
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
            yield from self.archive.keep(past.tenant, past.timeline, past.reachable)
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

    def observe(self, request: object, said: object, options: Options) -> Aside:
        """Learn from what a provider said of a fit's request, or of any other; see `Learned`."""
        if isinstance(request, Fitted):
            past = request.origin
            sent = Sent(past.tenant, past.timeline, past.length, request.report.tokens)
        else:
            trip = self.trip(self.case(request, options))
            sent = Sent(options.tenant, trip.timeline, trip.length, trip.raw_tokens)
        return self.learned.observe(sent, said)

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

    def warn_of_window(self, profile: ModelProfile, budget: int | None) -> None:
        """Tell, once for each model, of a budget that is more than its window."""
        budget = budget or self.settings.budget.tokens
        if budget and profile.known and budget > profile.window and profile.name not in self._over:
            from loguru import logger

            self._over.add(profile.name)
            logger.warning(
                f"a budget of {budget:,} tokens is more than the window of {profile.name}, and "
                f"{profile.window:,} is used; describe another one in brim.toml if it is larger"
            )

    def lookups(self, given: object = None) -> tuple[int, int]:
        """Look-ups that memory answered, and that it did not, until this request came in."""
        before, self.glanced = self.glanced, None
        if before is not None and before[0] is given:
            return before[1]
        return self.recall.hits + self.memo.hits, self.memo.misses

    def read_facts(self, messages: int, since: tuple[int, int]) -> dict[str, Fact]:
        """What observers are told of a request that was read."""
        hits, misses = self.lookups()
        return {"messages": messages, "hits": hits - since[0], "misses": misses - since[1]}

    def clean_up(self) -> None:
        """Let go of what can be had again, once each time that memory becomes scarce."""
        crowded = self.memory_utilization > self.settings.caching.memory_cleanup
        if crowded and not self._crowded:
            self.ledger.expire()
            if self.ahead:
                self.ahead.records.expire()
            self.recall.clear()
            self.survey.clear()
        self._crowded = crowded

    def seed(self, tenant: str) -> bytes:
        text = "\0".join([tenant, str(LEDGER_VERSION), *self._strategies])
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _versions(self) -> list[str]:
        """The strategies that may act, each with its version and that of its prompts."""
        versions = {status.name: status.version for status in self.host.statuses()}
        prompts = self.host.prompt_version
        return [
            f"{name}={versions.get(name, '')}{prompts(name)}" for name in self.kit.choice.possible
        ]

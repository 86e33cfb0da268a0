"""Requests that fit as they are, told from their bytes: only what is new in them is read.

The answer is that of the whole road, or None where only the whole road can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from time import perf_counter

from attrs import evolve, field, frozen

from brim.errors import BrimError
from brim.kinds import ContentKind
from brim.model.decisions import Shape, TrimDecision, TrimTask, Usage
from brim.road.engine import Engine
from brim.road.glancing.beginnings import Tally
from brim.road.glancing.sight import Sight, Sights
from brim.road.intake.prepare import Options
from brim.road.plans.timeline import link
from brim.road.plans.trip import kinds_of
from brim.road.watch import Fact, Taken

__all__ = ["Glance", "Glancer"]


@frozen
class Glance:
    """What a fit would report of a request that goes out as it came; see `FitReport`. `prints`
    are the fingerprints of its messages, without the instructions in front."""

    model: str
    messages: int
    before: Usage
    decision: TrimDecision
    prints: Sequence[bytes] = field(default=(), eq=False, repr=False)

    @property
    def after(self) -> Usage:
        return self.before

    @property
    def figures(self) -> dict[str, Fact]:
        """What observers are told, as of a fit."""
        tokens = self.before.tokens
        return {
            "utilization": round(self.before.utilization, 4),
            "model": self.model,
            "level": str(self.decision.level),
            "messages": self.messages,
            "tokens_before": tokens,
            "tokens_after": tokens,
            "saved": 0,
            "condensed": False,
            "replayed": False,
            "degraded": False,
        }


class Glancer:
    """Not safe for threads by itself: its owner holds the engine's lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sights = Sights(engine)

    def glance(self, body: bytes, options: Options, most: int | None = None) -> Glance | None:
        """The answer, None where the whole road must be taken, or more than `most` bytes read."""
        engine, since = self._engine, self._engine.lookups(body)
        try:
            found = self._glanced(body, options, most, since)
        except BrimError:  # the whole road says it better
            found = None
        if found is None:
            engine.glanced = (body, since)
        return found

    def _glanced(
        self, body: bytes, options: Options, most: int | None, since: tuple[int, int]
    ) -> Glance | None:
        engine, began = self._engine, perf_counter()
        settings = engine.settings
        if settings.inject or engine.learned.accounts or len(body) > settings.limits.max_bytes:
            return None
        sight = self._sights.of(body, options, most)
        if sight is None:
            return None
        engine.recall.hits += len(sight.known) - sight.known.lead
        tally = _counted(sight)
        facts, read = engine.read_facts(len(tally), since), perf_counter()
        found = self._decided(body, options, sight, tally)
        self._sights.keep(body, options, sight, tally, over=found is None)
        if found is not None:
            engine.watch.tell("read", read - began, Taken(facts))
            engine.watch.tell("fit", perf_counter() - read, Taken(found.figures))
            engine.clean_up()
        return found

    def _decided(self, body: bytes, options: Options, sight: Sight, tally: Tally) -> Glance | None:
        """As the beginning of `travel`, for what goes out as it came."""
        engine, counter, kit = self._engine, sight.counter, self._engine.kit
        head = sight.front.tokens(counter)
        if sight.lead:
            tally.costs[: sight.lead] = counter.messages(sight.new[: sight.lead])
        profile, envelope = counter.profile, sight.front.envelope
        if self._reported(profile.name, options, tally):
            return None
        learned = engine.learned
        scale = learned.calibration.usual(options.tenant, profile.name)
        room = learned.room_by(scale, profile, envelope, options)
        engine.warn_of_window(profile, options.budget)
        tokens, limit = head + sum(tally.costs), counter.within(room.budget, room.margin)
        upper = counter.upper(tokens, room.margin)
        usage = room.usage(tokens, upper, head + tally.instructions)
        shape = self._shape(body, sight, tally)
        decision = kit.calls.should_trim(kit.policy, TrimTask(usage, shape, profile))
        if decision.target > limit:
            decision = evolve(decision, target=limit)
        if decision.trim or decision.account or usage.upper > room.budget:
            return None
        if tokens > decision.target and self._recorded(options, tally):
            return None
        return Glance(envelope.model, len(tally), usage, decision, tally.prints[tally.lead :])

    def _shape(self, body: bytes, sight: Sight, tally: Tally) -> Shape:
        tokens = tuple(tally.body(tally.costs))

        def look() -> dict[ContentKind, int]:
            parsed = self._sights.all_of(body, sight.dialect)[tally.lead :]
            return kinds_of(parsed, tally.costs[tally.lead :])

        return Shape(len(tokens), tally.turns, tokens, look)

    def _reported(self, model: str, options: Options, tally: Tally) -> bool:
        """Whether the provider has said anything of this conversation."""
        anchors = self._engine.learned.calibration.anchors
        prints = tally.body(tally.prints) if anchors else ()
        if not prints:
            return False
        seed = self._engine.seed(options.tenant)
        if not anchors.begun(model, link(seed, prints[0])):
            return False
        return anchors.last(model, [*accumulate(prints, link, initial=seed)]) is not None

    def _recorded(self, options: Options, tally: Tally) -> bool:
        """Whether there may be a record of this conversation, here or elsewhere, or one is
        wanted before it is needed."""
        engine = self._engine
        if engine.kit.sharing or engine.ahead:
            return True
        prints = tally.body(tally.prints)
        return engine.ledger.knows(accumulate(prints, link, initial=engine.seed(options.tenant)))


def _counted(sight: Sight) -> Tally:
    """What is known of all messages; the instructions in front are not counted yet."""
    tally, lead = sight.known, sight.lead
    messages = sight.new
    if lead:
        tally = Tally(lead=lead)
    tally.add(messages, [*[0] * lead, *sight.counter.messages(messages[lead:])], sight.own)
    return tally

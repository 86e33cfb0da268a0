"""Context behind the user's messages: looked up once for each, and sent the same ever after.

A condensation leaves room for it, and it is looked up when it is known what is left out: what the
model does not see is what it may need. It is never itself a reason to condense.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from hashlib import blake2b
from time import perf_counter
from typing import Any

from attrs import evolve, frozen

from brim.errors import HookError
from brim.kernel.calls import Calls
from brim.kernel.drive import Drive
from brim.kernel.host import Host
from brim.model.conversation import Exchange
from brim.model.messages import Message, Text
from brim.model.operations import Ask, InjectTask, Snippet
from brim.road.condensing.pipeline import travel
from brim.road.condensing.state import Kit, Outcome
from brim.road.injection.injections import Injections
from brim.road.injection.snippets import FRAME, composed, ranked
from brim.road.memory.ledger import Ledger
from brim.road.memory.sharing import Errand
from brim.road.plans.plan import EMPTY, Plan
from brim.road.plans.render import Rendering
from brim.road.plans.trip import Trip
from brim.road.reports.report import Injected
from brim.road.watch import Taken
from brim.settings.schema import InjectionSettings, Settings
from brim.store.tiers import Tiers
from brim.texts import is_context

__all__ = ["SPACE", "Injecting", "Search", "injecting_of"]

SPACE = "injections"
"""Of the tiers, for what was injected."""

SENT = b"sent "
"""In front of the value in the chain at which a request ended that went out."""

SHARE = 8
"""What was injected may take one part in so many of what the ledger may."""

MOST = 512
"""Messages, from the last one back, of which the tiers are asked what was injected."""

LEAST = 400
"""Tokens that there are at the least, where they are no more than an eighth of what there is."""

SMALLEST = 2 * FRAME
"""Tokens of room below which nothing is looked up."""

Road = Generator["Ask | Errand | Search", Any, Outcome]
Sources = Callable[[InjectTask], Awaitable[Sequence[Sequence[Snippet]]]]


@frozen
class Search:
    """A question to the sources of context. The road yields it, so that its lock is not held while
    they are waited for, and is sent what they offer."""

    sources: Sources
    task: InjectTask
    drive: Drive

    def run(self) -> object:
        return self.drive.run(self.arun())

    async def arun(self) -> object:
        return await self.sources(self.task)


@frozen
class Embedding:
    """The plugin that embeds, if there is one. `name` tells it, its version and its settings from
    others, and nothing of what they say."""

    calls: Calls
    name: str
    seconds: float

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]] | None:
        """One vector for each text; None where there is no plugin, or it fails."""
        try:
            return await self.calls.embed(texts, self.seconds)
        except HookError as error:
            self.calls.tell(error)
            return None


@frozen
class Injecting:
    """Takes a request down the road, and puts context behind its last message.

    `known` is what was injected, here or, by way of `tiers`, elsewhere.
    """

    settings: InjectionSettings
    sources: Sources
    drive: Drive
    known: Injections
    tiers: Tiers | None
    embedding: Embedding

    def travel(self, kit: Kit, trip: Trip) -> Road:
        """As `travel`. Raises `BudgetInfeasible`; nothing that a source does is raised."""
        yield from self._recall(trip)
        trip.wanted = self._most(trip) if self._wanted(trip) else 0
        outcome = yield from travel(kit, trip)
        trip.reserve(0)
        room, found = _room(trip, outcome), tuple[Snippet, ...]()
        if room:
            found = yield from self._search(kit, trip, outcome.rendering, room)
        outcome = _sent(trip, outcome, found, room)
        self._settle(trip, outcome.rendering)
        return outcome

    def _recall(self, trip: Trip) -> Generator[Errand, Any, None]:
        """Take over what was injected behind the messages that came since the last look."""
        timeline = trip.timeline
        for index, block in timeline.injected.items():
            self.known.put(_link(trip, index), block.text)
        places = [i for i in range(self._since(trip), trip.length) if _from_user(trip, i)]
        unknown = [i for i in places if self._recalled(trip, i) is None]
        timeline.looked = trip.length
        if self.tiers and unknown:
            keys = {_link(trip, i): i for i in unknown[-MOST:]}
            space = self.tiers.space(SPACE, trip.tenant)
            found = yield Errand(self.tiers, space.reading(list(keys), self.known.ttl))
            for key, packed in found.items():
                self.known.adopt(key, packed.decode("utf-8", "surrogatepass"))
                self._recalled(trip, keys[key])

    def _recalled(self, trip: Trip, index: int) -> str | None:
        text = self.known.get(_link(trip, index))
        if text:
            trip.timeline.inject(index, text)
        return text

    def _wanted(self, trip: Trip) -> bool:
        """Whether the last message is the user's, and new."""
        last = _asking(trip)
        if last is None or last in trip.timeline.injected:
            return False
        if self.known.get(_link(trip, last)) is not None or self._was_sent(trip, last):
            return False
        message = trip.timeline.message(last)
        texts = [part.text for part in message.parts if isinstance(part, Text)]
        if not message.text.strip() or any(map(is_context, texts[1:])):
            return False
        return self.settings.mode == "on" or len(message.text) >= self.settings.min_characters

    def _most(self, trip: Trip) -> int:
        free = max(trip.limit - trip.fixed, 0)
        return max(int(self.settings.share * free), min(LEAST, free // 8))

    def _search(
        self, kit: Kit, trip: Trip, rendering: Rendering | None, room: int
    ) -> Generator[Errand | Search, Any, tuple[Snippet, ...]]:
        """Ask the sources, and put what they offer behind the last message."""
        last, began, timeline = _asking(trip), perf_counter(), trip.timeline
        assert last is not None, "room is kept only for a message of the user's"
        plan = rendering.plan if rendering else EMPTY
        task = InjectTask(
            trip.conversation(trip.units(plan)),
            timeline.message(last).text,
            room - FRAME,
            _gone(trip, plan),
            trip.counter.texts,
            self.embedding.embed,
            self.embedding.name,
        )
        offers = yield Search(self.sources, task, self.drive)
        text, snippets = composed(ranked(offers), room, trip.counter.texts, _shown(trip, rendering))
        kept = self.known.put(_link(trip, last), text)
        if self.tiers and kept is text:
            kept = yield from self._offer(trip, _link(trip, last), text)
        cost = trip.counter.texts([kept])[0]
        if kept and _tokens(trip, rendering) + cost <= trip.limit:
            timeline.inject(last, kept)
        facts = {"offered": sum(map(len, offers)), "snippets": len(snippets)}
        kit.watch.tell("inject", perf_counter() - began, Taken({**facts, "room": room}))
        return tuple(snippets) if kept == text else ()

    def _settle(self, trip: Trip, rendering: Rendering | None) -> None:
        """Remember what goes out where it does not show what was decided: that a block went with
        its message, or that nothing was found. Should it come back, it is left as it is."""
        if rendering is None:
            return
        last = _asking(trip)
        bare = last is not None and last not in trip.timeline.injected
        in_vain = bare and self.known.get(_link(trip, last or 0)) is not None
        if in_vain or rendering.plan != EMPTY:
            self.known.put(SENT + rendering.end(), "")

    def _since(self, trip: Trip) -> int:
        """The first message that came since the last look, or since what once went out as it is."""
        timeline = trip.timeline
        new = set(range(timeline.looked, trip.length)).difference(timeline.instructions)
        for index in sorted(new, reverse=True):
            if self._was_sent(trip, index):
                timeline.strip(index + 1)
                return index + 1
        return timeline.looked

    def _was_sent(self, trip: Trip, index: int) -> bool:
        return self.known.get(SENT + _link(trip, index)) is not None

    def _offer(self, trip: Trip, key: bytes, text: str) -> Generator[Errand, Any, str]:
        """Write it where nothing is yet; the one that all will send."""
        assert self.tiers is not None, "offered to tiers only"
        space, packed = self.tiers.space(SPACE, trip.tenant), text.encode("utf-8", "surrogatepass")
        won = yield Errand(self.tiers, space.adding(key, packed, self.known.ttl))
        kept: str = won.decode("utf-8", "surrogatepass")
        self.known.adopt(key, kept)
        return kept


def injecting_of(
    host: Host, settings: Settings, ledger: Ledger, tiers: Tiers | None
) -> Injecting | None:
    """None where settings name no source, or turn them off."""
    chosen, calls = settings.injection, host.calls
    if not settings.inject or chosen.mode == "off":
        return None

    async def sources(task: InjectTask) -> Sequence[Sequence[Snippet]]:
        return await calls.inject_context(settings.inject, task, chosen.timeout)

    versions = {status.name: status.version for status in host.statuses()}
    names = calls.names("embed")[:1]
    says = [(n, versions.get(n, ""), sorted(settings.plugin.get(n, {}).items())) for n in names]
    name = blake2b(repr(says).encode(), digest_size=16).hexdigest() if says else ""
    return Injecting(
        chosen,
        sources,
        host.drive,
        Injections(ledger.max_bytes // SHARE, ledger.ttl, ledger.clock),
        tiers,
        Embedding(calls, name, chosen.timeout),
    )


def _sent(trip: Trip, outcome: Outcome, found: Sequence[Snippet], room: int) -> Outcome:
    """The outcome with what goes out behind messages, and without what was kept free."""
    timeline, rendering = trip.timeline, outcome.rendering
    plan = rendering.plan if rendering else EMPTY
    if rendering or timeline.injected:
        rendering = trip.render(plan)
        timeline.rendering = rendering
    new = timeline.injected.get(_asking(trip) or 0) if found else None
    injected = Injected(
        tuple(snippet.source for snippet in found),
        new.tokens if new else 0,
        sum(map(rendering.bears, timeline.injected)) - bool(new) if rendering else 0,
        room,
    )
    return evolve(
        outcome,
        before=trip.usage(trip.came_tokens),
        after=trip.usage(_tokens(trip, rendering)),
        rendering=rendering,
        injected=injected,
    )


def _tokens(trip: Trip, rendering: Rendering | None) -> int:
    return trip.tokens(rendering) if rendering else trip.raw_tokens


def _room(trip: Trip, outcome: Outcome) -> int:
    """What there is for context without a new reason to condense."""
    free = min(outcome.decision.trigger, trip.limit) - _tokens(trip, outcome.rendering)
    room = min(trip.wanted, free)
    return room if room >= SMALLEST else 0


def _shown(trip: Trip, rendering: Rendering | None) -> list[str]:
    """The blocks of context that go out, those too that the caller sends as his own."""
    sent = (reversed(one.message.parts) for one in trip.parsed(rendering))
    last = (next((part.text for part in parts if isinstance(part, Text)), "") for parts in sent)
    there = [text for text in last if is_context(text)]
    return there if rendering else [*there, *(b.text for b in trip.timeline.injected.values())]


def _asking(trip: Trip) -> int | None:
    """The message of the user's that the conversation ends with."""
    groups, last = trip.timeline.groups, trip.timeline.grouping.last_user
    return groups[last].first if last is not None and last == trip.newest else None


def _from_user(trip: Trip, index: int) -> bool:
    owners = trip.timeline.grouping.owners[index]
    return bool(owners) and trip.timeline.groups[owners[-1]].from_user


def _link(trip: Trip, index: int) -> bytes:
    """The value in the chain of message `index`."""
    apart = sum(place < index for place in trip.timeline.instructions)
    return trip.timeline.chain[index + 1 - apart]


def _gone(trip: Trip, plan: Plan) -> tuple[Exchange, ...]:
    """The exchanges, as they came, of which not all goes out. Brim's own notes are none."""
    rewritten = {spot[0] for spot in plan.rewrites}
    spans = {i for span in plan.spans for i in range(span.start, span.stop)}
    groups = trip.timeline.groups
    return tuple(_exchange(trip, i) for i in sorted(rewritten | spans) if not groups[i].note)


def _exchange(trip: Trip, index: int) -> Exchange:
    timeline, messages = trip.timeline, list[Message]()
    for piece in timeline.groups[index].pieces:
        message = timeline.message(piece.message)
        messages.append(message if piece.parts is None else message.only(piece.parts))
    tokens = sum(timeline.tokens[piece.message] for piece in timeline.groups[index].pieces)
    return Exchange(index, tuple(messages), tokens)

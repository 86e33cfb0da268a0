"""A request's bytes taken apart as far as they are new: the rest was read before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import Factory, define

from brim.dialects.base import Dialect, Parsed, Wire
from brim.dialects.walk import Walker
from brim.model.messages import Message
from brim.road.glancing.beginnings import Beginning, Beginnings, Tally
from brim.road.glancing.fronts import Front, Fronts
from brim.road.glancing.slicing import ends, rest, whole
from brim.road.intake.prepare import Options, leading
from brim.road.plans.grouping import speaks
from brim.road.plans.timeline import decoded
from brim.road.tokens.counting import Counter

if TYPE_CHECKING:
    from brim.road.engine import Engine

__all__ = ["Sight", "Sights"]


@define(eq=False)
class Sight:
    """A request: all but its messages as `front`, `known` messages, and those that are `new`,
    with whether they are words of the user's own; the first `lead` are instructions in front.
    `grown` is for `Beginning`."""

    dialect: Dialect
    front: Front
    counter: Counter
    new: list[Message]
    own: list[bool]
    lead: int = 0
    known: Tally = Factory(Tally)
    old: Beginning | None = None
    grown: tuple[dict[str, bytes], list[int]] | None = None


class Sights:
    """Takes requests apart, and remembers those that it has taken apart last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._fronts = Fronts()
        self._views: dict[str, Callable[[Wire, int], Message]] = {}
        caching = engine.settings.caching
        self._seen = Beginnings(caching.analysis_entries, caching.analysis_ttl, time.monotonic)

    def of(self, body: bytes, options: Options, most: int | None = None) -> Sight | None:
        """The request in these bytes, None where it must be read in another way, or where more
        than `most` bytes of it would have to be read. Raises `MalformedRequest`."""
        dialect = self._engine.host.calls.dialects().get(options.dialect or "")
        if dialect is None:
            return None
        found = self._seen.find((options.tenant, dialect.name), body)
        if found is not None and found[0].over:
            return None
        sight = self._further(body, dialect, *found, most) if found else None
        if sight is None and (most is None or len(body) <= most):
            sight = self._anew(body, dialect, most)
        return sight

    def keep(self, body: bytes, options: Options, sight: Sight, tally: Tally, over: bool) -> None:
        """Remember what is known of this request now."""
        key = sight.dialect.messages_key
        new = Beginning(body, key, tally, sight.counter, over, sight.grown)
        self._seen.keep((options.tenant, sight.dialect.name), new, sight.old)

    def all_of(self, body: bytes, dialect: Dialect) -> list[Parsed]:
        """All messages of a request that was taken apart before."""
        found = whole(body, dialect.messages_key)
        return [
            dialect.parse(decoded(one), i) for i, one in enumerate(found.messages if found else ())
        ]

    def _further(
        self, body: bytes, dialect: Dialect, old: Beginning, count: int, most: int | None
    ) -> Sight | None:
        """The first `count` messages are those of an earlier request."""
        known, marks, start = old.tally.first(count), old.marks, old.marks.ends[count - 1]
        new = rest(body, start, dialect.messages_key)
        if new is None or count == known.lead:
            return None
        sight = self._read(dialect, {**marks.fields, **new.fields}, new.messages, count, most)
        if sight is None or sight.counter is not old.counter:
            return None
        grown = (marks.fields, [*marks.ends[:count], *ends(body, start, new.messages)])
        # one that goes on in another way may go on in its own, too
        sight.old = old if count == len(old.tally) else None
        sight.known, sight.grown = known, grown
        return sight

    def _anew(self, body: bytes, dialect: Dialect, most: int | None) -> Sight | None:
        """Nothing is known of it."""
        found = whole(body, dialect.messages_key)
        if found is None or not found.messages:
            return None
        return self._read(dialect, found.fields, found.messages, 0, most)

    def _read(
        self,
        dialect: Dialect,
        fields: dict[str, bytes],
        messages: list[bytes],
        count: int,
        most: int | None,
    ) -> Sight | None:
        engine = self._engine
        limits = engine.settings.limits
        if count + len(messages) > limits.max_messages:
            return None
        if not fields.keys().isdisjoint(engine.messages_keys):  # which of them are the messages?
            return None
        front = self._fronts.find(dialect, fields)
        if most is not None and not self._is_little(front, messages, most):
            return None
        wires = [decoded(one, i, limits.max_depth) for i, one in enumerate(messages, count)]
        view = self._views.get(dialect.name) or self._views.setdefault(
            dialect.name, viewer(dialect)
        )
        new = [view(wire, i) for i, wire in enumerate(wires, count)]
        own = [speaks(one) for one in new]
        if None in own:
            return None
        front = front or self._fronts.read(dialect, fields, engine.settings.model)
        return Sight(
            dialect=dialect,
            front=front,
            counter=engine.counter(front.envelope.model),
            new=new,
            own=[bool(one) for one in own],
            lead=0 if count else leading(wires),
        )

    def _is_little(self, front: Front | None, messages: list[bytes], most: int) -> bool:
        """Whether what is new takes at most so many bytes, and no vocabulary to load."""
        if front is None or sum(map(len, messages)) > most:
            return False
        return self._engine.counter(front.envelope.model).is_warm


def viewer(dialect: Dialect) -> Callable[[Wire, int], Message]:
    """Reads messages as the dialect does, and what it says beside them only where it must."""
    if isinstance(dialect, Walker):
        return dialect.view
    return lambda wire, index: dialect.parse(wire, index).message

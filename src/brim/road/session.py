"""A conversation that grows in one place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import evolve

from brim.errors import InvalidConversation
from brim.road.driver import Driver
from brim.road.engine import Case
from brim.road.intake.pins import Pin, listed
from brim.road.intake.prepare import Options, Reading, choose, leading
from brim.road.intake.wires import Incoming, as_object, refuse_more
from brim.road.plans.timeline import Timeline
from brim.road.reports.fitted import Fitted

if TYPE_CHECKING:
    from pathlib import Path

    from brim.settings.schema import LimitSettings

__all__ = ["Session"]


class Session:
    """Append messages, and fit whenever a request is due. Made by `Brim.session`.

    Nothing is parsed or counted twice. The history itself is never trimmed: every fit starts
    from all of it.
    """

    def __init__(self, driver: Driver, options: Options) -> None:
        self._driver = driver
        self._options = options
        self._messages: list[object] = []
        self._reading: Reading | None = None
        self._timeline: Timeline | None = None

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def _limits(self) -> LimitSettings:
        return self._driver.settings.limits

    @property
    def messages(self) -> list[object]:
        """All messages, as they were appended."""
        return list(self._messages)

    def append(self, message: object) -> None:
        """Add one message. Raises `MalformedRequest`, and adds nothing, when it cannot be read."""
        self.extend([message])

    def extend(self, messages: Iterable[object]) -> None:
        """Add messages, all of them or none."""
        new = list(messages)
        with self._driver.lock:
            refuse_more(len(self) + len(new), self._limits)
            if self._timeline is None or self._misread(new):
                self._begin([*self._messages, *new])
            else:
                self._timeline = self._grown(self._timeline, new)
            self._messages.extend(new)

    def _read(self, messages: list[object]) -> Reading:
        incoming = Incoming(messages, {}, messages, None, depth=self._limits.max_depth)
        return self._driver.engine.read(incoming, self._options)

    def _begin(self, messages: list[object]) -> None:
        """Read all messages; the conversation proper begins after the leading instructions."""
        skip = leading(messages)
        reading, timeline = self._read(messages), None
        if messages[skip:]:
            timeline = self._driver.engine.fresh(reading, self._options)
            depth = timeline.depth
            timeline.extend(
                [as_object(one, i, depth) for i, one in enumerate(messages)][skip:], skip
            )
        self._reading, self._timeline = reading, timeline

    def _misread(self, new: list[object]) -> bool:
        """Whether only what comes now tells which dialect this conversation is in."""
        if self._options.dialect is not None or self._reading is None:
            return False
        ends = [*self._messages[:20], *self._messages[-20:]]
        for messages in (new, [*ends, *new]):
            dialects = self._driver.host.calls.dialects()
            found = choose(dialects, None, Incoming(messages, {}, messages, None))
            if found is self._reading.dialect:
                return False
        return True

    def _grown(self, timeline: Timeline, new: list[object]) -> Timeline:
        """The timeline with new messages; one that a fit is reading stays as it is."""
        offset = len(self._messages)
        wires = [as_object(one, offset + i, timeline.depth) for i, one in enumerate(new)]
        if timeline.busy:
            timeline = timeline.fork(len(timeline))
        timeline.extend(wires, offset - len(timeline))
        return timeline

    def fit(self, *, budget: int | None = None, pin: Pin | Iterable[Pin] | None = None) -> Fitted:
        """The request to send now; see `Brim.fit`.

        Raises `InvalidConversation` when the last tool calls are not all answered.
        """
        with self._driver.lock:
            road = self._driver.engine.fit(self._case(budget, pin))
        return self._driver.drive(road, self._options.tenant)

    async def afit(
        self, *, budget: int | None = None, pin: Pin | Iterable[Pin] | None = None
    ) -> Fitted:
        """`fit`, awaiting what a strategy asks of a model."""
        with self._driver.lock:
            road = self._driver.engine.fit(self._case(budget, pin))
        return await self._driver.adrive(road, self._options.tenant)

    def _case(self, budget: int | None, pin: Pin | Iterable[Pin] | None) -> Case:
        engine = self._driver.engine
        options = self._options
        if budget is not None:
            options = evolve(options, budget=budget)
        options = evolve(options, pins=(*options.pins, *listed(pin)))
        reading = self._reading or self._read(self._messages)
        timeline = self._timeline or engine.fresh(reading, options)
        waiting = timeline.grouping.open
        if waiting is not None:
            raise InvalidConversation(
                f"the tool calls {', '.join(sorted(waiting.pending or ()))} are not answered yet; "
                "append their results first",
                index=len(self._messages) - 1,
                rule="2",
            )
        given = list(self._messages)
        return Case(Incoming(given, {}, given, None), reading, timeline, options)

    def save(self, path: str | Path) -> None:
        """Write all messages to a JSON file that only its owner can read, in one step."""
        from brim.road.intake.files import write_private

        write_private(path, [as_object(one, i) for i, one in enumerate(self._messages)])

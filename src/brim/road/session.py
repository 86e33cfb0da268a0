"""A conversation that grows in one place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import evolve

from brim.errors import InvalidConversation
from brim.road.engine import Case
from brim.road.pins import Pin, listed
from brim.road.prepare import Options, Reading, leading
from brim.road.report import Fitted
from brim.road.timeline import Timeline
from brim.road.wires import Incoming, as_object

if TYPE_CHECKING:
    from pathlib import Path

    from brim.road.brim import Brim

__all__ = ["Session"]


class Session:
    """Append messages, and fit whenever a request is due. Made by `Brim.session`.

    Nothing is parsed or counted twice. The history itself is never trimmed: every fit starts
    from all of it.
    """

    def __init__(self, brim: Brim, options: Options) -> None:
        self._brim = brim
        self._options = options
        self._messages: list[object] = []
        self._reading: Reading | None = None
        self._timeline: Timeline | None = None

    def __len__(self) -> int:
        return len(self._messages)

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
        with self._brim.lock:
            skip = leading(new) if self._timeline is None else 0
            if skip:
                self._read([*self._messages, *new[:skip]])
            if new[skip:]:
                self._grow(new, skip)
            self._messages.extend(new)

    def _read(self, head: list[object]) -> Reading:
        incoming = Incoming(head, {}, head, None)
        self._reading = self._brim.engine.read(incoming, self._options)
        return self._reading

    def _grow(self, new: list[object], skip: int) -> None:
        offset = len(self._messages) + skip
        wires = [as_object(one, offset + i) for i, one in enumerate(new[skip:])]
        timeline = self._timeline
        if timeline is None:
            everything = [*self._messages, *new]
            timeline = self._brim.engine.fresh(self._read(everything), self._options)
        timeline.extend(wires, offset - len(timeline))
        self._timeline = timeline

    def fit(self, *, budget: int | None = None, pin: Pin | Iterable[Pin] | None = None) -> Fitted:
        """The request to send now; see `Brim.fit`.

        Raises `InvalidConversation` when the last tool calls are not all answered.
        """
        with self._brim.lock:
            road = self._brim.engine.fit(self._case(budget, pin))
        return self._brim.drive(road)

    async def afit(
        self, *, budget: int | None = None, pin: Pin | Iterable[Pin] | None = None
    ) -> Fitted:
        """`fit`, awaiting what a strategy asks of a model."""
        with self._brim.lock:
            road = self._brim.engine.fit(self._case(budget, pin))
        return await self._brim.adrive(road)

    def _case(self, budget: int | None, pin: Pin | Iterable[Pin] | None) -> Case:
        engine = self._brim.engine
        options = self._options
        if budget is not None:
            options = evolve(options, budget=budget)
        options = evolve(options, pins=(*options.pins, *listed(pin)))
        reading = self._reading or self._read(self._messages)
        timeline = self._timeline or engine.fresh(reading, options)
        waiting = timeline.grouping.open
        if waiting is not None:
            raise InvalidConversation(
                f"the tool calls {', '.join(sorted(waiting.pending))} are not answered yet; "
                "append their results first",
                index=len(self._messages) - 1,
                rule="2",
            )
        given = list(self._messages)
        return Case(Incoming(given, {}, given, None), reading, timeline, options)

    def save(self, path: str | Path) -> None:
        """Write all messages to a JSON file that only its owner can read, in one step."""
        from brim.road.files import write_private

        write_private(path, [as_object(one, i) for i, one in enumerate(self._messages)])

"""What is known of all of a request but its messages: clients send the same again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import Factory, define, evolve

from brim.dialects.base import Dialect, Envelope
from brim.dialects.jsonin import json_value
from brim.road.intake.prepare import Options, reading
from brim.road.intake.wires import Incoming

if TYPE_CHECKING:
    from brim.road.tokens.counting import Counter

__all__ = ["Front", "Fronts"]

ENTRY = 500
"""Bytes that an entry takes beside its key, about."""

Key = tuple[str, tuple[tuple[str, bytes], ...]]


@define(eq=False)
class Front:
    """The fields beside the messages, and what `counter` says of system text and tools."""

    envelope: Envelope
    counted: tuple[Counter, int] | None = None

    def tokens(self, counter: Counter) -> int:
        """Tokens of system text and tools; counted once, and forgotten but for their number."""
        if self.counted is None or self.counted[0] is not counter:
            self.counted = counter, counter.head(self.envelope.system, self.envelope.tools)
        return self.counted[1]


@define(eq=False)
class Fronts:
    """At most `size` bytes of them, the least recently used go first."""

    size: int = 8 * 1024 * 1024
    held: int = 0
    _known: OrderedDict[Key, Front] = Factory(OrderedDict)

    def find(self, dialect: Dialect, fields: Mapping[str, bytes]) -> Front | None:
        """What is known of the fields, as they stand in the request."""
        key = (dialect.name, tuple(fields.items()))
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def read(self, dialect: Dialect, fields: Mapping[str, bytes], model: str) -> Front:
        """What they say; `model` is for those that name none. Raises `MalformedRequest`."""
        found = self.find(dialect, fields)
        if found is not None:
            return found
        key = (dialect.name, tuple(fields.items()))
        values = {name: json_value(data) for name, data in fields.items()}
        read = reading(dialect, Incoming(None, values, (), None), Options(), model)
        front = self._known[key] = Front(evolve(read.envelope, fields={}))
        self.held += _weight(key)
        while self.held > self.size:
            self.held -= _weight(self._known.popitem(last=False)[0])
        return front


def _weight(key: Key) -> int:
    return ENTRY + 2 * sum(len(name) + len(data) for name, data in key[1])

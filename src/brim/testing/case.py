"""A request with its dialect: what the test kit makes, changes and judges."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from attrs import frozen

from brim.testing.wire import MESSAGES_KEYS, Atom, atoms, exchanges, turns
from brim.testing.writers import Json

__all__ = ["Case"]


@frozen
class Case:
    """A request of a dialect for a model. `request` is the provider's own JSON."""

    dialect: str
    model: str
    request: Json

    @property
    def key(self) -> str:
        """The request field that holds the messages."""
        return MESSAGES_KEYS.get(self.dialect, "messages")

    @property
    def messages(self) -> list[Json]:
        """The request's messages."""
        found: list[Json] = self.request[self.key]
        return found

    @property
    def head(self) -> Json:
        """The request without its messages."""
        return {key: value for key, value in self.request.items() if key != self.key}

    @cached_property
    def atoms(self) -> list[Atom]:
        """All that the messages hold, read once."""
        return atoms(self.messages)

    @cached_property
    def exchanges(self) -> list[list[int]]:
        """Positions of messages that belong together."""
        return exchanges(self.messages)

    @property
    def turns(self) -> list[int]:
        """The lengths at which a client would have sent it."""
        return turns(self.messages)

    def with_messages(self, messages: list[Json]) -> Case:
        """The same request with other messages."""
        return self.with_request({**self.request, self.key: messages})

    def with_request(self, request: Json) -> Case:
        """Another request of the same dialect, for the same model."""
        return Case(self.dialect, self.model, request)

    def without(self, positions: Collection[int]) -> Case:
        """The same request without these messages."""
        kept = [one for index, one in enumerate(self.messages) if index not in positions]
        return self.with_messages(kept)

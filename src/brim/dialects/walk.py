"""One walk over a provider's message, for reading it and for taking parts of it.

`slots` lists the places of a message that hold a part, in the order of the view.
`parse` reads them, `select` keeps some of them, so positions always agree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

from brim.dialects.base import Dialect, Envelope, Parsed, Rewrites, Violation, Wire
from brim.dialects.jsontext import compact
from brim.dialects.rules import RuleBook
from brim.dialects.sizes import pictures, weight
from brim.errors import MalformedRequest
from brim.hookspecs import hookimpl
from brim.model.fingerprint import digest, fingerprint
from brim.model.messages import Message, Opaque, Part
from brim.model.profiles import ModelProfile

__all__ = ["MARK", "Slot", "Texts", "Walker", "marks", "opaque", "string"]

Texts = Mapping[tuple[str | int, ...], str]
"""path inside a part -> new text"""

MARK = "cache_control"


class Slot(NamedTuple):
    """A place that holds one part. `listed` ones are items of the list in `field`."""

    field: str
    kind: str
    value: object
    listed: bool = False


class Walker(ABC):
    """What all dialects share. A dialect adds its slots, readers, writers and rules."""

    name: str
    messages_key: str
    roles: ClassVar[frozenset[str]]
    own_fields: ClassVar[frozenset[str]]
    book: ClassVar[RuleBook]
    merges_notes: bool = False
    starts_with_user: bool = False
    system_key: str = "system"
    items: bool = False
    thinking_opens_turns: bool = False

    @hookimpl
    def provide_dialect(self) -> Dialect:
        return self

    @abstractmethod
    def claims(self, request: Wire, messages: Sequence[object]) -> bool: ...

    @abstractmethod
    def envelope(self, request: Wire) -> Envelope: ...

    @abstractmethod
    def note(self, text: str, marked: Sequence[Wire] = ()) -> dict[str, object]: ...

    @abstractmethod
    def merge(self, first: Wire, second: Wire) -> dict[str, object]: ...

    @abstractmethod
    def places(self, wire: Wire) -> Iterator[Slot]:
        """The slots of content and calls. Raises `MalformedRequest` without an index."""

    @abstractmethod
    def read(self, slot: Slot, wire: Wire) -> Part:
        """The part in this slot. Raises `MalformedRequest` without an index."""

    @abstractmethod
    def write(self, slot: Slot, texts: Texts) -> object:
        """The slot's value with these texts. Raises ValueError where it cannot hold them."""

    def emptied(self, field: str) -> object:
        """What stands in a field that holds no part any more; None removes the field."""
        return None

    def role(self, wire: Wire) -> str:
        role = wire.get("role")
        if isinstance(role, str) and role in self.roles:
            return role
        known = ", ".join(sorted(self.roles))
        if role is None:
            raise MalformedRequest(f"no role; it is one of {known}", rule="role")
        raise MalformedRequest(f"unknown role {role!r}; known are {known}", rule="role")

    def speaker(self, wire: Wire) -> str:
        """The name of who speaks, empty where none is given."""
        return "" if wire.get("name") is None else string(wire, "name")

    def slots(self, wire: Wire) -> list[Slot]:
        """All places that hold a part: content, calls, then unknown fields with a value."""
        found = list(self.places(wire))
        if not self.own_fields.issuperset(wire):
            for name, value in wire.items():
                if name not in self.own_fields and value not in (None, "", [], {}):
                    found.append(Slot(name, "field", value))
        return found

    def parse(self, wire: Wire, index: int) -> Parsed:
        message = self.view(wire, index)
        parts = message.parts
        faults = self.book.faults(message, wire, index)
        return Parsed(message, faults, marks(wire), weight(parts), pictures(parts))

    def view(self, wire: Wire, index: int) -> Message:
        """What `parse` reads of a message, alone. Raises `MalformedRequest` as `parse` does."""
        if not isinstance(wire, Mapping):
            kind = type(wire).__name__
            raise MalformedRequest(f"a message must be an object, not {kind}", index=index)
        try:
            role, name = self.role(wire), self.speaker(wire)
            parts = tuple([self._part(slot, wire) for slot in self.slots(wire)])
        except MalformedRequest as error:
            raise MalformedRequest(error.detail, index=index, rule=error.rule) from None
        return Message(role, parts, fingerprint(role, parts, name), name)

    def _part(self, slot: Slot, wire: Wire) -> Part:
        if slot.kind == "field":
            return opaque(f"field:{slot.field}", slot.value)
        return self.read(slot, wire)

    def select(self, wire: Wire, parts: Collection[int], rewrites: Rewrites) -> dict[str, object]:
        """A new message with just these parts. Unknown fields always stay.

        Raises ValueError where a part cannot hold the text that a rewrite asks for.
        """
        out = dict(wire)
        lists: dict[str, list[object]] = {}
        for position, slot in enumerate(self.slots(wire)):
            kept = position in parts
            value = slot.value
            if kept and position in rewrites:
                value = self.write(slot, rewrites[position])
            if slot.listed:
                lists.setdefault(slot.field, []).extend([value] if kept else [])
            elif value is not slot.value:
                out[slot.field] = value
            elif not kept and slot.kind != "field":
                self._empty(out, slot.field)
        for name, values in lists.items():
            out[name] = values
            if not values:
                self._empty(out, name)
        return out

    def _empty(self, out: dict[str, object], field: str) -> None:
        rest = self.emptied(field)
        if rest is None and field != "content":
            out.pop(field, None)
        else:
            out[field] = rest

    def check(
        self, messages: Sequence[Parsed], envelope: Envelope, profile: ModelProfile
    ) -> tuple[Violation, ...]:
        return self.book.check(messages, envelope, profile)

    def altered(
        self,
        before: Sequence[Parsed],
        after: Sequence[Parsed],
        profile: ModelProfile | None = None,
    ) -> tuple[Violation, ...]:
        """What changed between the input and the output but must not."""
        return self.book.altered(before, after, profile)


def string(wire: Wire, key: str, what: str = "") -> str:
    """The text in this field. Raises `MalformedRequest` where it is anything else."""
    value = wire.get(key)
    if isinstance(value, str):
        return value
    where = f"{what}.{key}" if what else key
    got = "missing" if value is None else f"{type(value).__name__}, not a string"
    raise MalformedRequest(f"{where} is {got}", rule=key)


def opaque(kind: str, value: object) -> Opaque:
    """Anything unknown: its kind, bytes of compact JSON, and a digest without cache marks."""
    if isinstance(value, Mapping) and MARK in value:
        value = {key: item for key, item in value.items() if key != MARK}
    data = compact(value, sort=True)
    return Opaque(kind, len(data), digest(data))


def marks(value: object) -> int:
    """How many cache marks stand on a message or block and on the blocks inside of it."""
    return sum(1 for _ in marks_in(value))


def marks_in(value: object) -> Iterator[object]:
    """These marks, in order."""
    if isinstance(value, Mapping):
        inner = value.get("content")
        for block in inner if isinstance(inner, list) else ():
            yield from marks_in(block)
        if value.get(MARK) is not None:
            yield value[MARK]

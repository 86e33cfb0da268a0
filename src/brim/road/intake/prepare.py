"""From what a caller gives to a trip: dialect, head, profile, room and pins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from attrs import frozen

from brim.dialects.base import Dialect, Envelope, Parsed
from brim.errors import MalformedRequest, UnknownDialect
from brim.model.messages import INSTRUCTION_ROLES
from brim.model.profiles import ModelProfile
from brim.road.intake.pins import Pin
from brim.road.intake.wires import Incoming, as_object, plain
from brim.road.plans.timeline import Timeline, decoded
from brim.road.plans.trip import Room, Trip

if TYPE_CHECKING:
    from brim.road.tokens.counting import Counter
    from brim.settings.schema import BudgetSettings

__all__ = ["Options", "Reading", "choose", "reading", "room_for", "trip_for"]

DEFAULT_DIALECT = "openai-chat"
OBJECTS = (dict, Mapping)
"""What a JSON object may be; the first is the quicker one to tell."""

DEFAULT_ANSWER = 4_096
"""Tokens kept for the answer where neither the request nor the settings say it."""


@frozen
class Options:
    """What a caller may say beside the messages; see `Brim.fit`."""

    model: str | None = None
    budget: int | None = None
    system: object = None
    tools: object = None
    tenant: str = ""
    dialect: str | None = None
    pins: tuple[Pin, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.budget is not None and (type(self.budget) is not int or self.budget < 1):
            raise MalformedRequest(
                f"budget must be a whole number of tokens from 1, not {self.budget!r}",
                rule="budget",
            )


@frozen
class Reading:
    """A request read, but for its messages: `head` are the instructions in front."""

    dialect: Dialect
    envelope: Envelope
    head: tuple[Parsed, ...]
    model: str


def choose(dialects: Mapping[str, Dialect], name: str | None, incoming: Incoming) -> Dialect:
    """The named dialect, else the one that recognizes the request, else OpenAI Chat."""
    if name is not None:
        if name in dialects:
            return dialects[name]
        from difflib import get_close_matches

        near = get_close_matches(name, dialects) or sorted(dialects)
        raise UnknownDialect(f"no dialect {name!r}; there is {', '.join(near)}")
    fitting = [one for one in dialects.values() if _has_its_field(one, incoming)]
    seen = _plain(incoming)
    for dialect in fitting:
        if dialect.claims(incoming.fields, seen):
            return dialect
    if incoming.key not in (None, "messages") and fitting:
        return fitting[0]
    return dialects[DEFAULT_DIALECT]


def _has_its_field(dialect: Dialect, incoming: Incoming) -> bool:
    return incoming.key is None or incoming.key == dialect.messages_key


def _plain(incoming: Incoming) -> Sequence[object]:
    """Messages that a dialect can look into: a few at both ends, read as far as needed."""
    messages = incoming.messages
    ends = [*messages[:20], *messages[max(20, len(messages) - 20) :]]
    return [one if _is_plain(one) else _look(one, i) for i, one in enumerate(ends)]


def _is_plain(message: object) -> bool:
    content = message.get("content") if isinstance(message, OBJECTS) else message
    if isinstance(content, (list, tuple)):
        return all(isinstance(block, OBJECTS) for block in content)
    return content is None or isinstance(content, str)


def _look(message: object, index: int) -> object:
    try:
        return decoded(as_object(message, index))
    except MalformedRequest:
        return message


def reading(dialect: Dialect, incoming: Incoming, options: Options, default_model: str) -> Reading:
    """Read everything but the messages proper. Raises `MalformedRequest`."""
    given = {dialect.system_key: options.system, "tools": options.tools, "model": options.model}
    fields = {name: value for name, value in incoming.fields.items() if name != incoming.key}
    fields |= {name: value for name, value in given.items() if value is not None}
    fields.setdefault("model", default_model)
    envelope = dialect.envelope({name: plain(value) for name, value in fields.items()})
    if not envelope.model:
        raise MalformedRequest("no model is named: pass model=, or set `model`", rule="model")
    depth = incoming.depth
    head = tuple(
        dialect.parse(decoded(as_object(message, i, depth), i, depth), i)
        for i, message in enumerate(incoming.messages[: leading(incoming.messages)])
    )
    return Reading(dialect, envelope, head, envelope.model)


def leading(messages: Sequence[object]) -> int:
    """How many instructions stand in front."""
    for i, message in enumerate(messages):
        if _role(message) not in INSTRUCTION_ROLES:
            return i
    return len(messages)


def _role(message: object) -> str | None:
    found = _look(message, 0) if isinstance(message, msgspec.Raw) else message
    role = found.get("role") if isinstance(found, Mapping) else getattr(found, "role", None)
    return role if isinstance(role, str) else None


def room_for(
    profile: ModelProfile,
    envelope: Envelope,
    budget: int | None,
    settings: BudgetSettings,
    learned: int | None = None,
) -> Room:
    """An explicit budget stands as it is, but for one above the window of a model that is
    known; else the window less what the answer may take. No more than half of a window that was
    `learned` is left to the answer, also under an explicit budget."""
    reserve = settings.reserve if settings.reserve is not None else envelope.max_output
    if reserve is None:
        reserve = min(profile.max_output, DEFAULT_ANSWER, profile.window // 2)
    window = profile.window if learned is None else learned
    if learned is not None:
        reserve = min(reserve, learned // 2)
    explicit = budget if budget is not None else settings.tokens
    if explicit is None:
        return Room(max(window - reserve, 0), window, reserve)
    most = min(explicit, window) if profile.known else explicit
    if learned is not None:
        most = min(explicit, learned - reserve)
    return Room(most, most, 0, explicit=True)


def trip_for(
    read: Reading,
    timeline: Timeline,
    profile: ModelProfile,
    room: Room,
    pinned: frozenset[int],
) -> Trip:
    """Everything the road needs to know of this request."""
    counter: Counter = timeline.counter
    fixed = counter.head(read.envelope.system, read.envelope.tools)
    fixed += sum(counter.messages([one.message for one in read.head]))
    fixed += timeline.instruction_tokens
    return Trip(timeline, read.head, read.envelope, profile, room, fixed, pinned)

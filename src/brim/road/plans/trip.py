"""One request on the road: everything that a fit needs to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, evolve, field

from brim.dialects.base import Envelope, Parsed
from brim.kinds import ContentKind, content_kind
from brim.model.conversation import Conversation
from brim.model.decisions import LastRequest, Shape, Usage
from brim.model.messages import Thinking
from brim.model.profiles import ModelProfile
from brim.road.plans.plan import Plan
from brim.road.plans.render import Rendering
from brim.road.plans.timeline import Timeline
from brim.road.plans.units import Unit, units_of
from brim.road.tokens.counting import Counter
from brim.road.tokens.slopes import Scale

__all__ = ["Room", "Trip", "asks_to_drop"]

LOOKED_AT = 32
"""How many messages are looked at to tell what a conversation consists of."""


@define(eq=False)
class Room:
    """How much there is: `budget` = `window` - `reserve` tokens of input.

    Where a `scale` was learned, `budget` is in Brim's tokens, `asked` the same in the provider's,
    and `margin` the share by which what is expected may fall short.
    """

    budget: int
    window: int
    reserve: int = 0
    explicit: bool = False
    scale: Scale | None = None
    asked: int = 0
    margin: float | None = None

    def scaled(self, scale: Scale, margin: float) -> Room:
        """The same room by what was learned."""
        budget = max(scale.within(self.budget), 1)
        return evolve(self, budget=budget, scale=scale, asked=self.budget, margin=margin)

    def usage(self, tokens: int, upper: int, fixed: int) -> Usage:
        """What a request of so many tokens takes of it; see `Usage`."""
        return Usage(
            tokens=tokens,
            upper=upper,
            fixed=fixed,
            budget=self.budget,
            window=self.window,
            reserve=self.reserve,
            explicit=self.explicit,
        )


@define(eq=False)
class Trip:
    """One request. `head` are the instructions in front of the timeline, `fixed` what system,
    tools and instructions cost together, `pinned` the exchanges that `tenant` keeps. With
    `may_drop_blocks` the provider may be asked to drop thinking whose beginning changed. `last` is
    the request before this one, `account` what the policy keeps of the conversation; a `repeated`
    request was fitted before. `wanted` is
    room for context that a condensation should leave; `fixed` has the `reserved` part of it."""

    timeline: Timeline
    head: tuple[Parsed, ...]
    envelope: Envelope
    profile: ModelProfile
    room: Room
    fixed: int
    pinned: frozenset[int] = frozenset()
    may_drop_blocks: bool = False
    tenant: str = ""
    last: LastRequest | None = None
    account: tuple[float, ...] = ()
    repeated: bool = False
    wanted: int = 0
    reserved: int = 0
    length: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.length = len(self.timeline)

    @property
    def counter(self) -> Counter:
        return self.timeline.counter

    @property
    def newest(self) -> int:
        return len(self.timeline.groups) - 1

    @property
    def keep(self) -> frozenset[int]:
        """The exchanges that stay as they are: pins and the user's last words."""
        last = self.timeline.grouping.last_user
        return self.pinned if last is None else self.pinned | {last}

    @property
    def clipped(self) -> frozenset[int]:
        """The exchanges of which only results may be shortened: the newest and the opening."""
        opening = self.opening
        return frozenset({self.newest} if opening is None else {self.newest, opening})

    @property
    def opening(self) -> int | None:
        """The exchange whose thinking opens the last turn, while its tools are not done and
        nothing newer opens it."""
        timeline, last = self.timeline, self.timeline.grouping.last_user
        first = 0 if last is None else last + 1
        if not timeline.dialect.thinking_opens_turns or first >= self.newest:
            return None
        if not self._thinks(first) or self._thinks(self.newest):
            return None
        return first

    def _thinks(self, exchange: int) -> bool:
        """Whether this exchange begins with thinking."""
        message = self.timeline.message(self.timeline.groups[exchange].first)
        return any(isinstance(part, Thinking) for part in message.parts[:1])

    @property
    def limit(self) -> int:
        """The most tokens whose upper bound is within the budget."""
        return self.counter.within(self.room.budget, self.room.margin)

    @property
    def binds(self) -> bool:
        """Whether thinking is refused by the provider once anything before it has changed."""
        return self.profile.bound_thinking and not self.drops_blocks

    @property
    def drops_blocks(self) -> bool:
        """Whether the provider is asked to drop such thinking; see `asks_to_drop`."""
        thinking = self.envelope.fields.get("thinking")
        if not self.profile.bound_thinking or not isinstance(thinking, Mapping):
            return False
        return self.may_drop_blocks or thinking == asks_to_drop(thinking)

    @property
    def held(self) -> bool:
        """Whether the last turn's thinking, which must stay until its tools are done, is bound
        to everything before it."""
        groups, last = self.timeline.groups, self.timeline.grouping.last_user
        if not self.binds or not groups or groups[-1].from_user or not groups[-1].answered:
            return False
        since = groups[0 if last is None else last].first
        return any(
            isinstance(part, Thinking)
            for one in self.timeline.parsed[since:]
            for part in one.message.parts
        )

    @property
    def came_tokens(self) -> int:
        """Tokens of the request as it came."""
        return self.fixed - self.reserved + self.timeline.body

    @property
    def raw_tokens(self) -> int:
        """The same with what was injected, and with what is reserved for it."""
        return self.fixed + self.timeline.body + self.timeline.injected_tokens

    def reserve(self, tokens: int) -> None:
        """Keep so many tokens free, instead of those that were."""
        self.fixed += tokens - self.reserved
        self.reserved = tokens

    def usage(self, tokens: int) -> Usage:
        return self.room.usage(tokens, self.upper(tokens), self.fixed)

    def upper(self, tokens: int) -> int:
        """The bound that so many tokens never exceed."""
        return self.counter.upper(tokens, self.room.margin)

    def shape(self, rendering: Rendering | None) -> Shape:
        """Of the raw conversation, or of what a plan leaves of it."""
        length, timeline = self.length, self.timeline
        if rendering is None:
            tokens = tuple(timeline.sizes())
            turns = timeline.turns
        else:
            shown = [one for one in rendering.items if not one.parsed.message.is_instruction]
            tokens = tuple(one.tokens for one in shown)
            turns = sum(one.parsed.message.role == "user" for one in shown)

        def look() -> dict[ContentKind, int]:
            if rendering is None:
                return kinds_of(timeline.parsed[:length], timeline.tokens)
            return kinds_of([one.parsed for one in shown], tokens)

        return Shape(len(tokens), turns, tokens, look)

    @property
    def merges(self) -> bool:
        """Whether users' messages must be joined where they become neighbours."""
        return self.timeline.dialect.merges_notes or self.profile.strict_alternation

    def units(self, plan: Plan) -> list[Unit]:
        return units_of(self.timeline, plan, self.keep, self.clipped)

    def render(self, plan: Plan) -> Rendering:
        """What goes out under this plan; grows the last rendering where the plan is the same."""
        last = self.timeline.rendering
        if not isinstance(last, Rendering) or last.plan is not plan:
            last = Rendering(self.timeline, plan, self.merges)
        return last.grow()

    def tokens(self, rendering: Rendering) -> int:
        """Tokens of the whole request. Instructions inside of the timeline count as fixed."""
        return self.fixed - self.timeline.instruction_tokens + rendering.tokens

    def conversation(self, units: Iterable[Unit]) -> Conversation:
        timeline = self.timeline
        inside = tuple(timeline.message(i) for i in timeline.instructions)
        return Conversation(
            dialect=timeline.dialect.name,
            model=self.profile.name,
            system=self.envelope.system,
            tools=self.envelope.tools,
            instructions=tuple(one.message for one in self.head) + inside,
            exchanges=tuple(unit.exchange for unit in units),
        )

    def parsed(self, rendering: Rendering | None) -> list[Parsed]:
        """All messages in order, as they come in or as they go out."""
        if rendering is None:
            return [*self.head, *self.timeline.parsed[: self.length]]
        return [*self.head, *(item.parsed for item in rendering.items)]


def kinds_of(parsed: Sequence[Parsed], tokens: Sequence[int]) -> dict[ContentKind, int]:
    """Tokens by the kind of content, of at most `LOOKED_AT` messages."""
    step = -(-len(parsed) // LOOKED_AT) or 1
    found: dict[ContentKind, int] = {}
    for at in range(0, len(parsed), step):
        message = parsed[at].message
        text = max((message.text, *(one.text for one in message.results)), key=len)
        if text and not message.is_instruction:
            kind = content_kind(text)
            found[kind] = found.get(kind, 0) + tokens[at]
    return found


def asks_to_drop(thinking: Mapping[str, object]) -> dict[str, object]:
    """The request's `thinking` field, asking to drop blocks whose beginning changed."""
    binding = thinking.get("block_binding")
    behavior = {"prefix_mismatch_behavior": "drop_block"}
    return {
        **thinking,
        "block_binding": {**(binding if isinstance(binding, Mapping) else {}), **behavior},
    }

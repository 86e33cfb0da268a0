"""Usage, decisions, edits and their results: what passes between kernel and plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from attrs import field, frozen

from brim.kinds import ContentKind
from brim.model.conversation import Conversation
from brim.model.messages import Part
from brim.model.profiles import ModelProfile

__all__ = [
    "Condensation",
    "CondenseTask",
    "Counts",
    "Drop",
    "Edit",
    "LastRequest",
    "Level",
    "PastCondensation",
    "Replace",
    "Rewrite",
    "Shape",
    "TrimDecision",
    "TrimTask",
    "Usage",
]


@frozen
class Counts:
    """Token counts, one for each text. `margin` is the share by which they may fall short."""

    values: tuple[int, ...]
    margin: float = 0.0


class Level(StrEnum):
    """How full the context window is."""

    OK = "ok"
    CAUTION = "caution"
    WARNING = "warning"
    CRITICAL = "critical"
    OVERFLOW = "overflow"


@frozen
class Usage:
    """Tokens of a request. `upper` is the bound that is never exceeded.

    `fixed` is the part of `tokens` that no condensation can change (system,
    tools, instructions). `budget` = `window` - `reserve`; `explicit` tells that the
    caller named the budget.
    """

    tokens: int
    upper: int
    fixed: int
    budget: int
    window: int
    reserve: int = 0
    explicit: bool = False

    @property
    def utilization(self) -> float:
        """`tokens` as a share of `budget`."""
        return self.tokens / self.budget if self.budget > 0 else float("inf")


@frozen
class Shape:
    """What a policy may know of a conversation without reading it.

    `messages` counts those that are not instructions, `tokens` has one entry for each of
    them, and `turns` are messages written by the user.
    """

    messages: int
    turns: int
    tokens: Sequence[int]
    _look: Callable[[], Mapping[ContentKind, int]] = field(default=dict, eq=False, repr=False)

    @property
    def kinds(self) -> Mapping[ContentKind, int]:
        """Tokens of each kind of content, of 32 messages spread evenly; tool results count.
        Looked at when asked."""
        return self._look()


@frozen
class PastCondensation:
    """An earlier condensation of the same conversation."""

    messages: int
    before: int
    after: int
    strategies: tuple[str, ...]


@frozen
class LastRequest:
    """The request before this one, of the same conversation. `tokens` went out, `idle` seconds
    ago where that is known; the provider said that `cached` of them were in its cache."""

    tokens: int
    idle: float | None = None
    cached: int | None = None


@frozen
class TrimTask:
    """The question put to a policy: must this request be condensed, and how far?

    `history` has the earlier condensations that this request replays. `account` is what the
    policy's decision about the `last` request of this conversation gave to be kept. A request that
    is `repeated` was decided about before; the answer should not change with the clock.
    """

    usage: Usage
    shape: Shape
    profile: ModelProfile
    history: tuple[PastCondensation, ...] = ()
    last: LastRequest | None = None
    account: tuple[float, ...] = ()
    repeated: bool = False


@frozen
class TrimDecision:
    """The answer. `target` is the number of tokens to come down to; `trigger` the
    number above which a replayed conversation is condensed again. `account` are numbers that
    the policy wants to have again with this conversation's next request."""

    trim: bool
    level: Level
    target: int
    trigger: int
    strategies: tuple[str, ...] = ()
    reason: str = ""
    account: tuple[float, ...] = ()


@frozen
class Drop:
    """Leave these exchanges out."""

    exchanges: tuple[int, ...]


@frozen
class Replace:
    """Put one note in place of these exchanges, which must be neighbours."""

    exchanges: tuple[int, ...]
    note: str


@frozen
class Rewrite:
    """Replace a text, result, image or document by a text.

    `exchange`, `message` and `part` are positions in the task's conversation. For a
    tool call, `path` leads to a string value of over 200 tokens inside its
    arguments; for a tool result it may name one item of its content. Thinking, which nobody
    may change, goes whole from its message by an empty text.
    """

    exchange: int
    message: int
    part: int
    text: str
    path: tuple[str | int, ...] = ()


Edit = Drop | Replace | Rewrite


def _nothing(parts: Sequence[Part]) -> Sequence[int]:
    return [0] * len(parts)


@frozen
class CondenseTask:
    """The task of a strategy: bring `tokens` down to `target`, never above `limit`.

    `limit` is the hard end in the same unit. `count` counts texts in one batch
    through the kernel's memo; `note_overhead` is what a note costs beyond its text. `count_parts`
    counts parts of messages, pictures and documents too; in a task made by hand it says 0.
    """

    conversation: Conversation
    tokens: int
    target: int
    limit: int
    profile: ModelProfile
    decision: TrimDecision
    count: Callable[[Sequence[str]], Sequence[int]]
    note_overhead: int = 8
    count_parts: Callable[[Sequence[Part]], Sequence[int]] = _nothing


@frozen
class Condensation:
    """What a strategy answers. `facts` is for its own remarks, shown in the report."""

    edits: tuple[Edit, ...]
    facts: Mapping[str, str | int | float] = field(factory=dict)

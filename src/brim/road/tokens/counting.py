"""The only place that adds up tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import ceil
from typing import NamedTuple

from brim.model.conversation import Tool
from brim.model.decisions import Counts
from brim.model.messages import (
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from brim.model.profiles import ModelProfile
from brim.road.tokens.images import image_tokens
from brim.road.tokens.memo import Memo
from brim.road.tokens.schemas import BYTES_PER_TOKEN, Cost, tool_cost
from brim.settings.schema import CountingSettings

__all__ = ["CountTexts", "Counter", "Head"]

CountTexts = Callable[[Sequence[str], ModelProfile], Counts]

PAGE_TOKENS = 3_000
"""Tokens of a PDF page. Anthropic's PDF guide says 1,500 to 3,000 for its text, and each page
is a picture too; published counts of real pages lie between 560 and 2,481."""

PAGE_BYTES = 25_000
"""Bytes taken for a page where the number of pages cannot be read."""

MILLION = 1_000_000


class Head(NamedTuple):
    """Tokens in front of and behind the messages."""

    system: int
    tools: int
    reply: int


class Counter:
    """Counts in the tokens of one model.

    `count` is asked at most once by each method, with every text that the memo lacks, each
    once. Formulas: the model's overheads for messages, names, calls, tools and the
    reply; its image rule; 2 bytes a token for parts Brim does not know. Thinking counts
    with its text, not with its signature.
    """

    def __init__(
        self,
        count: CountTexts,
        profile: ModelProfile,
        memo: Memo,
        settings: CountingSettings | None = None,
    ) -> None:
        self.profile = profile
        self._count = count
        self._memo = memo
        self._settings = settings or CountingSettings()
        self._space = memo.space(profile.encoding, profile.scale)
        self._margin = 0.0
        self._warm = False

    @property
    def is_warm(self) -> bool:
        """Whether it has counted before, and needs to load nothing."""
        return self._warm

    @property
    def margin(self) -> float:
        """The largest share by which any count so far may fall short."""
        return self._margin

    def upper(self, value: int, margin: float | None = None) -> int:
        """The bound that `value` tokens never exceed: with the margin, rounded up."""
        share = round((self._margin if margin is None else margin) * MILLION)
        return value - (-value * share // MILLION)

    def within(self, budget: int, margin: float | None = None) -> int:
        """The most tokens whose upper bound is within the budget."""
        share = round((self._margin if margin is None else margin) * MILLION)
        return budget * MILLION // (MILLION + share)

    def texts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without any overhead."""
        found = self._memo.get_many(self._space, texts)
        self._margin = max([self._margin, *[known[1] for known in found if known]])
        if None not in found:
            return [known[0] for known in found if known]
        new = dict.fromkeys([text for text, known in zip(texts, found, strict=True) if not known])
        fresh = self._fresh(list(new))
        return [
            known[0] if known else fresh[text] for text, known in zip(texts, found, strict=True)
        ]

    def messages(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of each message, its overhead included."""
        return self._totals(map(self._message, messages))

    def parts(self, parts: Sequence[Part]) -> list[int]:
        """Tokens of each part. With `overhead` those of a message add up to it."""
        return self._totals(map(self._part, parts))

    def overhead(self, message: Message) -> int:
        """Tokens of a message beside its parts."""
        return self._totals([self._shell(message)])[0]

    def head(self, system: Sequence[Part], tools: Sequence[Tool]) -> int:
        """Tokens of system text and tools, and those that start the reply."""
        return sum(self.head_parts(system, tools))

    def head_parts(self, system: Sequence[Part], tools: Sequence[Tool]) -> Head:
        """As `head`, one by one."""
        overheads = self.profile.overheads
        first = self._message(Message("system", tuple(system))) if system else ([], 0)
        costs = [first, *(tool_cost(tool, overheads) for tool in tools)]
        counts = self._totals(costs)
        extra = overheads.tools if tools else 0
        return Head(counts[0], sum(counts[1:]) + extra, overheads.reply)

    def _fresh(self, texts: list[str]) -> dict[str, int]:
        counts = self._count(texts, self.profile)
        self._warm = True
        self._margin = max(self._margin, counts.margin)
        self._memo.set_many(self._space, texts, counts.values, counts.margin)
        return dict(zip(texts, counts.values, strict=True))

    def _totals(self, costs: Iterable[Cost]) -> list[int]:
        known = list(costs)
        counts = iter(self.texts([text for texts, _ in known for text in texts]))
        return [fixed + sum(islice(counts, len(texts))) for texts, fixed in known]

    def _message(self, message: Message) -> Cost:
        texts, fixed = self._shell(message)
        for part in message.parts:
            more, tokens = self._part(part)
            texts += more
            fixed += tokens
        return texts, fixed

    def _shell(self, message: Message) -> Cost:
        overheads = self.profile.overheads
        if message.name:
            return [message.role, message.name], overheads.per_message + overheads.per_name
        return [message.role], overheads.per_message

    def _part(self, part: Part) -> Cost:
        if isinstance(part, Text | Thinking):
            return [part.text], 0
        if isinstance(part, ToolCall):
            return [part.name, part.arguments], self.profile.overheads.per_call
        if isinstance(part, ToolResult):
            return self._result(part)
        if isinstance(part, Image):
            return [], image_tokens(part, self.profile.image, self._settings)
        if isinstance(part, Document):
            return _document(part)
        return _opaque(part)

    def _result(self, result: ToolResult) -> Cost:
        texts: list[str] = []
        fixed = 0
        for item in result.content:
            more, tokens = self._part(item)
            texts += more
            fixed += tokens
        return texts, fixed


def _document(document: Document) -> Cost:
    texts = [text for text in (document.title, document.text) if text]
    if document.text:
        return texts, 0
    return texts, PAGE_TOKENS * (document.pages or max(ceil(document.size / PAGE_BYTES), 1))


def _opaque(part: Opaque) -> Cost:
    return [], ceil(part.size / BYTES_PER_TOKEN)

"""Tool masking: old tool results, pictures and documents become one line each.

It needs no model. A line says what was there, how large it was, and its key facts. One
condensation masks all that the target demands, oldest first: whatever is masked, the prefix that
a provider has cached ends at the first mask, so that masking one result with every turn would pay
for that again and again, and masking what nothing demands would only lose more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import field, frozen, validators

from brim.api import Condensation, CondenseTask, Rewrite, hookimpl
from brim.defaults.facts import facts
from brim.defaults.items import Item, arguments_of, items_of
from brim.defaults.labels import size
from brim.defaults.shortening import ARGUMENT

__all__ = ["ToolMasking", "ToolMaskingSettings"]

SMALLER = 0.6
"""A mask takes at most this share of what it stands for."""

CHARACTERS = 4
"""Characters for each token of facts."""

SHARE = 4
"""Facts take at most one character for so many of the text."""

AT_ONCE = 8
"""Masks that are made before it is seen whether more are needed."""

Counting = Callable[[Sequence[str]], Sequence[int]]


@frozen
class ToolMaskingSettings:
    """The section `[plugin.tool-masking]`. `newest`: results, pictures and documents that stay
    whole, counted from the end; `least`: tokens up to which they stay too; `facts`: tokens that
    a mask spends on key facts at most; `arguments`: whether long values in the calls of masked
    results are masked as well."""

    newest: int = field(default=3, validator=validators.ge(0))
    least: int = field(default=60, validator=validators.ge(0))
    facts: int = field(default=60, validator=validators.ge(0))
    arguments: bool = True


class ToolMasking:
    """Masks what is old, as much of it as the target demands."""

    def __init__(self, settings: ToolMaskingSettings) -> None:
        self._settings = settings

    @hookimpl
    def condense(self, task: CondenseTask) -> Condensation | None:
        """Rewrites of the oldest results, pictures and documents, then of the values in their
        calls, until the target is met."""
        excess = task.tokens - task.target
        edits: list[Rewrite] = []
        for old, text, saved in self._masks(task) if excess > 0 else ():
            if excess <= 0:
                break
            edits.append(Rewrite(old.exchange, old.message, old.part, text, old.path))
            excess -= saved
        return Condensation(tuple(edits)) if edits else None

    def _masks(self, task: CondenseTask) -> Iterator[tuple[Item, str, int]]:
        """What may be masked, in order, with its mask and the tokens that this saves."""
        results, arguments = self._found(task)
        yield from self._made(results, task.count, self._settings.least)
        if self._settings.arguments:
            yield from self._made(arguments, task.count, ARGUMENT)

    def _made(
        self, found: Sequence[Item], count: Counting, least: int
    ) -> Iterator[tuple[Item, str, int]]:
        costs = [
            n + one.media for n, one in zip(count([o.text for o in found]), found, strict=True)
        ]
        large = [(one, cost) for one, cost in zip(found, costs, strict=True) if cost > least]
        for start in range(0, len(large), AT_ONCE):
            some = large[start : start + AT_ONCE]
            masks = [self._mask(one, cost) for one, cost in some]
            for (one, cost), mask, tokens in zip(some, masks, count(masks), strict=True):
                if tokens <= SMALLER * cost:
                    yield one, mask, cost - tokens

    def _mask(self, item: Item, tokens: int) -> str:
        if not item.text:
            return f"[brim: {item.name}, {tokens:,} tokens]"
        told = facts(item.text, min(self._settings.facts * CHARACTERS, len(item.text) // SHARE))
        return f"[brim: {item.name}, {size(item.text, tokens)}{'; ' + told if told else ''}]"

    def _found(self, task: CondenseTask) -> tuple[list[Item], list[Item]]:
        """Results, pictures and documents older than the newest, and the arguments of calls
        whose results are."""
        results: list[Item] = []
        arguments: list[Item] = []
        left = self._settings.newest
        last = len(task.conversation.exchanges) - 1
        for exchange in reversed(task.conversation.exchanges):
            items = items_of(exchange, task.count_parts)
            old = items[: max(len(items) - left, 0)]
            left -= len(items) - len(old)
            if exchange.keep or exchange.note or exchange.index == last:
                continue
            results[:0] = [one for one in old if one is not None]
            if old == items and None not in items and not exchange.newest:
                arguments[:0] = arguments_of(exchange)
        return results, arguments

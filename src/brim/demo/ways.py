"""The ways to send a growing conversation, and what is told of each request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from brim.dialects.base import Violation, Wire

__all__ = ["BRIM", "FULL", "LAST", "WAYS", "Sent", "Witness", "keep_last", "shared"]

FULL, LAST, BRIM = WAYS = ("full history", "keep-last", "Brim")

Cost = Callable[[Wire], int]
"""Tokens of one message, its overhead included."""

Check = Callable[[Sequence[Wire]], tuple[Violation, ...]]


@frozen
class Sent:
    """One request as it would go out.

    `reuse` is the share of the request before with which this one begins, in tokens; None
    for the first. `broken` are the provider rules it breaks, None where none could be sent.
    """

    tokens: int
    messages: int
    over: bool
    broken: tuple[Violation, ...] = ()
    reuse: float | None = None

    @property
    def state(self) -> str:
        """ "invalid", "over" or "ok"; a request that is both counts as over."""
        return "over" if self.over else "invalid" if self.broken else "ok"


def keep_last(messages: Sequence[Wire], cost: Cost, budget: int, fixed: int = 0) -> list[Wire]:
    """The system message and the newest messages that fit, message by message.

    What most people write first: no regard for tool calls and their results.
    `fixed` are the tokens of everything that is no message.
    """
    head = [one for one in messages[:1] if one["role"] == "system"]
    room = budget - fixed - sum(map(cost, head))
    kept: list[Wire] = []
    for message in reversed(messages[len(head) :]):
        room -= cost(message)
        if room < 0:
            break
        kept.append(message)
    return [*head, *reversed(kept)]


def shared(before: Sequence[Wire], after: Sequence[Wire]) -> int:
    """How many messages both begin with."""
    for number, (one, other) in enumerate(zip(before, after, strict=False)):
        if one is not other and one != other:
            return number
    return min(len(before), len(after))


@define
class Witness:
    """Watches the requests of one way, in order.

    A cache of a provider can serve what a request has in common with the one before,
    counted from the start: `fixed` tokens (tools) first, then message by message.
    """

    window: int
    fixed: int
    cost: Cost
    check: Check
    _before: Sequence[Wire] = field(factory=tuple, init=False)
    _tokens: int = field(default=0, init=False)

    def see(self, messages: Sequence[Wire], tokens: int) -> Sent:
        """Tell of the next request. `tokens` is its whole size."""
        reuse = self._reuse(messages)
        self._before, self._tokens = messages, tokens
        return Sent(tokens, len(messages), tokens > self.window, self.check(messages), reuse)

    def _reuse(self, messages: Sequence[Wire]) -> float | None:
        if not self._tokens:
            return None
        common = self._before[: shared(self._before, messages)]
        return (self.fixed + sum(map(self.cost, common))) / self._tokens

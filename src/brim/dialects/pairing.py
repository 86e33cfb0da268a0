"""Which tool calls are answered, and which results answer nothing."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import Factory, define

from brim.dialects.base import Parsed
from brim.model.messages import ToolCall, ToolResult

__all__ = ["Pairing", "pair_anywhere", "pair_in_groups", "pair_in_turns"]

Places = list[tuple[str, int]]
"""Call ids, each with the position of its message."""


@define
class Pairing:
    """Calls and results that do not match, in the order of the messages.

    `apart` are results that follow their call, but not directly; `late` those that
    answer an open call from a place where the provider does not look for it;
    `repeated` are ids that were given to two calls of one group, or, with `once`,
    to any two.
    """

    unanswered: Places = Factory(list)
    orphans: Places = Factory(list)
    apart: Places = Factory(list)
    late: Places = Factory(list)
    repeated: Places = Factory(list)
    once: bool = False
    _open: dict[str, int] = Factory(dict)
    _left: set[str] = Factory(set)
    _used: set[str] = Factory(set)

    def call(self, call_id: str, index: int) -> None:
        if call_id in (self._used if self.once else self._open):
            self.repeated.append((call_id, index))
        if self.once:
            self._used.add(call_id)
        self._open[call_id] = index

    def result(self, call_id: str, index: int, *, late: bool = False) -> None:
        if self._open.pop(call_id, None) is None:
            self.orphans.append((call_id, index))
            if call_id in self._left:
                self.apart.append((call_id, index))
        elif late:
            self.late.append((call_id, index))

    def close(self) -> None:
        """No result can come any more for the calls that are open."""
        if self._open:
            self.unanswered.extend(self._open.items())
            self._left.update(self._open)
            self._open.clear()


def pair_in_groups(messages: Sequence[Parsed]) -> Pairing:
    """Each message with calls is followed directly by messages that answer all of them."""
    pairing = Pairing()
    for index, parsed in enumerate(messages):
        message = parsed.message
        if message.role in ("tool", "function"):
            for part in message.parts:
                if isinstance(part, ToolResult):
                    pairing.result(part.call_id, index)
            continue
        pairing.close()
        if message.role == "assistant":
            for part in message.parts:
                if isinstance(part, ToolCall):
                    pairing.call(part.id, index)
    pairing.close()
    return pairing


def pair_in_turns(messages: Sequence[Parsed]) -> Pairing:
    """The calls of an assistant's turn are answered by the user's message after it.

    Messages of one role in a row are one turn. A result is late where it follows
    something else, or stands in a later message of the turn. Ids are used once.
    """
    pairing = Pairing(once=True)
    before, other, first = "", False, 0
    for index, parsed in enumerate(messages):
        role = parsed.message.role
        if role != before:
            if before != "assistant" or role != "user":
                pairing.close()
            before, other, first = role, False, index
        for part in parsed.message.parts:
            if isinstance(part, ToolResult):
                pairing.result(part.call_id, index, late=other or index > first)
                continue
            other = True
            if isinstance(part, ToolCall):
                pairing.call(part.id, index)
    pairing.close()
    return pairing


def pair_anywhere(messages: Sequence[Parsed]) -> Pairing:
    """Each call is answered somewhere after it."""
    pairing = Pairing()
    for index, parsed in enumerate(messages):
        for part in parsed.message.parts:
            if isinstance(part, ToolCall):
                pairing.call(part.id, index)
            elif isinstance(part, ToolResult):
                pairing.result(part.call_id, index)
    pairing.close()
    return pairing

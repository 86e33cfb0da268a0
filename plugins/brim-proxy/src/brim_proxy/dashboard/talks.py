"""Conversations, told apart by what their requests have in common."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from attrs import Factory, define, field

if TYPE_CHECKING:
    from brim_proxy.job import Fit

__all__ = ["Prints", "Talk", "Talks", "prints_of"]

MOST = 256
"""Conversations that are remembered, the last used ones."""

LEVELS = 40
"""Requests of each whose size is remembered."""

BRANCHES = 16
"""Conversations with the same beginning that are compared."""


Prints = tuple[int, Callable[[int], bytes]]
"""How many messages a request has, without the instructions in front, and the fingerprint of
each."""


def prints_of(fit: Fit) -> Prints:
    """Those of a body that was read, none where it was not."""
    if fit.fitted is not None:
        past = fit.fitted.origin
        return past.length, lambda place: past.timeline.message(place).fingerprint
    prints = getattr(fit.report, "prints", ())
    return len(prints), prints.__getitem__


@define(eq=False)
class Talk:
    """One conversation: its last request, and how it came there. Sizes are tokens as they came
    in and went up; `began` and `seen` are seconds since 1970."""

    number: int
    tenant: str
    opening: bytes
    began: float
    length: int = 0
    last: bytes = b""
    seen: float = 0.0
    model: str = ""
    route: str = ""
    mode: str = ""
    level: str = ""
    before: int = 0
    after: int = 0
    budget: int = 0
    requests: int = 0
    condensed: int = 0
    failed: int = 0
    sizes: deque[int] = field(factory=lambda: deque(maxlen=LEVELS))

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return {
            "number": self.number,
            "tenant": self.tenant,
            "began": round(self.began, 1),
            "seen": round(self.seen, 1),
            "model": self.model,
            "route": self.route,
            "mode": self.mode,
            "level": self.level,
            "messages": self.length,
            "before": self.before,
            "after": self.after,
            "budget": self.budget,
            "requests": self.requests,
            "condensed": self.condensed,
            "failed": self.failed,
            "sizes": list(self.sizes),
        }


@define(eq=False)
class Talks:
    """The conversations used last, at most `most`."""

    most: int = MOST
    _talks: OrderedDict[int, Talk] = Factory(OrderedDict)
    _openings: dict[tuple[str, bytes], list[Talk]] = Factory(dict)
    _numbers: count[int] = Factory(lambda: count(1))

    def __len__(self) -> int:
        return len(self._talks)

    def of(self, tenant: str, prints: Prints, now: float) -> Talk:
        """The conversation that a request goes on with; a new one where there is none."""
        length, at = prints
        key, longest = (tenant, at(0)), 0
        for one in self._openings.get(key, ())[-BRANCHES:]:
            if longest < one.length <= length and at(one.length - 1) == one.last:
                talk, longest = one, one.length
        if longest:
            self._talks.move_to_end(talk.number)
        else:
            talk = self._begun(key, now)
        talk.length, talk.last, talk.seen = length, at(length - 1), now
        return talk

    def newest(self, wanted: Callable[[str], bool], most: int) -> list[Talk]:
        """Those of the tenants that are `wanted`, the last used first."""
        found = [talk for talk in self._talks.values() if wanted(talk.tenant)]
        return found[: -most - 1 : -1]

    def _begun(self, key: tuple[str, bytes], now: float) -> Talk:
        talk = Talk(next(self._numbers), *key, began=now)
        self._talks[talk.number] = talk
        self._openings.setdefault(key, []).append(talk)
        if len(self._talks) > self.most:
            self._forget(self._talks.popitem(last=False)[1])
        return talk

    def _forget(self, talk: Talk) -> None:
        key = (talk.tenant, talk.opening)
        self._openings[key].remove(talk)
        if not self._openings[key]:
            del self._openings[key]

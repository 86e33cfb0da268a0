"""From Brim's tokens to the provider's, as its reports teach.

What a provider last reported of a conversation is an anchor: from there only what is new must be
estimated, by slopes learned for each model and kind of content. Against eight real tokenizers that
erred by 0 to 0.4 % on average, and fell short by 6.5 % at worst; `MARGIN` covers that. What is
learned changes how much room there is, and so when Brim condenses; never what is replayed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import Factory, define, frozen

from brim.overflow import Overflow
from brim.road.learning.anchors import Anchor, Anchors
from brim.road.plans.timeline import Timeline
from brim.road.tokens.slopes import (
    BESIDE,
    CUT_NOISE,
    NOISE,
    SANE,
    Scale,
    Slopes,
    as_large,
    mix_of,
)

__all__ = ["MARGIN", "Calibration", "Sent"]

MARGIN = 0.07
"""Share by which an expected count may fall short."""

HARDER = 0.7
"""Of a request that was too long, where the provider did not say by how much."""

WINDOW_TTL = 3_600.0
"""Seconds that a learned window is believed: servers are started anew with larger ones."""

SAME = 8
"""Tokens by which a request that only grew may differ from what came."""

K = TypeVar("K")
V = TypeVar("V")


@frozen
class Sent:
    """A request that went out: the first `length` messages of a timeline, as `tokens`."""

    tenant: str
    timeline: Timeline
    length: int
    tokens: int

    @property
    def model(self) -> str:
        return self.timeline.counter.profile.name


@define(eq=False)
class Calibration:
    """What was learned of models, by tenant, and of conversations, by the chain value of their
    last message. The `most` of each that were used last are kept. `clock` gives seconds."""

    clock: Callable[[], float]
    most: int = 4_096
    _slopes: OrderedDict[tuple[str, str], Slopes] = Factory(OrderedDict)
    _windows: OrderedDict[tuple[str, str], tuple[float, int]] = Factory(OrderedDict)
    anchors: Anchors = Factory(lambda self: Anchors(self.most), takes_self=True)

    def slopes(self, tenant: str, model: str) -> Slopes | None:
        return self._slopes.get((tenant, model))

    def window(self, tenant: str, model: str) -> int | None:
        """The window that an overflow told of."""
        until, limit = self._windows.get((tenant, model), (0.0, 0))
        return limit if limit and self.clock() < until else None

    def scale(self, tenant: str, model: str, timeline: Timeline) -> Scale | None:
        """For the conversation as it stands; None where nothing is known of it or its model."""
        slopes, anchor = self.slopes(tenant, model), self.anchors.last(model, timeline.chain)
        if anchor is None:
            return self.usual(tenant, model)
        new = slice(anchor.length, None)
        growth = mix_of(timeline.parsed[new], timeline.tokens[new])
        known = slopes or Slopes()
        ours = anchor.ours + sum(growth.values())
        return Scale(ours, anchor.theirs + known.real(growth), known.of(anchor.mix), anchor.cap)

    def usual(self, tenant: str, model: str) -> Scale | None:
        """For a conversation that nothing was reported of."""
        slopes = self.slopes(tenant, model)
        return Scale(slope=slopes.mean) if slopes else None

    def report(self, sent: Sent, theirs: int) -> None:
        """The provider counted `theirs`."""
        low, high = SANE
        ours, timeline, length = sent.tokens, sent.timeline, sent.length
        if not ours or not low <= theirs / ours <= high:
            return
        chain = timeline.chain_to(length)
        last = self.anchors.last(sent.model, chain[:-1])
        since = last.length if last else 0
        growth = mix_of(timeline.parsed[since:length], timeline.tokens[since:length])
        mix = dict(last.mix) if last else {}
        for kind, tokens in growth.items():
            mix[kind] = mix.get(kind, 0.0) + tokens
        slopes = _kept(self._slopes, (sent.tenant, sent.model), self.most, Slopes)
        if last is None:
            slopes.learn(as_large(mix, ours), theirs, CUT_NOISE, BESIDE)
        elif abs(ours - last.ours - sum(growth.values())) <= SAME:
            slopes.learn(growth, theirs - last.theirs, NOISE)
        else:
            slopes.learn(as_large(mix, ours - last.ours), theirs - last.theirs, CUT_NOISE)
        here = self.anchors.at(sent.model, chain[-1]) or last
        cap = here.cap if here else None
        self.anchors.keep(sent.model, chain, Anchor(ours, theirs, length, mix, cap))

    def overflowed(self, sent: Sent, told: Overflow) -> None:
        """The request was too long."""
        if told.limit:
            self.narrow(sent.tenant, sent.model, told.limit)
        if told.used:
            self.report(sent, told.used)
            return
        timeline, length, ours = sent.timeline, sent.length, sent.tokens
        mix = mix_of(timeline.parsed[:length], timeline.tokens[:length])
        slopes = self.slopes(sent.tenant, sent.model) or Slopes()
        capped = Anchor(ours, round(ours * slopes.of(mix)), length, mix, int(HARDER * ours))
        self.anchors.keep(sent.model, timeline.chain_to(length), capped)

    def narrow(self, tenant: str, model: str, window: int, seconds: float = WINDOW_TTL) -> None:
        """Believe for a while that the window is no larger."""
        self._windows[tenant, model] = (self.clock() + seconds, window)
        _bound(self._windows, self.most)

    def adopt(self, tenant: str, model: str, shared: Mapping[str, float]) -> None:
        """Take over what others know, if anything; see `Slopes.shared`."""
        if shared:
            _kept(self._slopes, (tenant, model), self.most, Slopes).adopt(shared)


def _kept(kept: OrderedDict[K, V], key: K, most: int, make: Callable[[], V]) -> V:
    found = kept.setdefault(key, make())
    kept.move_to_end(key)
    _bound(kept, most)
    return found


def _bound(kept: OrderedDict[K, V], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)

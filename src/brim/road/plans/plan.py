"""A plan: what becomes of every exchange of a conversation's beginning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from attrs import field, frozen

__all__ = ["EMPTY", "Paths", "Plan", "Span", "Spot"]

Spot = tuple[int, int, int]
"""Exchange, piece inside the exchange, part inside the piece, thinking not counted."""


Paths = Mapping[tuple[str | int, ...], str]
"""Place inside the part (empty for the whole of it) and the text that stands there now."""


@frozen
class Span:
    """Exchanges [start, stop) that are gone; `note` is the body of what stands there instead,
    or in front of exchange `at`, where a text inside of the turn would end it."""

    start: int
    stop: int
    note: str | None = None
    at: int | None = None


@frozen
class Plan:
    """Spans in order, without overlap, and the texts that replace parts of kept exchanges.

    It covers all exchanges there are, however many follow: those it does not name are kept.
    `silent` are pieces (exchange, piece of it) whose thinking is left out.
    Thinking that is bound to what stands before it is lost in messages before `bound` as soon
    as anything in front of it was touched; what came later was thought about what was sent.
    What was injected behind messages before `plain` is left out.
    """

    spans: tuple[Span, ...] = ()
    rewrites: Mapping[Spot, Paths] = field(factory=dict)
    bound: int = 0
    silent: frozenset[tuple[int, int]] = frozenset()
    plain: int = 0

    @property
    def first_touched(self) -> tuple[int, int] | None:
        """The first exchange, and piece of it, that does not stand as it came."""
        spans = [(span.start, 0) for span in self.spans[:1]]
        spots = ((spot[0], spot[1]) for spot in self.rewrites)
        return min([*spans, *spots, *self.silent], default=None)

    def span_of(self, exchange: int) -> Span | None:
        """The span that this exchange is gone into."""
        at = bisect_right(self.spans, exchange, key=lambda span: span.start) - 1
        return self.spans[at] if at >= 0 and exchange < self.spans[at].stop else None

    def touches(self, exchange: int) -> bool:
        """Whether this exchange does not stand as it came."""
        return self.span_of(exchange) is not None or any(
            place[0] == exchange for place in (*self.rewrites, *self.silent)
        )

    def by_exchange(self) -> dict[int, dict[int, dict[int, Paths]]]:
        """The rewrites by exchange, piece and part."""
        found: dict[int, dict[int, dict[int, Paths]]] = {}
        for (exchange, piece, part), paths in self.rewrites.items():
            found.setdefault(exchange, {}).setdefault(piece, {})[part] = paths
        return found

    @property
    def bytes(self) -> int:
        """About how much memory it takes."""
        notes = sum(len(span.note or "") + 64 for span in self.spans)
        texts = sum(len(text) + 96 for new in self.rewrites.values() for text in new.values())
        return 128 + notes + texts + 64 * len(self.silent)

    def folded(
        self,
        spans: Iterable[Span],
        rewrites: Mapping[Spot, Paths],
        silent: Iterable[tuple[int, int]] = (),
    ) -> Plan:
        """The plan that results when these are done to what this one leaves.

        New spans swallow the older spans that lie inside of them.
        """
        new = sorted(spans, key=lambda span: span.start)
        apart = [old for old in self.spans if not any(_inside(old, span) for span in new)]
        merged = _joined(sorted([*apart, *new], key=lambda span: span.start))
        texts = dict(self.rewrites)
        for spot, added in rewrites.items():
            texts[spot] = _over(texts.get(spot, {}), added)
        plan = Plan(tuple(merged))
        kept = {spot: new for spot, new in texts.items() if plan.span_of(spot[0]) is None}
        left = (place for place in {*self.silent, *silent} if plan.span_of(place[0]) is None)
        return Plan(plan.spans, kept, silent=frozenset(left), plain=self.plain)


EMPTY = Plan()


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.stop <= outer.stop


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbouring spans without a note become one."""
    out: list[Span] = []
    for span in spans:
        if out and out[-1].stop == span.start and out[-1].note is None and span.note is None:
            out[-1] = Span(out[-1].start, span.stop)
        else:
            out.append(span)
    return out


def _over(old: Paths, new: Paths) -> Paths:
    """A new text for the whole part replaces texts for places inside of it."""
    return dict(new) if () in new else {**old, **new}

"""What a stream of requests costs under a price list, whoever decides when to condense."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from attrs import define, field, frozen

from brim.api import LastRequest, Prices
from economics_parts.streams import Stream

__all__ = ["PROFILES", "WINDOW", "Bill", "Room", "cold_before", "oracle", "played", "rates"]

WINDOW = 128_000
EXACT = 1e-9
"""US dollars: sums that differ by less are the same."""

PROFILES = {
    "5-minute cache, 0.1 read": Prices(3.0, 15.0, 0.3, 3.75, 300, 6.0, 3_600),
    "automatic, 0.1 read": Prices(2.0, 8.0, 0.2, 2.0, 300),
    "automatic, 0.5 read": Prices(2.5, 10.0, 1.25, 2.5, 300),
    "no cache": Prices(3.0, 15.0),
}
"""Input, output, cached read, cache write in US dollars per million tokens, seconds of life."""


@frozen
class Room:
    """Tokens: what stays whatever is done, what a condensation comes down to, from where it may
    be made early, the limit."""

    head: int
    target: int
    floor: int
    limit: int

    @classmethod
    def of(cls, head: int, target: float = 0.4, floor: float = 0.45) -> Room:
        room = WINDOW - head
        return cls(head, head + int(target * room), head + int(floor * room), WINDOW)


@define
class Bill:
    """US dollars of input, what it was paid for, and what had been paid after each request."""

    dollars: float = 0.0
    tokens: int = 0
    cached: int = 0
    condensations: int = 0
    requests: int = 0
    over: int = 0
    fill: float = 0.0
    course: list[float] = field(factory=list)

    def pay(self, price: Prices, tokens: int, cached: int, limit: int) -> None:
        read, write, _ = rates(price)
        self.dollars += read * cached + write * (tokens - cached)
        self.tokens += tokens
        self.cached += cached
        self.requests += 1
        self.over += tokens > WINDOW
        self.fill += tokens / limit
        self.course.append(self.dollars)


def rates(price: Prices) -> tuple[float, float, float]:
    """US dollars for a token read from the cache and for another, and seconds of life."""
    if not price.cache_ttl:
        return price.input / 1e6, price.input / 1e6, 0.0
    return price.cached_input / 1e6, price.cache_write / 1e6, price.cache_ttl


Decide = Callable[[int, LastRequest | None], int | None]
"""From the size of the next request, and the last one, to the size to condense it to."""


def played(stream: Stream, price: Prices, room: Room, decide: Decide, keeps: int = 0) -> Bill:
    """The bill of a stream. What is condensed keeps the head, and `keeps` tokens more, cached."""
    bill, last, size = Bill(), None, room.head
    life = rates(price)[2]
    for request in stream.requests:
        size += request.growth
        known = 0
        if last is not None:
            last = LastRequest(last.tokens, request.pause, last.cached)
            known = min(last.tokens, size) if request.pause < life else 0
        target = decide(size, last)
        if target is not None and target < size:
            size, known = target, min(known, room.head + keeps)
            bill.condensations += 1
        bill.pay(price, size, known, room.limit)
        last = LastRequest(size, 0.0, known if price.cache_ttl else None)
    return bill


def cold_before(stream: Stream, life: float) -> np.ndarray:
    """Whether the cache has expired before each request."""
    return np.array([True, *(one.pause >= life for one in stream.requests[1:])])


def oracle(
    stream: Stream,
    price: Prices,
    room: Room,
    floor: int = 0,
    most: Sequence[float] | None = None,
) -> float:
    """The least that the stream can cost where each condensation comes down to the target, from
    over `floor` tokens, and no more than `most` has been paid after each request.

    `best[i]` is the least cost of the requests before i where i is condensed; prefix sums make
    the cost of a stretch of requests one subtraction.
    """
    read, write, life = rates(price)
    growth = np.cumsum([one.growth for one in stream.requests]).astype(float)
    cold, number = cold_before(stream, life), len(stream.requests)
    warm = ~cold
    saved = write - read
    places = np.arange(number + 1)
    sizes = np.concatenate([[0.0], np.cumsum(growth)])
    # of request k after k - 1: the part that may be cached is the size of k - 1
    earlier = np.concatenate([[0.0], growth[:-1]]) * warm
    parts = np.concatenate([[0.0], np.cumsum(earlier)])
    warms = np.concatenate([[0], np.cumsum(warm)])
    best = np.full(number + 1, np.inf)
    bound = np.array([0.0, *([np.inf] * number if most is None else most)]) + EXACT

    def stretch(base: float, start: int, paid: float) -> None:
        """Requests from `start` on have the size base + growth; `paid` is what came before."""
        ends = places[start:]
        last = start + int(np.searchsorted(base + growth[start:], room.limit, side="right"))
        ends = ends[: last - start + 1]
        count = ends - start
        whole = write * (base * count + sizes[ends] - sizes[start])
        cached = base * (warms[ends] - warms[start]) + parts[ends] - parts[start]
        found = paid + whole - saved * cached
        dear = np.flatnonzero(found[1:] > bound[ends[1:]])
        if dear.size:
            ends, found = ends[: dear[0] + 1], found[: dear[0] + 1]
        allowed = base + growth[np.minimum(ends, number - 1)] > floor
        best[ends] = np.minimum(best[ends], np.where(allowed | (ends == number), found, np.inf))

    stretch(float(room.head), 0, 0.0)
    for place in range(1, number):
        if not np.isfinite(best[place]):
            continue
        known = room.head if warm[place] else 0
        cut = write * room.target - saved * known
        base = room.target - growth[place]
        if best[place] + cut > bound[place + 1]:
            continue
        if place + 1 < number:
            stretch(base, place + 1, best[place] + cut)
        else:
            best[number] = min(best[number], best[place] + cut)
    return float(best[number])

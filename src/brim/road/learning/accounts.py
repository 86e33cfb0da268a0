"""What policies keep of conversations, from one request to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from attrs import Factory, define, evolve, frozen

from brim.model.decisions import LastRequest
from brim.road.plans.trip import Trip

__all__ = ["Accounts", "Page"]

MOST = 512
"""Messages, from the last one back, among which the request before is looked for."""


@frozen
class Page:
    """One request: its tokens as they went out, when that was, and the policy's numbers. `cached`
    is what the provider reported of it."""

    tokens: int
    time: float
    numbers: tuple[float, ...]
    cached: int | None = None


@define(eq=False)
class Accounts:
    """Pages by model and by the chain value of the last message of the request.

    The `most` used last are kept, in memory. `clock` gives seconds.
    """

    clock: Callable[[], float]
    most: int = 8_192
    _pages: OrderedDict[tuple[str, bytes], Page] = Factory(OrderedDict)

    def __len__(self) -> int:
        return len(self._pages)

    def before(
        self, model: str, chain: Sequence[bytes]
    ) -> tuple[LastRequest | None, tuple[float, ...]]:
        """The request before the one that ends this chain, and the numbers kept with it. Asking
        for the same request again gives the same."""
        if self._pages:
            for value in reversed(chain[max(len(chain) - 1 - MOST, 1) : -1]):
                page = self._pages.get((model, value))
                if page is not None:
                    self._pages.move_to_end((model, value))
                    idle = self.clock() - page.time
                    return LastRequest(page.tokens, idle, page.cached), page.numbers
        return None, ()

    def remember(self, trip: Trip) -> None:
        """Tell a trip of the request before."""
        model, chain = trip.profile.name, trip.timeline.chain
        trip.last, trip.account = self.before(model, chain)
        trip.repeated = self.knows(model, chain)

    def knows(self, model: str, chain: Sequence[bytes]) -> bool:
        """Whether this very request has a page."""
        return (model, chain[-1]) in self._pages

    def unknown(self, model: str, chain: Sequence[bytes]) -> Sequence[bytes]:
        """The values behind the last page of this chain, where there may be later ones elsewhere;
        none where this very request has a page."""
        if self.knows(model, chain):
            return ()
        first = max(len(chain) - 1 - MOST, 1)
        places = range(len(chain) - 2, first - 1, -1)
        return chain[next((i + 1 for i in places if (model, chain[i]) in self._pages), first) :]

    def page(self, model: str, value: bytes) -> Page | None:
        """That of the request that ends in this value of its chain."""
        return self._pages.get((model, value))

    def adopt(self, model: str, value: bytes, page: Page) -> None:
        """Keep a page in place of any other of this request."""
        self._pages[model, value] = page
        self._pages.move_to_end((model, value))
        if len(self._pages) > self.most:
            self._pages.popitem(last=False)

    def keep(
        self, model: str, chain: Sequence[bytes], tokens: int, numbers: tuple[float, ...]
    ) -> None:
        """Write the page of the request that ends this chain; none for a policy that keeps no
        numbers."""
        if not numbers or len(chain) == 1:
            return
        self.adopt(model, chain[-1], Page(tokens, self.clock(), numbers))

    def reported(self, model: str, value: bytes, cached: int) -> None:
        """The provider said how much of a request it had in its cache."""
        page = self._pages.get((model, value))
        if page is not None:
            self._pages[model, value] = evolve(page, cached=cached)

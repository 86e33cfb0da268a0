"""What policies keep of conversations, from one request to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from attrs import Factory, define, evolve, frozen

from brim.model.decisions import LastRequest

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

    def knows(self, model: str, chain: Sequence[bytes]) -> bool:
        """Whether this very request has a page."""
        return (model, chain[-1]) in self._pages

    def keep(
        self, model: str, chain: Sequence[bytes], tokens: int, numbers: tuple[float, ...]
    ) -> None:
        """Write the page of the request that ends this chain; none for a policy that keeps no
        numbers."""
        if not numbers or len(chain) == 1:
            return
        self._pages[model, chain[-1]] = Page(tokens, self.clock(), numbers)
        self._pages.move_to_end((model, chain[-1]))
        if len(self._pages) > self.most:
            self._pages.popitem(last=False)

    def reported(self, model: str, value: bytes, cached: int) -> None:
        """The provider said how much of a request it had in its cache."""
        page = self._pages.get((model, value))
        if page is not None:
            self._pages[model, value] = evolve(page, cached=cached)

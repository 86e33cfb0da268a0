"""What a conversation costs, told from the sizes of its requests and the prices of its model."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import astuple, evolve, frozen

from brim.api import LastRequest, Prices, TrimTask

__all__ = ["Account", "Books", "Frame", "Rates"]

SMALL = 4_096
"""Tokens under which a provider may keep nothing, so that a report of no cached reads tells
nothing (Anthropic's prompt caching guide: 512 to 4,096 by model; OpenAI's: 1,024)."""

TRUST = 0.25
"""Weight of one report of cached reads beside what was known."""


@frozen
class Frame:
    """Sizes in tokens: of the `head` that nothing changes, what a condensation comes down to,
    the least worth one, and the most that may go out."""

    head: int
    target: int
    floor: int
    limit: int


@frozen
class Rates:
    """US dollars for a token that is in the cache, and for one that is not; the latter are kept
    for `ttl` seconds."""

    read: float
    write: float
    ttl: int

    @classmethod
    def of(cls, prices: Prices | None) -> Rates | None:
        """None where nothing is known of them. Where there is no cache, both are the same."""
        if prices is None or prices.input <= 0:
            return None
        whole = prices.input / 1e6
        if prices.cache_ttl <= 0:
            return cls(whole, whole, 0)
        write = (prices.cache_write or prices.input) / 1e6
        return cls(prices.cached_input / 1e6, write, prices.cache_ttl)

    @classmethod
    def longer(cls, prices: Prices | None) -> Rates | None:
        """Those of the longer life; None where there is none."""
        if prices is None or prices.long_cache_ttl <= 0:
            return None
        return cls(prices.cached_input / 1e6, prices.long_cache_write / 1e6, prices.long_cache_ttl)

    def price(self, tokens: float, cached: float) -> float:
        """Of one request. The answer, which is the same either way, is left out."""
        return self.read * cached + self.write * (tokens - cached)

    def warm(self, last: LastRequest | None) -> bool:
        """Whether the cache holds the last request still. One whose age is not known counts as
        young: then nothing is condensed for its age."""
        return last is not None and (last.idle is None or last.idle < self.ttl)


@frozen
class Account:
    """Seven numbers of a conversation, as they stand after its last request.

    In US dollars: `spent` on all requests before the last one; what they and the last one would
    have cost had nothing been condensed before the limit (`shadow`), or with the longer cache life
    (`longer`); and what condensing would have saved since the last condensation (`accrued`). In
    tokens: how large the last request would be had nothing been condensed early (`size`), and how
    much of it should have been in the cache (`expected`). `hits` is the share of that which really
    is there, as the provider reports it.
    """

    spent: float = 0.0
    shadow: float = 0.0
    longer: float = 0.0
    accrued: float = 0.0
    size: float = 0.0
    expected: float = 0.0
    hits: float = 1.0

    @classmethod
    def of(cls, numbers: tuple[float, ...]) -> Account:
        """The account of these numbers; a new one where they are none of ours."""
        return cls(*numbers) if len(numbers) == len(astuple(cls())) else cls()

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(map(float, astuple(self)))

    def settled(self, rates: Rates, last: LastRequest | None) -> Account:
        """With the last request paid, and what was reported of it learned."""
        if last is None:
            return self
        hits = self.hits
        if last.cached is not None and self.expected >= SMALL:
            hits += TRUST * (min(last.cached / self.expected, 1.0) - hits)
        paid = rates.price(last.tokens, min(self.expected, last.tokens) * self.hits)
        return evolve(self, spent=self.spent + paid, hits=hits)

    def grown(self, rates: Rates, frame: Frame, last: LastRequest | None, tokens: int) -> Account:
        """With the shadow's next request paid: the same growth, condensed at the limit only."""
        before = self.size or (last.tokens if last else 0)
        size = before + max(tokens - last.tokens, 0) if last else tokens
        known = before if rates.warm(last) else 0.0
        if size > frame.limit:
            size, known = frame.target, min(known, frame.head)
        paid = rates.price(size, min(known, size) * self.hits)
        return evolve(self, shadow=self.shadow + paid, size=size)


@frozen
class Books:
    """The money side of one request. It costs `uncut` as it is, and `cut` condensed now; `known`
    of its `tokens` should be in the cache, which is `warm`. `account` has the shadow's request in
    it, and what not condensing has accrued to."""

    account: Account
    rates: Rates
    frame: Frame
    uncut: float
    cut: float
    tokens: int
    known: float
    warm: bool
    longer: tuple[float, float] | None

    @classmethod
    def of(cls, task: TrimTask, frame: Frame, rates: Rates) -> Books:
        last, tokens = task.last, task.usage.tokens
        account = Account.of(task.account).settled(rates, last).grown(rates, frame, last, tokens)
        warm = rates.warm(last)
        known = float(min(last.tokens, tokens)) if last and warm else 0.0
        hits = account.hits if warm else 0.0
        kept = rates.read * hits + rates.write * (1 - hits)
        accrued = account.accrued + kept * max(tokens - frame.target, 0)
        long = Rates.longer(task.profile.prices)
        return cls(
            evolve(account, accrued=accrued),
            rates,
            frame,
            rates.price(tokens, known * hits),
            rates.price(frame.target, min(known, frame.head) * hits),
            tokens,
            known,
            warm,
            _both(long, frame, last, tokens, account.hits) if long else None,
        )

    def left(self, overspend: float) -> float:
        """What may be spent on condensing now. Under 0 where it would make the conversation
        dearer than its shadow by more than the share `overspend`."""
        return (1 + overspend) * self.account.shadow - self.account.spent - self.cut

    @property
    def lag(self) -> float:
        """What the next request may cost more than the shadow's, which has been condensed since,
        should the cache have expired by then: where no more than that is left, later is too
        late."""
        return self.rates.write * max(self.tokens - self.account.size, 0.0)

    @property
    def cost(self) -> float:
        """Of condensing now, for this request alone. Under 0 where it is cheaper at once."""
        return self.cut - self.uncut

    def closed(self, trim: bool) -> Account:
        """The account to keep, once it is decided."""
        account = self.account
        return evolve(
            account,
            longer=account.longer + (self.longer[trim] if self.longer else 0.0),
            accrued=0.0 if trim else account.accrued,
            expected=min(self.known, self.frame.head) if trim else self.known,
        )

    def remarks(self, advise: float) -> Iterator[str]:
        """What was weighed, in US dollars."""
        account = self.account
        if self.known:
            cost, lost = _dollars(self.cost), _dollars(account.accrued)
            yield f"condensing now costs {cost}, not condensing has cost {lost}"
        paid, shadow = account.spent + self.uncut, account.shadow
        yield f"input has cost {_dollars(paid)}, condensed at the limit only {_dollars(shadow)}"
        longer = account.longer + (self.longer[0] if self.longer else 0.0)
        if self.longer and longer < (1 - advise) * paid:
            yield f"with the longer life of the cache it would have cost {_dollars(longer)}"


def _both(
    rates: Rates, frame: Frame, last: LastRequest | None, tokens: int, hits: float
) -> tuple[float, float]:
    """What a request costs as it is, and condensed."""
    known = min(last.tokens, tokens) * hits if last and rates.warm(last) else 0.0
    cut = rates.price(frame.target, min(known, frame.head * hits))
    return rates.price(tokens, known), cut


def _dollars(amount: float) -> str:
    return f"-${-amount:,.4f}" if amount < 0 else f"${amount:,.4f}"

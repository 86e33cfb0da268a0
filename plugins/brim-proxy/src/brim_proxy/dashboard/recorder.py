"""What is written down of each request: numbers and names, no text, in a few microseconds."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from attrs import Factory, define, field

from brim_proxy.dashboard.condensed import Ring
from brim_proxy.dashboard.talks import Talk, Talks, prints_of
from brim_proxy.routes import Kind

if TYPE_CHECKING:
    from brim.api import Prices
    from brim_proxy.call import Call
    from brim_proxy.job import Fit

__all__ = ["Recorder", "Seen", "Slot"]

RECENT = 1_024
"""Requests of which times are kept, and the failures among them."""

FAULTS = 64
"""Failed requests that are kept."""

SECONDS = 10
SLOTS = 90
"""Stretches of time, of so many seconds each, of which sums are kept: fifteen minutes."""

NAME = 120
"""Characters of a model's name that are kept; clients may send any."""

MODELS = 256
"""Models whose savings are told apart."""

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

ASIDE = (Kind.LOCAL, Kind.DASHBOARD, Kind.NOWHERE)
"""What is not counted: looking at figures, and what clients do not come for."""

FAILED = frozenset({"aborted", "error", "stalled", "timeout", "unreachable"})
"""Outcomes that are failures whatever the status says."""

HTTP_ERROR = 400


class Seen(NamedTuple):
    """One failed request. `talk` is 0 where it belongs to no conversation."""

    time: float
    tenant: str
    route: str
    model: str
    status: int
    outcome: str
    ms: float
    talk: int
    unread: str


@define
class Slot:
    """Sums of the stretch of time that begins at `start`; tokens as they came and went up."""

    start: int
    requests: int = 0
    errors: int = 0
    before: int = 0
    after: int = 0
    fits: int = 0
    seconds: float = 0.0


@define(eq=False)
class Recorder:
    """Of one worker. `version` grows with every request that is noted. `clock` gives seconds since
    1970. Conversations are held for a look at their condensations only where they are `kept`."""

    kept: bool = True
    clock: Callable[[], float] = time.time
    version: int = 0
    answers: int = 0
    errors: int = 0
    outcomes: Counter[str] = Factory(Counter)
    talks: Talks = Factory(Talks)
    ring: Ring = Factory(Ring)
    faults: deque[Seen] = field(factory=lambda: deque(maxlen=FAULTS))
    slots: deque[Slot] = field(factory=lambda: deque(maxlen=SLOTS))
    saved: Counter[str] = Factory(Counter)
    whole: deque[float] = field(factory=lambda: deque(maxlen=RECENT))
    own: deque[float] = field(factory=lambda: deque(maxlen=RECENT))

    def note(self, call: Call) -> None:
        """Write down a request that has ended."""
        if call.route.kind in ASIDE:
            return
        seconds = call.seconds
        now = self.clock() - (time.perf_counter() - call.began - seconds)
        failed = call.status >= HTTP_ERROR or call.outcome in FAILED
        self.version += 1
        self.answers += 1
        self.errors += failed
        self.outcomes[call.outcome] += 1
        self.whole.append(seconds)
        slot = self._slot(now)
        slot.requests += 1
        slot.errors += failed
        talk = None if call.fit is None else self._fitted(call, call.fit, slot, now, failed)
        if failed:
            self.faults.append(_seen(call, now, seconds, talk))

    def as_dict(self, prices: Callable[[str], Prices | None]) -> dict[str, object]:
        """Plain data, for `/brim/stats`. `prices` knows those of models."""
        return {
            "answers": self.answers,
            "errors": self.errors,
            "outcomes": dict(self.outcomes),
            "saved": self._money(prices),
            "request_ms": _percentiles(self.whole),
            "fit_ms": _percentiles(self.own),
            "conversations": len(self.talks),
        }

    def series(self) -> list[list[float]]:
        """Of the last fifteen minutes, for each ten seconds, the oldest first: requests, errors,
        tokens as they came and went up, milliseconds of Brim for a request."""
        slots = {slot.start: slot for slot in self.slots}
        last = int(self.clock()) // SECONDS
        places = (slots.get(start) or Slot(start) for start in range(last - SLOTS + 1, last + 1))
        return [
            [b.requests, b.errors, b.before, b.after, round(1000 * b.seconds / (b.fits or 1), 2)]
            for b in places
        ]

    def _slot(self, now: float) -> Slot:
        start = int(now) // SECONDS
        if not self.slots or self.slots[-1].start != start:
            self.slots.append(Slot(start))
        return self.slots[-1]

    def _fitted(self, call: Call, fit: Fit, slot: Slot, now: float, failed: bool) -> Talk | None:
        self.own.append(fit.seconds)
        slot.fits += 1
        slot.seconds += fit.seconds
        report, prints = fit.report, prints_of(fit)
        if report is None:
            return None
        before, after = report.before.tokens, report.after.tokens
        slot.before += before
        slot.after += after if call.mode == "on" else before
        if before != after and call.mode == "on" and not failed and call.status:
            self._save(report.model[:NAME], before - after)
        if not prints[0]:
            return None
        talk = self.talks.of(call.tenant, prints, now)
        talk.route, talk.mode, talk.model = call.route.name, call.mode, report.model[:NAME]
        talk.level = report.decision.level
        talk.before, talk.after, talk.budget = before, after, report.after.budget
        talk.requests += 1
        talk.failed += failed
        talk.sizes.append(after)
        if fit.fitted is not None and fit.fitted.report.condensed:
            talk.condensed += 1
            if self.kept:
                self.ring.add(now, call.tenant, talk.number, call.mode, fit.fitted)
        return talk

    def _save(self, model: str, tokens: int) -> None:
        known = model in self.saved or len(self.saved) < MODELS
        self.saved[model if known else ""] += tokens

    def _money(self, prices: Callable[[str], Prices | None]) -> dict[str, object]:
        """US dollars for the tokens that were not sent: at the full price, and at that of tokens
        that the provider has in its cache. Without a price they are `unpriced`."""
        full = cached = 0.0
        unpriced = 0
        for model, tokens in self.saved.items():
            known = prices(model) if model else None
            if known is None or known.input <= 0:
                unpriced += tokens
                continue
            full += tokens * known.input / 1e6
            cached += tokens * (known.cached_input or known.input) / 1e6
        total = sum(self.saved.values())
        return {
            "tokens": total,
            "usd": round(full, 6),
            "usd_if_cached": round(cached, 6),
            "unpriced_tokens": unpriced,
        }


def _seen(call: Call, now: float, seconds: float, talk: Talk | None) -> Seen:
    fit = call.fit
    return Seen(
        round(now, 1),
        call.tenant,
        call.route.name,
        talk.model if talk is not None else "",
        call.status,
        call.outcome,
        round(1000 * seconds, 2),
        talk.number if talk is not None else 0,
        fit.failure if fit is not None else "",
    )


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """In milliseconds, of the last requests; `of` says how many they are."""
    ordered = sorted(seconds)
    found = {
        name: round(1000 * ordered[ceil(share * len(ordered)) - 1], 3) if ordered else 0.0
        for name, share in SHARES.items()
    }
    return {**found, "of": len(ordered)}

"""How many of the provider's tokens one of Brim's is, by kind of content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor

from attrs import Factory, define, frozen

from brim.dialects.base import Parsed
from brim.kinds import content_kind
from brim.model.messages import Message, ToolCall

__all__ = ["BESIDE", "CUT_NOISE", "NOISE", "SANE", "Mix", "Scale", "Slopes", "as_large", "mix_of"]

SANE = (0.2, 5.0)
"""The provider's tokens for each of Brim's; a report beyond that is about something else."""

DOUBT, LEAST_DOUBT = 0.04, 0.0001
"""Variance of a slope that nothing is known of, and of one that is known well."""

NOISE, CUT_NOISE = 0.03, 0.10
"""Share by which a report differs from what slopes explain: of growth, and of all else."""

BESIDE = 300.0
"""Tokens that a provider may add to a request where nobody sees them, for tools above all."""

LOOKED_AT = 32
"""How many messages tell what a conversation consists of."""

FOREIGN = 0.25
"""Share of characters beyond ASCII that makes a text one of another script."""

SAMPLE = 400

Mix = Mapping[str, float]
"""Brim's tokens by kind of content."""


@frozen
class Scale:
    """A straight line from Brim's tokens to the provider's: `ours` are `theirs`, and each more is
    `slope` more. What was too long is not tried again: at most `cap` of ours go out."""

    ours: float = 0.0
    theirs: float = 0.0
    slope: float = 1.0
    cap: int | None = None

    def real(self, tokens: float) -> int:
        """The provider's count of so many of Brim's tokens."""
        return max(ceil(self.theirs + self.slope * (tokens - self.ours) - 1e-6), 0)

    def within(self, budget: int) -> int:
        """The most of Brim's tokens that `budget` of the provider's are expected to hold."""
        most = floor(self.ours + (budget - self.theirs) / self.slope + 1e-6)
        return max(most if self.cap is None else min(most, self.cap), 0)


@define(eq=False)
class Slopes:
    """The provider's tokens for each of Brim's, by kind of content, of one model.

    One Kalman filter for each kind, as if they were independent: a report corrects each by its
    share in what the report is about, and by how little is known of it.
    """

    means: dict[str, float] = Factory(dict)
    doubts: dict[str, float] = Factory(dict)
    seen: dict[str, float] = Factory(dict)

    @property
    def mean(self) -> float:
        """Of all that was seen."""
        return self.of(self.seen)

    def of(self, mix: Mix) -> float:
        """Of such a mix; 1 where nothing is known."""
        known = {kind: tokens for kind, tokens in mix.items() if kind in self.means}
        total = sum(known.values())
        if total <= 0:
            return self.mean if mix is not self.seen and self.means else 1.0
        return sum(self.means[kind] * tokens for kind, tokens in known.items()) / total

    def real(self, mix: Mix) -> float:
        """The provider's count of what is new."""
        mean = self.mean
        return sum(self.means.get(kind, mean) * tokens for kind, tokens in mix.items())

    def learn(self, mix: Mix, theirs: float, noise: float, beside: float = 0.0) -> None:
        """What consists of `mix` was `theirs` tokens, give or take the share `noise` and what the
        provider may put `beside` it."""
        size = sum(abs(tokens) for tokens in mix.values())
        if size <= 0:
            return
        mean, off = self.mean, theirs - self.real(mix)
        doubts = {kind: self.doubts.get(kind, DOUBT) for kind in mix}
        spread = (noise * size) ** 2 + beside**2 + sum(doubts[k] * n * n for k, n in mix.items())
        for kind, tokens in mix.items():
            gain = doubts[kind] * tokens / spread
            low, high = SANE
            self.means[kind] = min(max(self.means.get(kind, mean) + gain * off, low), high)
            self.doubts[kind] = max((1 - gain * tokens) * doubts[kind], LEAST_DOUBT)
            self.seen[kind] = self.seen.get(kind, 0.0) + abs(tokens)

    def shared(self) -> dict[str, float]:
        """What others may know, to 1 %."""
        return {kind: round(mean, 2) for kind, mean in sorted(self.means.items())}

    def adopt(self, shared: Mapping[str, float]) -> None:
        """Take over what others know of kinds that were not seen here."""
        low, high = SANE
        for kind, mean in shared.items():
            if kind not in self.means and low <= mean <= high:
                self.means[kind], self.doubts[kind], self.seen[kind] = mean, NOISE**2, 1.0


def mix_of(parsed: Sequence[Parsed], tokens: Sequence[int]) -> dict[str, float]:
    """Tokens by kind of content. Of many messages some are looked at, and stand for all."""
    step = -(-len(parsed) // LOOKED_AT) or 1
    found: dict[str, float] = {}
    for at in range(0, len(parsed), step):
        kind = _kind(parsed[at].message)
        found[kind] = found.get(kind, 0.0) + tokens[at]
    return as_large(found, sum(tokens)) if step > 1 else found


def _kind(message: Message) -> str:
    calls = (part.arguments for part in message.parts if isinstance(part, ToolCall))
    text = max((message.text, *(one.text for one in message.results), *calls), key=len)
    sample = text[:SAMPLE]
    foreign = sum(not char.isascii() for char in sample) > FOREIGN * len(sample)
    return f"{content_kind(text)}{' of another script' if foreign else ''}"


def as_large(mix: Mix, size: float) -> dict[str, float]:
    """The same mix, of so many tokens."""
    total = sum(mix.values())
    return {kind: tokens * size / total for kind, tokens in mix.items()} if total else {}

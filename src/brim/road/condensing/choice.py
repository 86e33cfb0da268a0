"""Which strategies get a turn: the names in the settings, and what `auto` stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from attrs import frozen

from brim.kinds import ContentKind
from brim.model.decisions import Shape
from brim.settings.schema import Settings

__all__ = ["AUTO", "LAST_RESORT", "Choice"]

AUTO = "auto"
LOSSLESS = ("duplicate-removal", "tool-masking")
KEY_POINTS, PROGRESSIVE = "key-point-extraction", "progressive-summarization"
ASKING = frozenset({PROGRESSIVE, "conversation-summary"})
"""The built-in strategies that ask a model."""

LAST_RESORT = "smart-truncation"

TECHNICAL = 1 / 3
"""Share of a conversation's tokens that make it technical where they are not prose."""

MANY = 20
NO_TIME = 0.95
"""Messages above which a conversation is summarized step by step, and utilization above which
no model is asked: the proxy guide's numbers."""


@frozen
class Choice:
    """`installed` are the strategies that may act; `asks` tells whether a model can be asked."""

    named: tuple[str, ...]
    installed: frozenset[str]
    default: str
    asks: bool

    @classmethod
    def of(cls, settings: Settings, installed: Collection[str]) -> Choice:
        """As the settings have it."""
        wanted = settings.condensation
        asks = wanted.ai and bool(settings.complete)
        return cls(settings.strategies, frozenset(installed), wanted.default_strategy, asks)

    @property
    def possible(self) -> tuple[str, ...]:
        """Every strategy that may get a turn, whatever the conversation is like."""
        built_in = (*LOSSLESS, KEY_POINTS, PROGRESSIVE, self.default, LAST_RESORT)
        lossy = [name for name in built_in if name in self.installed]
        names = [part for name in self.named for part in (lossy if name == AUTO else (name,))]
        return tuple(dict.fromkeys(names))

    def chain(self, named: Sequence[str], shape: Shape, utilization: float) -> tuple[str, ...]:
        """The strategies for this conversation, in order, the last resort last. `named` by the
        policy go before those of the settings."""
        wanted = [
            part for name in named or self.named for part in self._meant(name, shape, utilization)
        ]
        return (*dict.fromkeys(name for name in wanted if name != LAST_RESORT), LAST_RESORT)

    def _meant(self, name: str, shape: Shape, utilization: float) -> Iterator[str]:
        """What a name stands for: `auto` is what loses little, then one that loses more."""
        if name != AUTO:
            yield name
            return
        yield from (one for one in LOSSLESS if one in self.installed)
        lossy = self.lossy(shape, utilization)
        if lossy in self.installed:
            yield lossy

    def lossy(self, shape: Shape, utilization: float) -> str:
        """The proxy guide's rule. Where there is no model to ask, or no time, key points serve."""
        if _is_technical(shape):
            return KEY_POINTS
        picked = PROGRESSIVE if shape.messages > MANY else self.default
        asking = picked in ASKING
        if asking and (not self.asks or utilization > NO_TIME or picked not in self.installed):
            return KEY_POINTS
        return picked


def _is_technical(shape: Shape) -> bool:
    kinds = shape.kinds
    total = sum(kinds.values())
    return total - kinds.get(ContentKind.PROSE, 0) > TECHNICAL * total

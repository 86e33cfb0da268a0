"""Percentiles of a stream of durations in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddsketch import LogCollapsingLowestDenseDDSketch

__all__ = ["Quantiles"]

ACCURACY = 0.01
BINS = 2_048
"""Enough for eight decimal orders at 1 %; what is faster still is lumped together.

DDSketch: C. Masson, J. E. Rim, H. K. Lee, PVLDB 12(12), 2019."""

BATCH = 512
"""Values that wait for the sketch, so that adding one is cheap and nothing is imported early."""


class Quantiles:
    """Values go in, percentiles come out, each within 1 % of a value that went in."""

    def __init__(self) -> None:
        self._waiting: list[float] = []
        self._sketch: LogCollapsingLowestDenseDDSketch | None = None

    def add(self, value: float) -> None:
        self._waiting.append(value)
        if len(self._waiting) >= BATCH:
            self._settle()

    def at(self, shares: Sequence[float]) -> list[float]:
        """The values at these shares of the stream, 0.95 for p95; 0 when nothing went in.

        Between two values it is the larger one: few values never hide the slowest.
        """
        sketch = self._settle()
        last = sketch.count - 1
        ranks = [ceil(share * last) for share in shares]
        # Half a rank more, because the sketch rounds down what is not quite whole.
        found = [min((rank + 0.5) / last, 1.0) if last > 0 else 1.0 for rank in ranks]
        return [sketch.get_quantile_value(share) or 0.0 for share in found]

    def _settle(self) -> LogCollapsingLowestDenseDDSketch:
        if self._sketch is None:
            from ddsketch import LogCollapsingLowestDenseDDSketch

            self._sketch = LogCollapsingLowestDenseDDSketch(ACCURACY, BINS)
        for value in self._waiting:
            self._sketch.add(value)
        self._waiting.clear()
        return self._sketch

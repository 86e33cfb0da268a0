"""What a fit gives back."""

from __future__ import annotations

from attrs import frozen

from brim.road.explain import Explanation
from brim.road.report import FitReport

__all__ = ["Fitted"]


@frozen
class Fitted:
    """The answer of a fit.

    `messages` holds the caller's own objects wherever they go out as they came, `request`
    has the shape that was given (list, request object or bytes).
    """

    messages: list[object]
    request: object
    report: FitReport

    def explain(self) -> Explanation:
        """The report in words."""
        return Explanation(self.report)

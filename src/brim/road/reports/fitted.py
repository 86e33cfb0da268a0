"""What a fit gives back."""

from __future__ import annotations

from attrs import field, frozen

from brim.errors import UnknownHandle
from brim.road.memory.originals import Original
from brim.road.memory.past import Past
from brim.road.reports.diff import Diff
from brim.road.reports.explain import Explanation
from brim.road.reports.report import FitReport

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
    _past: Past | None = field(default=None, eq=False, repr=False)

    @property
    def handles(self) -> tuple[str, ...]:
        """The handles of all that was changed, in order; what `expand` and `undo` take."""
        return () if self._past is None else tuple(one.handle for one in self._past.entries)

    def explain(self) -> Explanation:
        """The report in words."""
        return Explanation(self.report)

    def diff(self) -> Diff:
        """What was kept, left out, replaced and shortened, in order. Print it, or walk it."""
        return Diff.of(self.origin)

    def expand(self, handle: str) -> Original:
        """The original that a note's or mark's handle stands for, in this conversation.

        Raises `UnknownHandle`.
        """
        return self.origin.expand(handle)

    def undo(self, handle: str) -> Fitted:
        """Put the original back, pin it, and fit again; later fits leave it alone too.

        What is undone whole comes back byte for byte, but for what must now go in its place.
        Raises `UnknownHandle`, and `BudgetInfeasible`, with nothing changed, when it does not fit.
        """
        fitted: Fitted = self.origin.undo(handle)
        return fitted

    @property
    def origin(self) -> Past:
        """The conversation behind it. Raises `UnknownHandle`."""
        if self._past is None:
            raise UnknownHandle("this answer was not made by a fit: its originals are not known")
        return self._past

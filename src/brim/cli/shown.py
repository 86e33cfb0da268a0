"""What `brim diff` shows of one conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from brim.road.reports.diff import Diff
    from brim.road.reports.report import FitReport

__all__ = ["Shown"]


@frozen
class Shown:
    """One conversation: its diff and report, or why there is none."""

    line: int
    diff: Diff | None = None
    report: FitReport | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, object]:
        if self.diff is None or self.report is None:
            return {"line": self.line, "error": self.error}
        tokens = {"before": self.report.before.tokens, "after": self.report.after.tokens}
        return {"line": self.line, "error": None, "tokens": tokens, **self.diff.as_dict()}

"""Progressive summarization: one running note, written anew with what is new."""

from __future__ import annotations

from brim.api import CondenseTask, hookimpl
from brim.defaults.summarizing import Asking, Summarizer, SummarySettings

__all__ = ["ProgressiveSummarization"]


class ProgressiveSummarization(Summarizer):
    """The note before, and what came after it, become one note of bounded size that replaces
    both. What is too long to be read at once is read piece by piece, each with the notes so far."""

    name = "progressive-summarization"

    def __init__(self, settings: SummarySettings) -> None:
        super().__init__(settings, self.name, renew=True)

    @hookimpl
    def condense(self, task: CondenseTask) -> Asking:
        """Replaces earlier notes and the oldest exchanges by a note for each run of neighbours."""
        return self.notes(task)

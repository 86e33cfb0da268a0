"""Conversation summary: a model sums up the oldest exchanges; earlier summaries stay."""

from __future__ import annotations

from brim.api import CondenseTask, hookimpl
from brim.defaults.summarizing import Asking, Summarizer, SummarySettings

__all__ = ["ConversationSummary"]


class ConversationSummary(Summarizer):
    """One note for what is new: goal, constraints and decisions, state, facts, open questions,
    next steps. Earlier notes stay as they are until all of them take too much room."""

    name = "conversation-summary"

    def __init__(self, settings: SummarySettings) -> None:
        super().__init__(settings, self.name, renew=False)

    @hookimpl
    def condense(self, task: CondenseTask) -> Asking:
        """Replaces the oldest exchanges by a note for each run of neighbours."""
        return self.notes(task)

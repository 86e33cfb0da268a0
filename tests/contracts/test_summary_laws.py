"""The strategies that ask a model keep every law, whatever the model says."""

from __future__ import annotations

from typing import ClassVar

from brim.defaults.conversation_summary import ConversationSummary
from brim.defaults.progressive_summarization import ProgressiveSummarization
from brim.testing.contracts import CondenseContract


class TestConversationSummary(CondenseContract):
    plugin = ConversationSummary


class TestProgressiveSummarization(CondenseContract):
    plugin = ProgressiveSummarization


class TestManySmallReadings(CondenseContract):
    plugin = ProgressiveSummarization
    settings: ClassVar = {"min_messages": 1, "max_messages": 1, "window": 2_048}

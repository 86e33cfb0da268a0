"""Pydantic AI, with every model request inside of the context window.

agent = Agent("openai:gpt-4o", capabilities=[FitHistory()])
"""

from __future__ import annotations

from brim_pydantic_ai.fitting import FitHistory, history_processor

__all__ = ["FitHistory", "history_processor"]

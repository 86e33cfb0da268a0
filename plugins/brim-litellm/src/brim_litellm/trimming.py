"""A drop-in for `litellm.utils.trim_messages` that never breaks a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from brim.road.shared import shared

if TYPE_CHECKING:
    from brim import Brim

__all__ = ["trim_messages"]

RATIO = 0.75
"""LiteLLM's own share of the window."""

FALLBACK = "gpt-4o"
"""Whose tokens are counted where only `max_tokens` is given."""


def trim_messages(
    messages: Sequence[Any],
    model: str | None = None,
    trim_ratio: float = RATIO,
    return_response_tokens: bool = False,
    max_tokens: int | None = None,
    *,
    brim: Brim | None = None,
) -> Any:
    """Messages of at most `max_tokens`, or of `trim_ratio` of the model's window.

    The arguments are those of LiteLLM's function. Messages that fit, and those for a model that
    nobody knows, come back as they are; with `return_response_tokens` the answer is a pair with
    the tokens that are left. Otherwise the conversation is condensed: tool calls keep their
    results, system messages and the last thing that the user said stay as they are. Objects that
    stay are the same objects. LiteLLM is not imported.

    Raises `MalformedRequest`, and `BudgetInfeasible` where LiteLLM would cut what was said last.
    """
    app = brim or shared()
    budget = max_tokens or _share(app, model, trim_ratio)
    if budget is None:
        return list(messages)
    fitted = app.fit(list(messages), model=model or FALLBACK, budget=budget, dialect="openai-chat")
    if return_response_tokens:
        return fitted.messages, budget - fitted.report.after.tokens
    return fitted.messages


def _share(app: Brim, model: str | None, ratio: float) -> int | None:
    """None for a model that is not known."""
    profile = app.engine.profile(model) if model else None
    return int(profile.window * ratio) if profile is not None and profile.known else None

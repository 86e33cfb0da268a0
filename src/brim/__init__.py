"""Brim keeps every LLM conversation just under the brim of its context window.

    import brim

    fitted = brim.fit(messages, model="gpt-4o", budget=8_000)
    client.chat.completions.create(model="gpt-4o", messages=fitted.messages)

Never over, never broken, never silently poorer. Heavy modules are loaded on first use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from brim.errors import (
    BrimError,
    BudgetInfeasible,
    ContextWindowExceededError,
    InvalidConversation,
    MalformedRequest,
    PluginError,
    SettingsError,
)

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.road.fitted import Fitted
    from brim.road.pins import Pin
    from brim.road.report import FitReport
    from brim.road.session import Session
    from brim.settings.schema import Settings

__version__ = "0.1.0"

__all__ = [
    "Brim",
    "BrimError",
    "BudgetInfeasible",
    "ContextWindowExceededError",
    "FitReport",
    "Fitted",
    "InvalidConversation",
    "MalformedRequest",
    "PluginError",
    "Session",
    "Settings",
    "SettingsError",
    "fit",
]

_LAZY = {
    "Brim": "brim.road.brim",
    "FitReport": "brim.road.report",
    "Fitted": "brim.road.fitted",
    "Session": "brim.road.session",
    "Settings": "brim.settings.schema",
}


def fit(
    messages_or_request: object,
    *,
    model: str | None = None,
    budget: int | None = None,
    system: object = None,
    tools: object = None,
    pin: Pin | Iterable[Pin] | None = None,
    tenant: str | None = None,
    dialect: str | None = None,
) -> Fitted:
    """Fit a conversation into its budget with the process's shared `Brim`; see `Brim.fit`."""
    from brim.road.shared import shared

    return shared().fit(
        messages_or_request,
        model=model,
        budget=budget,
        system=system,
        tools=tools,
        pin=pin,
        tenant=tenant,
        dialect=dialect,
    )


def __getattr__(name: str) -> object:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'brim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})

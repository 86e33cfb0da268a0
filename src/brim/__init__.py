"""Brim keeps every LLM conversation just under the brim of its context window.

    import brim

    fitted = brim.fit(messages, model="gpt-4o", budget=8_000)
    client.chat.completions.create(model="gpt-4o", messages=fitted.messages)

Never over, never broken, never silently poorer. Heavy modules are loaded on first use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from brim.deprecations import resolve
from brim.errors import (
    BrimError,
    BudgetInfeasible,
    ContextWindowExceededError,
    InvalidConversation,
    MalformedRequest,
    PluginError,
    SettingsError,
    StoreError,
    UnknownHandle,
)

if TYPE_CHECKING:
    from brim.chat.loop import ChatLoop
    from brim.road.brim import Brim
    from brim.road.figures.alerts import Alert, Alerts
    from brim.road.glancing.glance import Glance
    from brim.road.intake.pins import Pin
    from brim.road.memory.expand_tool import ExpandTool, Source
    from brim.road.memory.originals import Original
    from brim.road.reports.diff import Diff
    from brim.road.reports.fitted import Fitted
    from brim.road.reports.report import FitReport
    from brim.road.session import Session
    from brim.settings.schema import Settings

__version__ = "0.1.0"

__all__ = [
    "Alert",
    "Alerts",
    "Brim",
    "BrimError",
    "BudgetInfeasible",
    "ChatLoop",
    "ContextWindowExceededError",
    "Diff",
    "ExpandTool",
    "FitReport",
    "Fitted",
    "Glance",
    "InvalidConversation",
    "MalformedRequest",
    "Original",
    "PluginError",
    "Session",
    "Settings",
    "SettingsError",
    "StoreError",
    "UnknownHandle",
    "expand_tool",
    "fit",
]

_LAZY = {
    "Alert": "brim.road.figures.alerts",
    "Alerts": "brim.road.figures.alerts",
    "Brim": "brim.road.brim",
    "ChatLoop": "brim.chat.loop",
    "Diff": "brim.road.reports.diff",
    "ExpandTool": "brim.road.memory.expand_tool",
    "FitReport": "brim.road.reports.report",
    "Fitted": "brim.road.reports.fitted",
    "Glance": "brim.road.glancing.glance",
    "Original": "brim.road.memory.originals",
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


def expand_tool(
    dialect: str = "openai-chat",
    source: Source | None = None,
    *,
    tenant: str | None = None,
    limit: int = 20_000,
) -> ExpandTool:
    """A tool to offer to a model: it reads the original of a note or mark by its handle.

    `source` is a `Brim` or a `Fitted`; without one it is what is behind `brim.fit`. `tenant` is
    for a `Brim`. One answer holds about `limit` characters. Raises `UnknownDialect`.
    """
    from brim.road.memory.expand_tool import expand_tool as made
    from brim.road.shared import shared

    return made(dialect, shared() if source is None else source, tenant=tenant, limit=limit)


def __getattr__(name: str) -> object:
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    return resolve("brim", name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})

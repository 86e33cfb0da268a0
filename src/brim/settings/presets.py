"""Named sets of settings. Each says only what differs from the defaults on purpose.

The numbers are those of the two guides (see `docs/reference/guides.md`), except where
a comment says that one is Brim's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["PRESETS"]

Section = dict[str, object]


def _pairs(pairs: int, threshold: float, level: float) -> Section:
    return {
        "max_history_pairs": pairs,
        "trim_threshold": threshold,
        "safe_trim_level": level,
    }


def _shows(usage: bool, reasoning: bool, tools: bool) -> Section:
    return {
        "show_token_usage": usage,
        "show_reasoning": reasoning,
        "show_tool_details": tools,
    }


PRESETS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "development": {
            "condensation": {"ai": True},
            "logging": {"verbose": True, "counting": True},
            "chat": _shows(usage=True, reasoning=True, tools=True),
            "plugin": {
                # Trigger and target are Brim's own: half of the usual, like the levels.
                "token-budget": {
                    "caution": 0.30,
                    "warning": 0.50,
                    "critical": 0.70,
                    "trigger": 0.50,
                    "target": 0.25,
                },
                "history-pairs": _pairs(20, 2.0, 1.5),
                "operation-log": {"every": True},
            },
        },
        "production": {
            "logging": {"verbose": False, "caches": False},
            "chat": _shows(usage=True, reasoning=False, tools=False),
            "caching": {"completion_ttl": 7_200, "analysis_entries": 200, "analysis_ttl": 600},
            "plugin": {
                "history-pairs": _pairs(100, 1.5, 1.2),
                "operation-log": {"every": True},
            },
        },
        "high-throughput": {
            "condensation": {
                "ai": True,
                "default_strategy": "conversation-summary",
                "min_messages": 3,
                "max_messages": 5,
                "timeout": 15,
                "quality": 0.6,
            },
            "counting": {
                "accurate": True,
                "memo": 2_000,
                "image_tokens": 85,
                "image_tokens_per_char": 0.25,
                "dynamic_image_tokens": True,
            },
            "caching": {"completion_ttl": 1_800, "analysis_entries": 200, "analysis_ttl": 600},
            "logging": {"verbose": False, "counting": False, "caches": False},
            "plugin": {
                "token-budget": {"caution": 0.70, "warning": 0.80, "critical": 0.90},
                "history-pairs": _pairs(50, 1.3, 1.1),
                "operation-log": {"every": True},
            },
        },
        "accuracy": {
            "condensation": {
                "ai": True,
                "default_strategy": "key-point-extraction",
                "min_messages": 5,
                "max_messages": 15,
                "timeout": 60,
                "quality": 0.9,
                "pin_first_task": True,  # Brim's own
            },
            "counting": {"accurate": True},
        },
        "memory-constrained": {
            "counting": {
                "accurate": True,
                "memo": 500,
                "image_tokens": 1_000,
                "dynamic_image_tokens": False,
            },
            "caching": {
                "completion_ttl": 1_800,
                "analysis_entries": 50,
                "analysis_ttl": 180,
                "cleanup_interval": 1_800,
            },
            # The level 1.1 is Brim's own: a trim that triggers at 1.2 must go well below it.
            "plugin": {"history-pairs": _pairs(50, 1.2, 1.1)},
        },
        "short": {},
        "medium": {"plugin": {"history-pairs": _pairs(100, 1.5, 1.2)}},
        "long": {
            "condensation": {"pin_first_task": True},  # Brim's own
            # What the guides advise where caches are too small for the variety of texts.
            "counting": {"memo": 3_000},
            "caching": {"completion_ttl": 7_200, "analysis_entries": 500, "analysis_ttl": 1_800},
            "plugin": {"history-pairs": _pairs(50, 1.3, 1.1)},
        },
    }
)

"""The names and numbers of the two performance guides, and the settings that honour them.

`docs/reference/guides.md` is the same table for readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from brim.settings.tree import Key

__all__ = ["ENVIRONMENT", "recommended_memo"]

ENVIRONMENT: Mapping[str, Key] = MappingProxyType(
    {
        "ENABLE_AI_CONDENSATION": ("condensation", "ai"),
        "CONDENSATION_DEFAULT_STRATEGY": ("condensation", "default_strategy"),
        "CONDENSATION_CAUTION_THRESHOLD": ("plugin", "token-budget", "caution"),
        "CONDENSATION_WARNING_THRESHOLD": ("plugin", "token-budget", "warning"),
        "CONDENSATION_CRITICAL_THRESHOLD": ("plugin", "token-budget", "critical"),
        "CONDENSATION_MIN_MESSAGES": ("condensation", "min_messages"),
        "CONDENSATION_MAX_MESSAGES": ("condensation", "max_messages"),
        "CONDENSATION_TIMEOUT": ("condensation", "timeout"),
        "CONDENSATION_CACHE_TTL": ("caching", "completion_ttl"),
        "CONDENSATION_QUALITY_THRESHOLD": ("condensation", "quality"),
        "ENABLE_CONTEXT_PERFORMANCE_LOGGING": ("plugin", "operation-log", "every"),
        "ENABLE_TOKEN_COUNTING_LOGGING": ("logging", "counting"),
        "ENABLE_ACCURATE_TOKEN_COUNTING": ("counting", "accurate"),
        "TIKTOKEN_CACHE_SIZE": ("counting", "memo"),
        "BASE_IMAGE_TOKENS": ("counting", "image_tokens"),
        "IMAGE_TOKENS_PER_CHAR": ("counting", "image_tokens_per_char"),
        "ENABLE_DYNAMIC_IMAGE_TOKENS": ("counting", "dynamic_image_tokens"),
        "CONTEXT_CACHE_SIZE": ("caching", "analysis_entries"),
        "CONTEXT_ANALYSIS_CACHE_TTL": ("caching", "analysis_ttl"),
        "CACHE_ENABLE_LOGGING": ("logging", "caches"),
        "CACHE_CLEANUP_INTERVAL": ("caching", "cleanup_interval"),
        "VERBOSE_LOGGING": ("logging", "verbose"),
        "SHOW_TOKEN_USAGE": ("chat", "show_token_usage"),
        "SHOW_LLM_REASONING": ("chat", "show_reasoning"),
        "SHOW_TOOL_DETAILS": ("chat", "show_tool_details"),
    }
)
"""The guides' environment variables, exactly these, with the path that each sets."""


def recommended_memo(requests_per_minute: int, message_length: int) -> int:
    """How many texts the counting memo should hold (`counting.memo`).

    A tenth of the requests per minute, from 100 to 2,000, times the mean message
    length in thousands of characters, at most 2 (the proxy guide's formula).
    """
    base = min(2_000, max(100, requests_per_minute // 10))
    return int(base * min(2.0, message_length / 1_000))

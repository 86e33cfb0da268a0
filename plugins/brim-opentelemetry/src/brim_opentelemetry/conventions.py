"""Names of metrics, spans and attributes.

Those that begin with `gen_ai.` and `error.` are of the OpenTelemetry semantic conventions for
generative AI (github.com/open-telemetry/semantic-conventions-genai, status: development); those
that begin with `brim.` are Brim's own, where the conventions have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import define, field

__all__ = ["ATTRIBUTES", "CALL", "FINISH", "OPERATIONS", "Names", "clean", "provider_of"]

LONGEST = 80
"""Characters of a name; names of models come from requests."""

MOST = 100
"""Distinct names that one attribute of a metric takes; each is a time series of its own."""

REST = "other"
"""What stands for all names beyond `MOST`."""

OPERATIONS: Final[Mapping[str, str]] = {
    "ask": "chat",
    "complete": "chat",
    "iteration": "invoke_agent",
    "tool": "execute_tool",
}
"""Values of `gen_ai.operation.name`, by the name of Brim's operation."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "model": "gen_ai.request.model",
    "tool": "gen_ai.tool.name",
    "read": "gen_ai.usage.input_tokens",
    "written": "gen_ai.usage.output_tokens",
    "answered_by": "gen_ai.response.model",
    "cached": "brim.cached",
    "strategy": "brim.strategy",
    "level": "brim.level",
    "purpose": "brim.purpose",
    "messages": "brim.messages",
    "texts": "brim.texts",
    "tokens": "brim.tokens",
    "tokens_before": "brim.tokens.before",
    "tokens_after": "brim.tokens.after",
    "saved": "brim.tokens.saved",
    "utilization": "brim.utilization",
    "prefix_reuse": "brim.prefix_reuse",
    "tried": "brim.tried",
    "applied": "brim.applied",
    "condensed": "brim.condensed",
    "replayed": "brim.replayed",
    "degraded": "brim.degraded",
    "hits": "brim.cache.hits",
    "misses": "brim.cache.misses",
    "calls": "brim.tool.calls",
    "requests": "brim.requests",
    "tools": "brim.tools",
    "characters": "brim.characters",
}
"""Attributes of spans, by the name of a fact. What is not here is not told."""

CALL: Final[Mapping[str, str]] = {
    **ATTRIBUTES,
    "cached": "gen_ai.usage.cache_read.input_tokens",
}
"""The same for calls of models, where what is cached are tokens."""

FINISH: Final[Mapping[str, str]] = {
    "end": "stop",
    "length": "length",
    "refusal": "content_filter",
    "other": "other",
}
"""Values of `gen_ai.response.finish_reasons`, by why Brim says that an answer ended."""

PROVIDERS: Final[tuple[tuple[str, str], ...]] = (
    ("gpt-", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("claude", "anthropic"),
    ("gemini", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("deepseek", "deepseek"),
    ("grok", "x_ai"),
    ("kimi", "moonshot_ai"),
    ("command", "cohere"),
)
"""Beginnings of models' names, and the well-known value of `gen_ai.provider.name`."""

UNKNOWN = "unknown"


def provider_of(model: str) -> str:
    """The vendor of a model, as its name tells; "unknown" where it does not."""
    name = model.rpartition("/")[2].lower()
    return next((vendor for start, vendor in PROVIDERS if name.startswith(start)), UNKNOWN)


def clean(name: str) -> str:
    """On one line, without control characters, and not long."""
    return (name if name.isprintable() else ascii(name))[:LONGEST]


@define
class Names:
    """Values of an attribute: all that come beyond the first `MOST` are `REST`, so that nobody
    can fill a metrics server with names that he makes up."""

    _known: dict[str, str] = field(factory=dict)

    def __call__(self, name: str) -> str:
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= MOST:
                return REST
            found = self._known[name] = clean(name)
        return found

"""The hooks that a new distribution can be made for: those that have a contract."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from brim.errors import PluginError
from brim.settings.structure import did_you_mean

__all__ = ["KINDS", "Kind", "kind_of"]


@frozen
class Kind:
    """One hook: the class in `brim.testing.contracts` that has its laws, and what the plugin
    of its template is."""

    hook: str
    contract: str
    summary: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.hook: kind
        for kind in (
            Kind("condense", "CondenseContract", "a strategy that shortens old tool results"),
            Kind("count_tokens", "CountTokensContract", "a counter that goes by bytes"),
            Kind("should_trim", "ShouldTrimContract", "a policy of two shares"),
            Kind("inject_context", "InjectContextContract", "context from a folder of notes"),
            Kind("monitor_operation", "MonitorContract", "an observer that counts operations"),
            Kind("provide_cache", "CacheContract", "a cache tier in a dict"),
            Kind("provide_model", "ModelContract", "profiles of models"),
            Kind("provide_dialect", "DialectContract", "a wire format"),
            Kind("complete", "CompleteContract", "a completion that extracts sentences"),
            Kind("stream", "StreamContract", "a streamed completion"),
            Kind("embed", "EmbedContract", "an embedding of hashed words"),
            Kind("check_input", "CheckInputContract", "a check of what users type"),
            Kind("admit", "AdmitContract", "a guard of requests"),
        )
    }
)
"""By the hook's name. `extend_cli` and `close` have no contract, so they are not here."""

PREFIX = "provide_"


def kind_of(hook: str) -> Kind:
    """The kind of this hook; hyphens do, and `provide_` may be left out. Raises `PluginError`."""
    name = hook.strip().lower().replace("-", "_")
    found = KINDS.get(name) or KINDS.get(PREFIX + name)
    if found is None:
        known = [kind.removeprefix(PREFIX) for kind in KINDS]
        raise PluginError(
            f"no new plugin can be made for the hook {hook!r}; {did_you_mean(name, known)}"
            f" (there are {', '.join(known)})"
        )
    return found

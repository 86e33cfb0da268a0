"""The plugins of a `Brim`, and which of them rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brim.kernel.breaker import FAILURES

if TYPE_CHECKING:
    from brim import Brim
    from brim.kernel.host import PluginStatus

__all__ = ["plugins_of"]


def plugins_of(brim: Brim, reasons: bool) -> list[dict[str, object]]:
    """Every plugin with its breakers, those first that need a look. `reasons` may name paths."""
    found = [_plugin(brim, status, reasons) for status in brim.plugins()]
    return sorted(found, key=_rank)


def _plugin(brim: Brim, status: PluginStatus, reasons: bool) -> dict[str, object]:
    return {
        "name": status.name,
        "distribution": status.distribution,
        "version": status.version,
        "state": status.state,
        "hooks": list(status.hooks),
        "reason": status.reason if reasons else "",
        "breakers": _breakers(brim, status),
    }


def _breakers(brim: Brim, status: PluginStatus) -> list[dict[str, object]]:
    """Those of its hooks that failed last: open ones rest for some more calls."""
    calls = brim.host.calls
    return [
        {"hook": hook, "failures": one.breaker.failures, "of": FAILURES, "rest": one.breaker.rest}
        for hook in status.hooks
        for one in calls.all(hook)
        if one.plugin == status.name and (one.breaker.failures or one.breaker.rest)
    ]


def _rank(plugin: dict[str, object]) -> tuple[bool, int]:
    """Broken and resting ones first, then in the order in which they act; then what is idle."""
    well = plugin["state"] != "broken" and not plugin["breakers"]
    return well, ("broken", "active", "idle", "disabled").index(str(plugin["state"]))

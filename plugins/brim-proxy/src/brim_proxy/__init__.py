"""Any OpenAI or Anthropic client stays inside its context window by changing one URL.

`create_app(settings)` is an ASGI application; `brim serve` runs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brim_proxy.app import create_app
    from brim_proxy.settings import ProxySettings

__all__ = ["ProxySettings", "create_app"]

_LAZY = {"ProxySettings": "brim_proxy.settings", "create_app": "brim_proxy.app"}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'brim_proxy' has no attribute {name!r}")

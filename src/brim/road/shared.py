"""The one `Brim` behind `brim.fit`."""

from __future__ import annotations

import atexit
import threading

from brim.road.brim import Brim

__all__ = ["shared"]

_lock = threading.Lock()
_instance: Brim | None = None


def shared() -> Brim:
    """The process's own `Brim`, built from settings files and environment on first use."""
    global _instance  # noqa: PLW0603  one for each process is the point
    with _lock:
        if _instance is None:
            _instance = Brim()
            atexit.register(_instance.close)
        return _instance

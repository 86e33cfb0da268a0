"""Who decides when to condense."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import brim
from brim.api import LastRequest, ModelProfile, Prices, Shape, TrimTask, Usage
from brim.testing.workbench import alone
from economics_parts.money import WINDOW, Decide, Room

__all__ = ["ALWAYS", "FIXED", "Kernel"]

ALWAYS = 0.8
"""Of the limit: where those slide and step that do not ask what it costs."""


def never(room: Room) -> Decide:
    return lambda size, last: room.target if size > room.limit else None


def slide(room: Room) -> Decide:
    """Cut off what is over, each time."""
    most = int(ALWAYS * room.limit)
    return lambda size, last: most if size > most else None


def hysteresis(room: Room) -> Decide:
    most = int(ALWAYS * room.limit)
    return lambda size, last: room.target if size > most else None


def full(room: Room) -> Decide:
    """All of it, as if there were no limit: for comparison."""
    return lambda size, last: None


FIXED: Mapping[str, Callable[[Room], Decide]] = {
    "never until forced": never,
    "slide 0.8": slide,
    "hysteresis 0.8": hysteresis,
    "full history, no limit": full,
}


class Kernel:
    """The real policy, asked through the kernel as the road asks it."""

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        name = "cache-economics"
        chosen = {"policy": name, "plugin": {name: dict(settings or {})}}
        self._app = brim.Brim(alone(**chosen, plugins={"discover": True}))

    def decide(self, room: Room, price: Prices) -> Decide:
        """The policy for one conversation."""
        profile = ModelProfile("bench", window=WINDOW, prices=price)
        calls, account = self._app.host.calls, ()

        def decided(size: int, last: LastRequest | None) -> int | None:
            nonlocal account
            usage = Usage(size, size, room.head, WINDOW, WINDOW)
            task = TrimTask(usage, Shape(0, 0, ()), profile, (), last, account)
            decision = calls.should_trim("cache-economics", task)
            account = decision.account
            return decision.target if decision.trim else None

        return decided

    def close(self) -> None:
        self._app.close()

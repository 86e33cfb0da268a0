"""What was learned of models, on the cache tiers: every process begins with what others know."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec
from attrs import Factory, define

from brim.road.learning.calibrate import WINDOW_TTL, Calibration
from brim.road.memory.sharing import Errand
from brim.store.tiers import Space, Tiers

__all__ = ["Known", "SharedCalibration"]

MOST = 4_096
"""Models, by tenant, of which it is remembered what others know."""

Errands = Generator[Errand, Any, None]


class Known(msgspec.Struct, frozen=True):
    """What others know of a model: its slopes, to 1 %, and its window `until` so many seconds since
    1970; 0 where no error told of it."""

    slopes: dict[str, float] = {}
    window: int = 0
    until: float = 0.0


@define(eq=False)
class SharedCalibration:
    """Reads once what is known of a model, and writes what was learned where it differs by 1 % or
    more. What nobody writes for `ttl` seconds is forgotten."""

    calibration: Calibration
    tiers: Tiers
    ttl: float
    _known: dict[tuple[str, str], Known] = Factory(dict)

    def learn(self, tenant: str, model: str) -> Errands:
        """Take over what others know, where it was not asked for yet."""
        if (tenant, model) in self._known:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        found = yield Errand(self.tiers, self._space(tenant).reading([_key(model)]))
        known = _decoded(found.get(_key(model)))
        self._known[tenant, model] = known
        self.calibration.adopt(tenant, model, known.slopes)
        left = known.until - self.tiers.clock()
        if known.window and left > 0 and self.calibration.window(tenant, model) is None:
            self.calibration.narrow(tenant, model, known.window, min(left, WINDOW_TTL))

    def offer(self, tenant: str, model: str, window: int = 0) -> Errands:
        """Write what others do not know yet; `window` was just learned."""
        before, slopes = self._known[tenant, model], self.calibration.slopes(tenant, model)
        known = Known(slopes.shared() if slopes else {}, before.window, before.until)
        if window:
            known = Known(known.slopes, window, self.tiers.clock() + WINDOW_TTL)
        if known != before:
            self._known[tenant, model] = known
            packed = msgspec.msgpack.encode(known)
            yield Errand(self.tiers, self._space(tenant).writing(_key(model), packed, self.ttl))

    def _space(self, tenant: str) -> Space:
        return self.tiers.space("calibration", tenant)


def _key(model: str) -> bytes:
    return model.encode("utf-8", "surrogatepass")


def _decoded(packed: bytes | None) -> Known:
    """What is there; nothing where it cannot be read."""
    try:
        return msgspec.msgpack.decode(packed, type=Known) if packed else Known()
    except msgspec.DecodeError:
        return Known()

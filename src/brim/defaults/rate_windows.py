"""Windows of a minute, kept by the storages of the library `limits`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import blake2b
from threading import Lock
from time import time
from typing import TYPE_CHECKING, Literal

from attrs import define, field

from brim.api import SettingsError
from brim.defaults.rate_charges import MINUTE, Charge, Lack, longest, never

if TYPE_CHECKING:
    from limits.storage import Storage
    from limits.strategies import RateLimiter

    from limits import RateLimitItem

__all__ = ["Kind", "Windows", "windows"]

Kind = Literal["fixed-window", "moving-window", "sliding-window"]
NAMESPACE = "brim"
PATIENCE = 2.0
"""Seconds for a storage elsewhere to answer."""

LEAST = 0.001
"""Seconds that are added to a wait, so that the limit is passed and not just reached."""


def windows(kind: Kind, storage: str) -> Windows:
    """Windows in the storage at this address. Raises `SettingsError`, which never shows it."""
    from limits.errors import ConfigurationError
    from limits.storage import storage_from_string
    from limits.strategies import STRATEGIES

    elsewhere = not storage.startswith("memory://")
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        opened = storage_from_string(storage, **(patience if elsewhere else {}))
    except ConfigurationError as error:
        raise SettingsError(
            "storage needs a package that is not installed: pip install 'brim[redis]'"
        ) from error
    except Exception as error:  # whatever a client says of an address may quote its password
        raise SettingsError(f"storage is no address to use ({type(error).__name__})") from None
    strategy = STRATEGIES[kind if kind != "sliding-window" else "sliding-window-counter"]
    lock = nullcontext() if elsewhere else Lock()
    return Windows(kind, strategy(opened), opened, lock)  # type: ignore[arg-type]  # never an async one


@define(eq=False)
class Windows:
    """One window for each account and unit.

    In the memory of this process a request takes all of its charges or none, one after the other.
    Where several share a storage, one of them may pass the look and be refused by the count: it
    has then used up what came before. None waits there for another that gets no answer.
    """

    kind: Kind
    limiter: RateLimiter
    storage: Storage = field(repr=False)
    _lock: AbstractContextManager[object] = field(repr=False)

    def take(self, charges: Sequence[Charge]) -> Lack | None:
        """See `Limiter`."""
        taken = [(one, _item(one), _name(one)) for one in charges if one.cost]
        with self._lock:
            lacks = [self._lack(*each) for each in taken if not self._has(*each)]
            if not lacks:
                lacks = [self._lack(*each) for each in taken if not self._hit(*each)]
        return longest(lacks)

    def _has(self, charge: Charge, item: RateLimitItem, name: str) -> bool:
        return self.limiter.test(item, name, cost=charge.cost)

    def _hit(self, charge: Charge, item: RateLimitItem, name: str) -> bool:
        return self.limiter.hit(item, name, cost=charge.cost)

    def _lack(self, charge: Charge, item: RateLimitItem, name: str) -> Lack:
        stats = self.limiter.get_window_stats(item, name)
        too_large = never(charge, stats.remaining)
        if too_large is not None:
            return too_large
        if self.kind == "sliding-window":
            wait = self._slid(charge, item, name)
        else:
            wait = max(stats.reset_time - time(), 0.0)
        return Lack(charge, stats.remaining, wait + LEAST)

    def _slid(self, charge: Charge, item: RateLimitItem, name: str) -> float:
        """When a sliding window has room. It counts the window before this one by the part of it
        that is less than a minute ago, so the count falls along a line in each of the two."""
        key = item.key_for(name)
        found: tuple[int, float, int, float] = self.storage.get_sliding_window(  # type: ignore[attr-defined]  # as all of its storages have it
            key, item.get_expiry()
        )
        before, left, now, ends = found
        room = charge.limit + 1 - charge.cost
        if now < room:
            return max(left - (room - now) * MINUTE / before, 0.0) if before else 0.0
        return max(ends - MINUTE, 0.0) + MINUTE * (1 - room / now)


def _item(charge: Charge) -> RateLimitItem:
    from limits import RateLimitItemPerMinute

    return RateLimitItemPerMinute(charge.limit, 1, NAMESPACE)


def _name(charge: Charge) -> str:
    """An account as a storage sees it: of one length, and telling nothing of whose it is."""
    said = "\0".join((charge.unit, *charge.account))
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

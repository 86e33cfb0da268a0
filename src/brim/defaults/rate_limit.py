"""Rate limits: so many requests and tokens a minute, for each key and for its use of a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cached_property
from math import ceil, isinf
from time import monotonic
from typing import Literal

from attrs import field, frozen, validators

from brim.api import Request, RequestRefused, SettingsError, hookimpl
from brim.defaults.rate_buckets import Buckets
from brim.defaults.rate_charges import Charge, Lack, Limiter
from brim.defaults.rate_windows import windows

__all__ = ["RateLimit", "RateLimitSettings", "RateLimits"]

MEMORY = "memory://"
STORAGES = ("memory", "redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster")
"""Schemes of addresses that `limits` knows and Brim is tested with or builds on."""


@frozen
class RateLimits:
    """What there is a minute; 0 is without limit."""

    requests: int = field(default=0, validator=validators.ge(0))
    tokens: int = field(default=0, validator=validators.ge(0))

    def charges(self, account: tuple[str, ...], tokens: int) -> Iterator[Charge]:
        """What one request of so many tokens takes."""
        if self.requests:
            yield Charge(account, "requests", self.requests, 1)
        if self.tokens:
            yield Charge(account, "tokens", self.tokens, tokens)


@frozen
class RateLimitSettings(RateLimits):
    """Each key may make so many `requests` a minute, of so many input `tokens` together; 0 is
    without limit. `models` has such limits for a key's use of one model, which hold beside the
    others. `algorithm` is how they are counted. `storage` is where: memory:// of this process, or
    an address of Redis, for windows, that processes and machines share."""

    algorithm: Literal["token-bucket", "fixed-window", "moving-window", "sliding-window"] = (
        "token-bucket"
    )
    models: Mapping[str, RateLimits] = field(factory=dict)
    storage: str = field(default=MEMORY, repr=False)

    def __attrs_post_init__(self) -> None:
        scheme = self.storage.partition("://")[0]
        if scheme not in STORAGES or "://" not in self.storage:
            known = ", ".join(f"{one}://" for one in STORAGES)
            raise SettingsError(f"storage begins with one of {known}")
        if self.algorithm == "token-bucket" and self.shared:
            raise SettingsError(
                "a token-bucket is kept in memory: to share limits, set algorithm to"
                " fixed-window, moving-window or sliding-window"
            )

    @property
    def shared(self) -> bool:
        return not self.storage.startswith(MEMORY)


class RateLimit:
    """Admits what is within all limits. A refusal says when to try again."""

    name = "rate-limit"

    def __init__(self, settings: RateLimitSettings, clock: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._clock = clock
        if settings.shared:
            self._limiter  # noqa: B018 - so that a wrong address is told at the start

    @cached_property
    def _limiter(self) -> Limiter:
        settings = self._settings
        if settings.algorithm == "token-bucket":
            return Buckets(self._clock)
        return windows(settings.algorithm, settings.storage)

    @hookimpl
    def admit(self, request: Request) -> bool | Awaitable[bool]:
        if self._settings.shared:
            from asyncio import to_thread

            return to_thread(self._admit, request)
        return self._admit(request)

    def _admit(self, request: Request) -> bool:
        charges = tuple(self._charges(request))
        lack = self._limiter.take(charges) if charges else None
        if lack is not None:
            raise _refusal(lack)
        return True

    def _charges(self, request: Request) -> Iterator[Charge]:
        yield from self._settings.charges((request.tenant,), request.tokens)
        own = self._settings.models.get(request.model)
        if own is not None:
            yield from own.charges((request.tenant, request.model), request.tokens)


def _refusal(lack: Lack) -> RequestRefused:
    charge = lack.charge
    whose = " for this model" if len(charge.account) > 1 else ""
    unit = charge.unit.removesuffix("s") if charge.limit == 1 else charge.unit
    limit = f"rate limit: {charge.limit:,} {unit} a minute{whose}"
    facts = {"unit": charge.unit, "limit": charge.limit, "remaining": lack.remaining}
    if isinf(lack.seconds):
        told = f"{limit}, and this request alone has {charge.cost:,}: make it smaller"
        return RequestRefused(told, **facts)  # type: ignore[arg-type]  # as named
    told = f"{limit}; try again in {ceil(lack.seconds)} s"
    return RequestRefused(told, retry_after=lack.seconds, **facts)  # type: ignore[arg-type]

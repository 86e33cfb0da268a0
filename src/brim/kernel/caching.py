"""From the settings' `caches` to tiers that can be used."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence

from brim.errors import HookError, SettingsError
from brim.kernel.calls import Calls
from brim.settings.schema import Settings
from brim.store.home import cache_home
from brim.store.seal import Seal
from brim.store.sealing_key import FIX, VARIABLE, given_key, key_in
from brim.store.tier import Tier
from brim.store.tiers import Tiers

__all__ = ["open_tiers"]


def open_tiers(
    calls: Calls, settings: Settings, environ: Mapping[str, str] = os.environ
) -> Tiers | None:
    """The tiers that settings name, nearest first; None where they name none.

    A tier that cannot be opened is left out and told, with `strict` its `HookError` is raised.
    Raises `SettingsError` where a shared tier has no key, or the key is no good, and
    `StoreUnsafe` where others can read it.
    """
    if not settings.caches:
        return None
    tiers = [tier for name in settings.caches for tier in _opened(calls, name, settings)]
    return Tiers(tiers, Seal(_key(tiers, settings.caching.seal_file, environ)))


def _opened(calls: Calls, name: str, settings: Settings) -> Sequence[Tier]:
    try:
        cache = calls.provide_cache(name, settings.plugin.get(name, {}))
    except HookError as error:
        if settings.strict:
            raise
        calls.tell(error)
        return ()
    return () if cache is None else (Tier(name, cache, _told),)


def _key(tiers: Sequence[Tier], file: str, environ: Mapping[str, str]) -> bytes:
    """The user's key. Where there is none, a tier that only this process, or only this user, can
    reach gets one of its own."""
    given = given_key(environ, file)
    if given is not None:
        return given
    for tier in tiers:
        if tier.reach == "shared":
            raise SettingsError(
                f"caches: {tier.name!r} is shared, so what it holds must be sealed with a key that"
                f" all who use it have: set {VARIABLE} to the output of `{FIX}`, the same for all"
                " of them, or name a file that holds it, for its owner only, in caching.seal_file"
            )
    if any(tier.reach == "user" for tier in tiers):
        return key_in(cache_home() / "cache.key")
    return secrets.token_bytes(32)


def _told(line: str) -> None:
    from loguru import logger

    logger.warning("{}", line)

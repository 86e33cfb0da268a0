"""Translators that are installed, and the model names that they write."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib.metadata import entry_points

from attrs import frozen

from brim.api import SettingsError
from brim_proxy.settings import ProxySettings
from brim_proxy.translation.base import GROUP, Translator

__all__ = ["Translating", "translating_of"]


@frozen
class Translating:
    """The translator of the settings. `names` are patterns of clients' model names, and what
    the upstream calls those models."""

    translator: Translator
    names: tuple[tuple[str, str], ...] = ()

    def name(self, model: str) -> str:
        """The upstream's name: that of the first pattern that fits, else the same."""
        return next((own for pattern, own in self.names if fnmatchcase(model, pattern)), model)


def translating_of(settings: ProxySettings) -> Translating | None:
    """What `translate` and `model_map` ask for. Raises `SettingsError`."""
    if not settings.translate:
        if settings.model_map:
            raise SettingsError(
                'model_map: requests go up as they came; add translate = "anthropic-to-openai"'
            )
        return None
    found = {point.name: point for point in entry_points(group=GROUP)}
    if settings.translate not in found:
        here = ", ".join(sorted(found)) or "none"
        raise SettingsError(f"translate: {settings.translate!r} is not installed (here: {here})")
    try:
        translator: Translator = found[settings.translate].load()()
    except Exception as error:
        raise SettingsError(
            f"translate: {settings.translate!r} of {found[settings.translate].value} "
            f"cannot be used ({type(error).__name__}: {error})"
        ) from error
    return Translating(translator, tuple(settings.model_map.items()))

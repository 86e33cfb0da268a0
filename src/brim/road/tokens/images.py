"""What pictures cost. Formulas and constants are those of the providers' vision guides."""

from __future__ import annotations

from math import ceil, floor, sqrt

from brim.model.messages import Image
from brim.model.profiles import ImageRule
from brim.settings.schema import CountingSettings

__all__ = ["image_tokens"]

TILE = 512
FIT = 2_048
SHORT_SIDE = 768


def image_tokens(image: Image, rule: ImageRule, settings: CountingSettings) -> int:
    """Tokens of one picture. Base64 is never counted as text.

    Where width and height cannot be read, the settings' fixed number, and with
    `dynamic_image_tokens` a share for each character of base64 on top.
    """
    if rule.kind == "fixed":
        return rule.base
    if not image.width or not image.height:
        return _unknown(image.size, settings)
    return _of_size(image.width, image.height, image.detail, rule)


def _unknown(size: int, settings: CountingSettings) -> int:
    if not settings.dynamic_image_tokens:
        return settings.image_tokens
    characters = 4 * ceil(size / 3)
    return settings.image_tokens + ceil(characters * settings.image_tokens_per_char)


def _of_size(width: int, height: int, detail: str, rule: ImageRule) -> int:
    if rule.kind == "tiles":
        return rule.base + (0 if detail == "low" else rule.per_tile * _tiles(width, height))
    if rule.kind == "patches":
        return ceil(_patches(width, height, rule.patch, rule.cap) * rule.multiplier)
    if rule.kind == "area":
        return min(ceil(width * height / rule.patch), rule.cap)
    return rule.per_tile * ceil(width / rule.patch) * ceil(height / rule.patch)


def _tiles(width: int, height: int) -> int:
    """512 px tiles after fitting into 2048 by 2048 and a short side of 768; never enlarged."""
    scale = min(1.0, FIT / max(width, height))
    scale = min(scale, SHORT_SIDE / min(width, height))
    return _across(width * scale / TILE) * _across(height * scale / TILE)


def _patches(width: int, height: int, side: int, cap: int) -> int:
    """Patches that cover the picture, shrunk in proportion until at most `cap` do."""
    if (patches := ceil(width / side) * ceil(height / side)) <= cap:
        return patches
    shrink = sqrt(side * side * cap / (width * height))
    across, down = width * shrink / side, height * shrink / side
    share = min(max(floor(n), 1) / n for n in (across, down))
    return min(_across(across * share) * _across(down * share), cap)


def _across(share: float) -> int:
    """Squares that cover a length, without the noise of the last digits."""
    return max(ceil(round(share, 6)), 1)

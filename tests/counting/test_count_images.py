"""What pictures cost, by the providers' own examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brim.api import Image, ImageRule
from brim.road.tokens.images import image_tokens
from brim.settings.schema import CountingSettings

TILES = ImageRule("tiles")
PATCHES = ImageRule("patches")
OLD_CLAUDE = ImageRule("area", patch=750, cap=1_600)
NEW_CLAUDE = ImageRule("patches", patch=28, cap=4_784)
SQUARES = ImageRule("squares", patch=768, per_tile=258)


def cost(width: int, height: int, rule: ImageRule, detail: str = "") -> int:
    image = Image("d", "image/png", 9, width, height, detail)
    return image_tokens(image, rule, CountingSettings())


@pytest.mark.parametrize(
    ("width", "height", "rule", "detail", "tokens"),
    [
        (1_024, 1_024, TILES, "high", 765),  # OpenAI vision guide
        (2_048, 4_096, TILES, "high", 1_105),  # OpenAI vision guide
        (4_096, 8_192, TILES, "low", 85),  # OpenAI vision guide
        (512, 512, TILES, "", 255),
        (513, 512, TILES, "auto", 425),
        (1_024, 1_024, PATCHES, "", 1_024),  # OpenAI vision guide
        (1_800, 2_400, PATCHES, "", 1_452),  # OpenAI vision guide
        (1, 1, PATCHES, "", 1),
        (1_024, 1_024, ImageRule("patches", multiplier=1.62), "", 1_659),
        (1_000, 1_000, OLD_CLAUDE, "", 1_334),  # Anthropic vision guide: about 1,334
        (200, 200, OLD_CLAUDE, "", 54),  # Anthropic vision guide: about 54
        (4_000, 4_000, OLD_CLAUDE, "", 1_600),
        (1_000, 1_000, NEW_CLAUDE, "", 36 * 36),
        (384, 384, SQUARES, "", 258),  # Gemini token guide
        (1_536, 769, SQUARES, "", 4 * 258),
        (9_999, 9_999, ImageRule("fixed", base=1_120), "", 1_120),
    ],
)
def test_formulas(width: int, height: int, rule: ImageRule, detail: str, tokens: int) -> None:
    assert cost(width, height, rule, detail) == tokens


SIZES = st.integers(1, 20_000)


@given(SIZES, SIZES, st.sampled_from([PATCHES, NEW_CLAUDE, OLD_CLAUDE]))
def test_caps_hold_and_shape_does_not_matter(width: int, height: int, rule: ImageRule) -> None:
    tokens = cost(width, height, rule)
    assert 1 <= tokens <= rule.cap
    assert tokens == cost(height, width, rule)


@given(SIZES, SIZES)
def test_tiles_are_bounded(width: int, height: int) -> None:
    assert 255 <= cost(width, height, TILES) <= 85 + 170 * 8


def test_a_fixed_cost_needs_no_size() -> None:
    assert image_tokens(Image("d"), ImageRule("fixed", base=7), CountingSettings()) == 7

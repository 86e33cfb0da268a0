"""What Brim knows of a model: sizes, how it counts, and what it costs."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

__all__ = ["ImageLimits", "ImageRule", "ModelProfile", "Overheads", "Prices"]


@frozen
class Overheads:
    """Tokens that the provider adds around texts (source: the profile's `source`)."""

    per_message: int = 3
    per_name: int = 1
    reply: int = 3
    per_call: int = 3
    per_tool: int = 7
    tools: int = 12
    tool_properties: int = 3
    per_property: int = 3
    enum: int = -3
    per_enum_item: int = 3


@frozen
class ImageRule:
    """How a picture counts.

    kind "tiles": `base` + `per_tile` for every 512 px tile after fitting into 2048
    by 2048 and a short side of 768; "patches": ceil(w/`patch`)*ceil(h/`patch`)
    times `multiplier`, at most `cap`; "area": w*h/`patch`; "squares": `per_tile`
    for every `patch` px square; "fixed": `base`.
    """

    kind: Literal["tiles", "patches", "area", "squares", "fixed"] = "tiles"
    base: int = 85
    per_tile: int = 170
    patch: int = 32
    multiplier: float = 1.0
    cap: int = 1536


@frozen
class ImageLimits:
    """What Anthropic Messages takes of pictures: `count` in a request, each of at most
    `bytes` of base64 and `side` pixels a side; in requests of more than `many`, of
    `many_side` pixels (rule 32; source: Anthropic's vision guide, 2026).
    """

    count: int = 600
    bytes: int = 10 * 1024 * 1024
    side: int = 8_000
    many: int = 20
    many_side: int = 2_000


@frozen
class Prices:
    """US dollars per million tokens. `cache_ttl` is in seconds, 0 when there is no cache.

    `long_cache_write` is the price where a request asks for the longer life `long_cache_ttl`,
    which is 0 where there is none.
    """

    input: float = 0.0
    output: float = 0.0
    cached_input: float = 0.0
    cache_write: float = 0.0
    cache_ttl: int = 0
    long_cache_write: float = 0.0
    long_cache_ttl: int = 0


@frozen
class ModelProfile:
    """One model. `window` and `max_output` are tokens.

    `scale` corrects the count of `encoding` for models whose tokenizer is not
    public; `margin` is the share by which a count may fall short.

    What the provider asks of requests for it: `strict_alternation` that users and
    assistants take turns (rule 19); `prefill` tells whether the last message may be an
    assistant's (rule 22), `instructions` whether OpenAI Chat takes system and developer
    messages (rule 7), `system_turns` whether Anthropic Messages takes role "system" among
    the messages (rule 29). With `bound_thinking`, thinking is refused once anything before
    it has changed (rule 27); with `reasoning_items`, a Responses call must keep the
    reasoning item before it (rule 11); with `adjacent_results`, a Responses output must
    follow its call directly (rule 14).
    """

    name: str
    window: int = 8_192
    max_output: int = 4_096
    encoding: str = "o200k_base"
    scale: float = 1.0
    margin: float = 0.0
    overheads: Overheads = field(factory=Overheads)
    image: ImageRule = field(factory=ImageRule)
    image_limits: ImageLimits = field(factory=ImageLimits)
    prices: Prices | None = None
    patterns: tuple[str, ...] = ()
    strict_alternation: bool = False
    prefill: bool = True
    instructions: bool = True
    system_turns: bool = True
    bound_thinking: bool = False
    reasoning_items: bool = False
    adjacent_results: bool = False
    date: str = ""
    source: str = ""
    known: bool = True

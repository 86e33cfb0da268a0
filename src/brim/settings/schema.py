"""Every setting of the kernel, with its default.

Times are seconds and sizes are tokens unless a name says otherwise. A plugin's
own settings live in its section, `[plugin.NAME]`, and are described by its own class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import Attribute, field, frozen

from brim.errors import SettingsError
from brim.settings.pins import pin_rule

__all__ = [
    "ArchiveSettings",
    "BudgetSettings",
    "CachingSettings",
    "ChatSettings",
    "CondensationSettings",
    "CountingSettings",
    "InjectionSettings",
    "LedgerSettings",
    "LimitSettings",
    "LoggingSettings",
    "MonitorSettings",
    "OutOfRange",
    "PluginSettings",
    "Settings",
    "within",
]

DAY = 86_400


class OutOfRange(SettingsError):
    """A value of the right type that makes no sense; `key` is relative to its section."""

    def __init__(self, key: str, value: object, expected: str) -> None:
        super().__init__(f"{key}: expected {expected}, got {value!r}")
        self.key = key
        self.value = value
        self.expected = expected


Check = Callable[[Any, "Attribute[Any]", Any], None]


def within(low: float, high: float = math.inf) -> Check:
    """An attrs validator: None, or a number between both ends inclusive. NaN is refused."""
    expected = f"at least {low:,}" if high == math.inf else f"a value from {low:,} to {high:,}"

    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if value is not None and not low <= value <= high:
            raise OutOfRange(attribute.name, value, expected)

    return check


def _are_pins(_: Any, attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    for line in value:
        try:
            pin_rule(line)
        except ValueError as error:
            raise OutOfRange(attribute.name, line, str(error)) from None


def _guide_spelling(name: str) -> str:
    return name.replace("_", "-")


@frozen
class BudgetSettings:
    """`tokens`: input tokens for a request; None means window minus reserve.
    `reserve`: tokens kept for the answer; None means what the request or profile says."""

    tokens: int | None = field(default=None, validator=within(1))
    reserve: int | None = field(default=None, validator=within(0))


@frozen
class PluginSettings:
    """Which plugins there are. All are entry-point names, except `files` (paths) and
    `required`, whose names may carry a version, as in `brim-redis>=0.2`."""

    disabled: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    discover: bool = True
    files: tuple[str, ...] = ()


@frozen
class CountingSettings:
    """`accurate` counts with the model's tokenizer, else by estimate; `memo` is texts kept
    with their count. The image numbers apply only to pictures whose size cannot be read:
    `image_tokens` each, plus, with `dynamic_image_tokens`, `image_tokens_per_char`."""

    accurate: bool = True
    memo: int = field(default=2_000, validator=within(0))
    image_tokens: int = field(default=85, validator=within(0))
    image_tokens_per_char: float = field(default=0.25, validator=within(0))
    dynamic_image_tokens: bool = True


@frozen
class CondensationSettings:
    """`ai` allows strategies to ask a model; `timeout` is for one such ask, `deadline` for all
    that one strategy asks in a turn. `quality` is the
    share of specifics that must survive for a condensation to be taken at once. A model is
    asked about `min_messages` to `max_messages` at once. `default_strategy` is what `auto`
    picks where its rule prefers no other. `pin_first_task` keeps the first message that the user
    wrote, where it takes no more than a quarter of the budget. `drop_bound_thinking` lets Brim
    ask the provider to drop thinking that is bound to what was condensed, where nothing else is
    left to do. `background` begins to condense with a model when the window fills up, so that the
    result is there when it is due."""

    ai: bool = True
    default_strategy: str = field(default="conversation-summary", converter=_guide_spelling)
    min_messages: int = field(default=3, validator=within(1))
    max_messages: int = field(default=10, validator=within(1))
    timeout: float = field(default=30.0, validator=within(0.001))
    deadline: float = field(default=90.0, validator=within(0.001))
    quality: float = field(default=0.8, validator=within(0, 1))
    pin_first_task: bool = False
    drop_bound_thinking: bool = False
    background: bool = False

    def __attrs_post_init__(self) -> None:
        if self.max_messages < self.min_messages:
            expected = f"at least min_messages, {self.min_messages}"
            raise OutOfRange("max_messages", self.max_messages, expected)


@frozen
class CachingSettings:
    """Life times and numbers of entries; which tiers there are is named by `caches`.
    `seal_file` holds the key that seals what tiers keep, where `BRIM_CACHE_KEY` does not.
    What reading and counting requests in bytes has shown is kept for `analysis_entries`
    conversations, `analysis_ttl` seconds after the last request, which the next one goes on from.
    `embedding_save_every` is new entries between two writes to disk. When ledger and counting memo
    hold more than the share `memory_cleanup` of what they may, Brim lets go of what it can
    have again."""

    seal_file: str = ""
    completion_ttl: float = field(default=3_600.0, validator=within(0))
    analysis_entries: int = field(default=100, validator=within(0))
    analysis_ttl: float = field(default=300.0, validator=within(0))
    embedding_entries: int = field(default=5_000, validator=within(0))
    embedding_save_every: int = field(default=100, validator=within(1))
    cleanup_interval: float = field(default=1_800.0, validator=within(1))
    memory_cleanup: float = field(default=0.8, validator=within(0, 1))


@frozen
class InjectionSettings:
    """What the plugins of `inject` may do. `mode` on asks them for each message of the user's, off
    never, auto where it has `min_characters`. What they find may take the `share` of the budget
    beside system and tools; they have `timeout` seconds. `cache` is results that a source keeps."""

    mode: Literal["auto", "on", "off"] = "auto"
    min_characters: int = field(default=100, validator=within(0))
    share: float = field(default=0.05, validator=within(0, 0.5))
    timeout: float = field(default=5.0, validator=within(0.001))
    cache: int = field(default=1_000, validator=within(0))


@frozen
class LedgerSettings:
    """The memory of earlier condensations: its size in bytes, and how long an unused one lives."""

    max_bytes: int = field(default=64 * 1024 * 1024, validator=within(0))
    ttl: float = field(default=30.0 * DAY, validator=within(0))


@frozen
class ArchiveSettings:
    """Where the originals of what was condensed are kept: on `disk`, in `memory`, in the tiers of
    `caches`, where others find them too, or not at all (`off`); for `ttl` seconds, in at most
    `max_bytes`. `directory` is the folder on disk, by default the user's own data folder or
    `BRIM_DATA_DIR`."""

    where: Literal["disk", "memory", "caches", "off"] = "disk"
    directory: str = ""
    ttl: float = field(default=7.0 * DAY, validator=within(0))
    max_bytes: int = field(default=512 * 1024 * 1024, validator=within(0))


@frozen
class LimitSettings:
    """What is refused before it is read: a request of more than `max_bytes` of JSON, of more than
    `max_messages`, or with a message that is nested in more than `max_depth` levels."""

    max_bytes: int = field(default=64 * 1024 * 1024, validator=within(1))
    max_messages: int = field(default=100_000, validator=within(1))
    max_depth: int = field(default=100, validator=within(1, 100))


@frozen
class ChatSettings:
    """The chat loop: how many tools one iteration may call, and what it shows. `timeout` is for
    one answer of the model, `tool_timeout` for one tool; of a result, `max_result` characters go
    to the model. `tool_cache` is results of pure tools kept."""

    max_tools: int = field(default=20, validator=within(1, 20))
    parallel_tools: bool = False
    timeout: float = field(default=60.0, validator=within(0.001))
    tool_timeout: float = field(default=30.0, validator=within(0.001))
    max_result: int = field(default=20_000, validator=within(200))
    tool_cache: int = field(default=1_000, validator=within(0))
    show_token_usage: bool = False
    show_reasoning: bool = False
    show_tool_details: bool = False


@frozen
class LoggingSettings:
    """What is logged beyond warnings: everything, token counts, cache lookups."""

    verbose: bool = False
    counting: bool = False
    caches: bool = False


@frozen
class MonitorSettings:
    """Whether figures stand where `brim stats` and `brim top` find them: with auto those of chat
    loops and proxies, with on those of every `Brim`, with off none."""

    publish: Literal["auto", "on", "off"] = "auto"


@frozen
class Settings:
    """All settings of one `Brim`.

    `model` serves requests that name none. `policy`, `strategies`, `inject`, `caches`
    and `complete` name plugins. A message whose text contains one of `pins` is kept as
    it is, or whose role (`role:user`) or position (`message:0`) one of them names. `models`
    describes models by the fields of `ModelProfile`, with `like` naming a model to start from.
    `plugin` holds each plugin's section as it was given;
    `brim.settings.load.structure` types it. `origins` tells where each value that is
    no default came from, by dotted key.
    """

    preset: str | None = None
    strict: bool = False
    model: str = ""
    policy: str = "token-budget"
    strategies: tuple[str, ...] = ("auto",)
    inject: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()
    pins: tuple[str, ...] = field(default=(), validator=_are_pins)
    budget: BudgetSettings = field(factory=BudgetSettings)
    plugins: PluginSettings = field(factory=PluginSettings)
    counting: CountingSettings = field(factory=CountingSettings)
    condensation: CondensationSettings = field(factory=CondensationSettings)
    caching: CachingSettings = field(factory=CachingSettings)
    injection: InjectionSettings = field(factory=InjectionSettings)
    ledger: LedgerSettings = field(factory=LedgerSettings)
    archive: ArchiveSettings = field(factory=ArchiveSettings)
    limits: LimitSettings = field(factory=LimitSettings)
    chat: ChatSettings = field(factory=ChatSettings)
    logging: LoggingSettings = field(factory=LoggingSettings)
    monitor: MonitorSettings = field(factory=MonitorSettings)
    models: Mapping[str, Mapping[str, object]] = field(factory=dict)
    plugin: Mapping[str, Mapping[str, object]] = field(factory=dict, repr=False)
    origins: Mapping[str, str] = field(
        factory=dict, eq=False, repr=False, metadata={"internal": True}
    )

    def asked_for(self) -> tuple[str, ...]:
        """The plugins whose sections the user wrote. Those that only presets or the guides'
        names speak of are carried, and need no plugin that reads them."""
        return tuple(n for n, section in self.plugin.items() if getattr(section, "asked", True))

    def origin(self, key: str) -> str:
        """Where the value of a dotted key came from."""
        return self.origins.get(key, "default")

"""Write generated turns down in a provider's wire format: what all formats share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from attrs import field, frozen

from brim.testing.draw import Draw
from brim.testing.texts import long_text, surrogates, text, word

__all__ = ["Json", "Options", "Writer", "schema"]

Json = dict[str, Any]
"""A JSON object as a provider's client builds it."""


@frozen
class Options:
    """What a generated conversation may hold.

    `messages` bounds its length; `surrogates` allows lone surrogates in texts;
    `media` allows pictures and files; `long_texts` the odd text of thousands of tokens.
    With `bound`, Anthropic models think, and their thinking is bound to what stands before
    it; with `marked`, every cache mark that is allowed is set early and often.
    """

    messages: int = 120
    surrogates: bool = False
    media: bool = True
    long_texts: bool = True
    bound: bool = False
    marked: bool = False


@frozen
class Traits:
    """Drawn once for a conversation, so that most of them are not everything at once."""

    media: bool
    unknown: bool
    thinking: bool
    marks: bool
    surrogates: bool
    repeats: bool
    parallel: int
    tool_names: tuple[str, ...] = field(default=("read_0",))


def traits(draw: Draw, options: Options) -> Traits:
    """The nature of one conversation."""
    names = tuple(dict.fromkeys(word(draw) for _ in range(draw.integer(1, 4))))
    return Traits(
        media=options.media and draw.boolean(0.3),
        unknown=draw.boolean(0.3),
        thinking=draw.boolean(0.3) or options.bound,
        marks=draw.boolean(0.3) or options.marked,
        surrogates=options.surrogates and draw.boolean(0.5),
        repeats=draw.boolean(0.3),
        parallel=draw.choice((1, 1, 2, 5)),
        tool_names=names,
    )


class Writer(ABC):
    """Collects the messages of one conversation. `open` tells that the model is to speak."""

    model: str

    def __init__(self, draw: Draw, options: Options) -> None:
        self.draw = draw
        self.options = options
        self.traits = traits(draw, options)
        self.messages: list[Json] = []
        self.said: list[str] = []
        self.calls = 0

    @abstractmethod
    def start(self) -> None:
        """What comes before the first turn."""

    @abstractmethod
    def user(self) -> None:
        """A message of the user, which opens a turn."""

    @abstractmethod
    def step(self) -> None:
        """Calls by the model, and all their results."""

    @abstractmethod
    def answer(self, *, last: bool = False) -> None:
        """Words of the model, which close a turn. `last` when nothing will follow."""

    @abstractmethod
    def request(self) -> Json:
        """The request with all messages."""

    @property
    @abstractmethod
    def may_end(self) -> bool:
        """Whether the provider takes the request as it stands."""

    def text(self) -> str:
        """A new text, or now and then one that was said before."""
        if self.said and self.traits.repeats and self.draw.boolean(0.2):
            return self.draw.choice(self.said)
        self.said.append(self._new_text())
        return self.said[-1]

    def _new_text(self) -> str:
        if self.options.long_texts and self.draw.boolean(0.01):
            return long_text(self.draw)
        if self.traits.surrogates and self.draw.boolean(0.2):
            return surrogates(self.draw)
        return text(self.draw)

    def output(self) -> str:
        """What a tool printed: as a text, but longer, and now and then nothing."""
        if self.draw.boolean(0.05):
            return ""
        return text(self.draw, (6, 40, 40, 200, 500)) if self.draw.boolean(0.5) else self.text()

    def call_id(self, prefix: str) -> str:
        self.calls += 1
        return f"{prefix}{self.calls:04d}{self.draw.integer(0, 9)}"

    def arguments(self) -> Json:
        """Arguments of a call; now and then with a long value deep inside."""
        given: Json = {"path": f"/srv/{word(self.draw)}", "lines": self.draw.integer(1, 99)}
        if self.draw.boolean(0.2):
            given["edit"] = {"old": self.text(), "new": [self.output(), None, 1.5, True]}
        return given

    def unknown(self, chance: float = 0.2) -> Json:
        """Fields that no provider documents."""
        if not (self.traits.unknown and self.draw.boolean(chance)):
            return {}
        return {"x_trace": {"id": self.draw.integer(0, 999), "tags": [None, True, "ä"]}}


def schema(draw: Draw) -> Json:
    """A tool's parameters as JSON schema."""
    properties: Json = {"path": {"type": "string", "description": text(draw, (4,))}}
    if draw.boolean():
        properties["mode"] = {"type": "string", "enum": ["r", "w"]}
    if draw.boolean(0.3):
        properties["edit"] = {"type": "object", "properties": {"old": {"type": "string"}}}
    return {"type": "object", "properties": properties, "required": ["path"]}

"""Valid conversations of every shape a provider accepts, from a source of choices.

`generate(Seeded(7))` gives the same request on every machine; `strategies` gives
the same conversations to Hypothesis, which can shrink them.
"""

from __future__ import annotations

from collections.abc import Mapping

from brim.testing.anthropic_writer import AnthropicWriter
from brim.testing.case import Case
from brim.testing.draw import Draw, Seeded
from brim.testing.openai_chat_writer import OpenAIChatWriter
from brim.testing.openai_responses_writer import OpenAIResponsesWriter
from brim.testing.writers import Options, Writer

__all__ = ["DIALECTS", "Options", "generate", "seeded"]

WRITERS: Mapping[str, type[Writer]] = {
    "openai-chat": OpenAIChatWriter,
    "anthropic": AnthropicWriter,
    "openai-responses": OpenAIResponsesWriter,
}
DIALECTS = tuple(WRITERS)
LENGTHS = (2, 4, 4, 8, 8, 8, 12, 12, 16, 16, 24, 40, 120)
LOOPS = (0, 0, 0, 1, 1, 2, 3, 12)


def generate(draw: Draw, dialect: str | None = None, options: Options | None = None) -> Case:
    """A valid conversation. Raises KeyError for a dialect that has no writer."""
    name = dialect or draw.choice(DIALECTS)
    options = options or Options()
    writer = WRITERS[name](draw, options)
    writer.start()
    length = draw.integer(1, min(options.messages, draw.choice(LENGTHS)))
    while len(writer.messages) < length:
        _turn(draw, writer, length)
    _end(draw, writer)
    return Case(name, writer.model, writer.request())


def seeded(seed: int | str, dialect: str | None = None, options: Options | None = None) -> Case:
    """The conversation of this seed."""
    return generate(Seeded(seed), dialect, options)


def _turn(draw: Draw, writer: Writer, length: int) -> None:
    writer.user()
    for _ in range(draw.integer(0, draw.choice(LOOPS))):
        if len(writer.messages) < length:
            writer.step()
    if draw.boolean(0.85):
        writer.answer()


def _end(draw: Draw, writer: Writer) -> None:
    kind = draw.choice(("user", "user", "result", "answer", "as it is"))
    if kind == "result":
        writer.step()
    elif kind == "user":
        writer.user()
    elif kind == "answer":
        writer.answer(last=True)
    if not writer.may_end:
        writer.user()

"""The laws of `complete`, `stream` and `embed`: what talks to models."""

from __future__ import annotations

from asyncio import run
from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.kernel.calls import Calls
from brim.model.operations import Ask, Completion, Delta
from brim.testing.contracts.base import Answer, Contract, Tools, law, require
from brim.testing.contracts.common import CommonLaws
from brim.testing.draw import Draw
from brim.testing.examples import drawn, texts
from brim.testing.texts import text

__all__ = ["CompleteContract", "EmbedContract", "StreamContract"]


class CompleteContract(CommonLaws):
    """Laws of a plugin that completes. Give it a model that answers: a fake, or a local one."""

    hook: ClassVar[str] = "complete"

    def strategy(self) -> SearchStrategy[Ask]:
        return drawn(_ask, 80)

    def inputs(self, example: Ask) -> tuple[Ask]:
        return (example,)

    def check(self, value: Any, *inputs: Any) -> Completion:
        return checks.completion(value)

    @law()
    def test_says_what_it_used(self, example: Ask) -> None:
        """No number of tokens is negative, and cached ones are among those that went in."""
        given = self.answered(example)
        if given is not None:
            tokens = (given.input_tokens, given.output_tokens, given.cached_tokens)
            require(min(tokens) >= 0 and given.cached_tokens <= given.input_tokens, f"{given!r}")


class StreamContract(Contract):
    """Laws of a plugin that streams."""

    hook: ClassVar[str] = "stream"

    def strategy(self) -> SearchStrategy[Ask]:
        return drawn(_ask, 80)

    def pieces(self, ask: Ask) -> Answer:
        """All pieces, as the kernel takes them."""
        return self.tools.guarded(lambda: run(_collected(self.tools, ask, self.deadline)))

    @law(about="time")
    def test_answers_in_time(self, ask: Ask) -> None:
        """Every piece comes before the deadline."""
        self.pieces(ask)

    @law()
    def test_ends_with_the_completion(self, ask: Ask) -> None:
        """It never fails, every piece is a Delta, and the last one carries the Completion."""
        answer = self.pieces(ask)
        require(not answer.failed, answer.raised or answer.breach)

    @law()
    def test_the_pieces_are_the_whole(self, ask: Ask) -> None:
        """The texts of the pieces, joined, are the text of the Completion."""
        pieces = self.pieces(ask).value or []
        if pieces and pieces[-1].completion is not None:
            joined, whole = "".join(one.text for one in pieces), pieces[-1].completion.text
            require(joined == whole, f"pieces {joined!r}, completion {whole!r}")


class EmbedContract(CommonLaws):
    """Laws of a plugin that embeds texts."""

    hook: ClassVar[str] = "embed"

    def strategy(self) -> SearchStrategy[tuple[str, ...]]:
        return texts()

    def inputs(self, example: tuple[str, ...]) -> tuple[tuple[str, ...]]:
        return (example,)

    def check(self, value: Any, *inputs: Any) -> tuple[tuple[float, ...], ...]:
        return checks.vectors(value, inputs[0])

    @law()
    def test_vectors_have_one_length(self, example: tuple[str, ...]) -> None:
        """All its vectors have one length, whatever the batch."""
        batches = [self.answered(example), self.answered(("a",))]
        lengths = {len(vector) for vectors in batches for vector in vectors or ()}
        require(len(lengths) <= 1, f"lengths {sorted(lengths)}")


async def _collected(tools: Tools, ask: Ask, deadline: float) -> list[Delta]:
    calls = Calls({"stream": [tools.implementation]})
    return [piece async for piece in calls.stream(ask, deadline)]


def _ask(draw: Draw) -> Ask:
    roles = ("user",) if draw.boolean() else ("system", "user")
    prompt = tuple((role, text(draw, (6, 30))) for role in roles)
    most = draw.choice((1024, 1, 64))
    return Ask(prompt, draw.choice(("condense", "grade")), most, model=draw.choice(("", "gpt-4o")))

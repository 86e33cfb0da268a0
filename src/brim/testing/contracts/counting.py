"""The laws of `count_tokens`."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.model.decisions import Counts
from brim.model.profiles import ModelProfile
from brim.testing.contracts.base import law, require
from brim.testing.contracts.common import Repeatable
from brim.testing.examples import texts

__all__ = ["CountTokensContract"]


class CountTokensContract(Repeatable):
    """Laws of a counter, asked to count for `profile`."""

    hook: ClassVar[str] = "count_tokens"
    profile: ClassVar[ModelProfile] = ModelProfile("gpt-4o", encoding="o200k_base")

    def strategy(self) -> SearchStrategy[tuple[str, ...]]:
        return texts()

    def inputs(self, example: tuple[str, ...]) -> tuple[tuple[str, ...], ModelProfile]:
        return example, self.profile

    def check(self, value: Any, *inputs: Any) -> Counts:
        return checks.counts(value, inputs[0])

    @law()
    def test_a_batch_counts_as_its_texts_do(self, example: tuple[str, ...]) -> None:
        """Texts counted together have the counts that they have alone, in the same order."""
        together = self.answered(example)
        alone = [self.answered((text,)) for text in example]
        if together is None or None in alone:
            return
        values = tuple(one.values[0] for one in alone)
        require(values == together.values, f"alone {values}, together {together.values}")

    @law()
    def test_a_text_counts_as_something(self, example: tuple[str, ...]) -> None:
        """Every text but the empty one has at least one token."""
        given = self.answered(example)
        for text, value in zip(example, given.values if given else (), strict=False):
            require(value > 0 or not text, f"{text[:80]!r} has {value} tokens")

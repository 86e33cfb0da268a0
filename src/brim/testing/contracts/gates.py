"""The laws of `check_input` and `admit`: who may refuse."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.model.operations import Request
from brim.testing.contracts.base import Answer, Tools, law, require
from brim.testing.contracts.common import CommonLaws
from brim.testing.draw import Draw
from brim.testing.examples import drawn
from brim.testing.texts import surrogates, text

__all__ = ["AdmitContract", "CheckInputContract"]


class CheckInputContract(CommonLaws):
    """Laws of a check of what users type. It refuses with a `BrimError`, whose text is shown."""

    hook: ClassVar[str] = "check_input"

    def strategy(self) -> SearchStrategy[str]:
        return drawn(lambda draw: surrogates(draw) if draw.boolean(0.1) else text(draw), 40)

    def inputs(self, example: str) -> tuple[str]:
        return (example,)

    def check(self, value: Any, *inputs: Any) -> str:
        return checks.exactly(value, str)

    def answer(self, example: str, inputs: tuple[Any, ...], tools: Tools | None = None) -> Answer:
        """A refusal is no fault: it is an answer without a value."""
        found = super().answer(example, inputs, tools)
        return Answer() if found.refused else found

    @law()
    def test_what_passed_passes_again(self, example: str) -> None:
        """A text that it let through is let through again, unchanged."""
        first = self.answered(example)
        if first is not None:
            again = self.answer(first, (first,)).value
            require(again in (None, first), f"first {first!r}, then {again!r}")


class AdmitContract(CommonLaws):
    """Laws of a guard of requests. It refuses with False, or with a `RequestRefused`, whose text
    is shown."""

    hook: ClassVar[str] = "admit"

    def strategy(self) -> SearchStrategy[Request]:
        return drawn(_request, 20)

    def inputs(self, example: Request) -> tuple[Request]:
        return (example,)

    def check(self, value: Any, *inputs: Any) -> bool:
        return checks.exactly(value, bool)

    def answer(
        self, example: Request, inputs: tuple[Any, ...], tools: Tools | None = None
    ) -> Answer:
        """A refusal is no fault."""
        found = super().answer(example, inputs, tools)
        return Answer(False) if found.refused else found


def _request(draw: Draw) -> Request:
    tokens = draw.choice((1, 0, 1000, 10**9))
    return Request(draw.choice(("", "a", "b:\u00fc")), draw.choice(("gpt-4o", "")), tokens)

"""The laws of `inject_context`."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis.strategies import SearchStrategy

from brim.kernel import checks
from brim.model.operations import InjectTask, Snippet
from brim.testing.contracts.base import law, require
from brim.testing.contracts.common import CommonLaws
from brim.testing.examples import jobs
from brim.testing.workbench import Job, workbench

__all__ = ["InjectContextContract"]


class InjectContextContract(CommonLaws):
    """Laws of a source of context."""

    hook: ClassVar[str] = "inject_context"

    def strategy(self) -> SearchStrategy[Job]:
        return jobs()

    def inputs(self, example: Job) -> tuple[InjectTask]:
        return (workbench().inject(example),)

    def check(self, value: Any, *inputs: Any) -> tuple[Snippet, ...]:
        return checks.snippets(value)

    @law()
    def test_the_best_come_first(self, example: Job) -> None:
        """The scores of its snippets never rise."""
        scores = [snippet.score for snippet in self.answered(example) or ()]
        require(scores == sorted(scores, reverse=True), f"scores {scores}")

    @law()
    def test_keeps_to_its_budget(self, example: Job) -> None:
        """The tokens that its snippets name add up to no more than the task's budget."""
        (task,) = self.inputs(example)
        tokens = sum(snippet.tokens for snippet in self.answered(example) or ())
        require(tokens <= task.budget, f"{tokens} tokens for a budget of {task.budget}")

    @law()
    def test_says_something_and_where_from(self, example: Job) -> None:
        """Every snippet has a text and names its source."""
        for snippet in self.answered(example) or ():
            require(snippet.text.strip() and snippet.source, f"{snippet!r}")

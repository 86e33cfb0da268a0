"""Laws that hold for every hook, whatever it is for."""

from __future__ import annotations

import pickle
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from attrs import evolve
from hypothesis.strategies import SearchStrategy

from brim.model.decisions import CondenseTask, TrimTask
from brim.testing.contracts.base import Answer, Contract, Tools, law, require
from brim.testing.contracts.memory import peak, weight

__all__ = ["CommonLaws", "Repeatable"]


class CommonLaws(Contract):
    """A hook is called with `inputs` of each example, and what it gives is checked by `check`."""

    @abstractmethod
    def strategy(self) -> SearchStrategy[Any]:
        """The examples."""

    @abstractmethod
    def inputs(self, example: Any) -> tuple[Any, ...]:
        """The hook's arguments for this example, made anew."""

    def check(self, value: Any, *inputs: Any) -> Any:
        """The answer as the kernel takes it. Raises `Breach`."""
        return value

    def answer(self, example: Any, inputs: tuple[Any, ...], tools: Tools | None = None) -> Answer:
        """What the plugin gives."""
        tools = tools or self.tools
        return tools.call(tools.implementation, lambda value: self.check(value, *inputs), *inputs)

    def answered(self, example: Any) -> Any:
        """The answer to this example, None where there is none or another law is broken."""
        return self.answer(example, self.inputs(example)).value

    @law()
    def test_never_raises(self, example: Any) -> None:
        """No task makes it raise."""
        answer = self.answer(example, self.inputs(example))
        require(not answer.raised, answer.raised)

    @law()
    def test_answers_in_the_promised_types(self, example: Any) -> None:
        """What it gives has exactly the types and bounds that its hook promises."""
        answer = self.answer(example, self.inputs(example))
        require(not answer.breach, answer.breach)

    @law(about="time")
    def test_answers_in_time(self, example: Any) -> None:
        """It waits for nothing that does not come: what it awaits ends before the deadline."""
        self.answer(example, self.inputs(example))

    @law(about="limits")
    def test_stays_within_its_limits(self, example: Any) -> None:
        """A task costs at most 2 s of processor time and three times the memory of its input."""
        self.answer(example, self.inputs(example))
        inputs = self.inputs(example)
        used = peak(lambda: self.answer(example, inputs))
        allowed = self.memory * weight(*inputs)
        require(used <= allowed, f"it took {used:,} bytes of memory; {allowed:,.0f} are allowed")

    @law()
    def test_leaves_its_task_alone(self, example: Any) -> None:
        """The task is the same before and after."""
        inputs = self.inputs(example)
        before = _image(inputs)
        self.answer(example, inputs)
        require(_image(inputs) == before, "the task was changed")


class Repeatable(CommonLaws):
    """A hook that decides by its task alone."""

    @law()
    def test_same_task_same_answer(self, example: Any) -> None:
        """The same task has the same answer, every time, and from every instance."""
        first = self.answer(example, self.inputs(example))
        for tools in (self.tools, Tools(type(self))):
            again = self.answer(example, self.inputs(example), tools)
            if not (first.failed or again.failed):
                same = again.value == first.value
                require(same, f"first {first.value!r}\nthen {again.value!r}")


def _no_count(given: Sequence[object]) -> Sequence[int]:
    return ()


def _image(inputs: tuple[Any, ...]) -> bytes:
    """All that the inputs hold; functions, which no plugin can change, cannot be written down."""
    return pickle.dumps([*map(_without_functions, inputs)])


def _without_functions(one: Any) -> Any:
    if isinstance(one, CondenseTask):
        return evolve(one, count=_no_count, count_parts=_no_count)
    if isinstance(one, TrimTask):
        return evolve(one, shape=evolve(one.shape, look=dict))
    return one

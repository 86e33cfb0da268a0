"""The laws of `condense`: what every strategy keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from attrs import evolve
from hypothesis.strategies import SearchStrategy

from brim.kernel.checks import nothing
from brim.kernel.converse import converse
from brim.model.conversation import Exchange
from brim.model.decisions import (
    Condensation,
    CondenseTask,
    Drop,
    Edit,
    Replace,
    Rewrite,
)
from brim.model.messages import Opaque, Part, Thinking, ToolCall, ToolResult
from brim.model.operations import Completion
from brim.testing.case import Case
from brim.testing.contracts.base import Answer, Tools, law, overheard, require
from brim.testing.contracts.common import Repeatable
from brim.testing.examples import jobs
from brim.testing.hostile import SECRET
from brim.testing.workbench import Job, Work, workbench

__all__ = ["CondenseContract"]

ARGUMENT = 200
"""Tokens above which a value inside of a call's arguments may be rewritten."""

CLAIM = "tokens_saved"
"""The fact that says how many tokens a condensation saves; checked to one part in ten."""


class CondenseContract(Repeatable):
    """Laws of a strategy. Its asks are answered by a model that says this and that."""

    hook: ClassVar[str] = "condense"

    def strategy(self) -> SearchStrategy[Job]:
        return jobs()

    def inputs(self, example: Job) -> tuple[CondenseTask]:
        return (workbench().condense(example).task,)

    def answer(self, example: Job, inputs: tuple[Any, ...], tools: Tools | None = None) -> Answer:
        """The strategy's answer, after all its asks."""
        tools = tools or self.tools
        return tools.guarded(lambda: _driven(tools, inputs[0], example.words))

    def proposal(self, job: Job) -> tuple[Work, Condensation | None]:
        """A fresh task, and what the strategy proposes for it."""
        work = workbench().condense(job)
        return work, self.answer(job, (work.task,)).value

    @law()
    def test_names_only_what_is_there(self, job: Job) -> None:
        """Edits name what exists, nothing twice, and one note stands for neighbours."""
        for task, edits in self._edits(job):
            taken = [index for edit in edits for index in _removed(edit)]
            require(
                all(0 <= i < len(task.conversation.exchanges) for i in taken), "no such exchange"
            )
            require(len(set(taken)) == len(taken), "an exchange is removed twice")
            for edit in edits:
                _named(task, edit, set(taken))

    @law()
    def test_keeps_what_must_stay(self, job: Job) -> None:
        """It touches no exchange marked `keep`, and of the newest one only results."""
        for task, edits in self._edits(job):
            for edit in edits:
                for index in _touched(edit):
                    unit = _unit(task, index)
                    require(unit is None or not unit.keep, f"exchange {index} must stay: {edit!r}")
                    free = unit is None or not unit.newest or _is_result(task, edit)
                    require(free, f"exchange {index} is the newest: {edit!r}")

    @law()
    def test_keeps_calls_and_results_together(self, job: Job) -> None:
        """Calls stay but for long values in their arguments, and no rule is newly broken."""
        work, given = self.proposal(job)
        if given is None:
            return
        for edit in given.edits:
            if isinstance(edit, Rewrite) and isinstance(part := _part(work.task, edit), ToolCall):
                _argument(work.task, part, edit)
        outcome = workbench().outcome(work, given)
        require(outcome is None or not outcome.broken, ", ".join(outcome.broken if outcome else ()))

    @law()
    def test_sealed_parts_are_left_alone(self, job: Job) -> None:
        """Parts of unknown kinds are never rewritten, and thinking at most goes whole."""
        for task, edits in self._edits(job):
            for edit in edits:
                part = _part(task, edit)
                changed = not isinstance(edit, Rewrite) or edit.text
                sealed = isinstance(part, Opaque) or (isinstance(part, Thinking) and changed)
                require(not (isinstance(edit, Rewrite) and sealed), f"{edit!r} of {part!r}")

    @law()
    def test_makes_it_smaller(self, job: Job) -> None:
        """A condensation has fewer tokens than what it was made of."""
        work, given = self.proposal(job)
        outcome = workbench().outcome(work, given) if given and given.edits else None
        if outcome is not None:
            before, after = work.task.tokens, outcome.tokens
            require(after < before, f"{before} tokens became {after}")

    @law()
    def test_notes_say_something(self, job: Job) -> None:
        """No note is empty or only white space."""
        for _, edits in self._edits(job):
            for edit in edits:
                empty = isinstance(edit, Replace) and not edit.note.strip()
                require(not empty, f"{edit!r} leaves an empty note")

    @law()
    def test_claims_only_what_it_does(self, job: Job) -> None:
        """A condensation edits something or says why it does not; its fact `tokens_saved`, if
        any, is true."""
        work, given = self.proposal(job)
        if given is None:
            return
        if not given.edits:
            require(given.facts, "no edits and no facts: pass with None")
            require(CLAIM not in given.facts, f"no edits, yet it claims {dict(given.facts)}")
            return
        outcome, claim = workbench().outcome(work, given), given.facts.get(CLAIM)
        if outcome is None or not isinstance(claim, int | float):
            return
        saved = work.task.tokens - outcome.tokens
        require(abs(claim - saved) <= saved / 10, f"it claims to save {claim}, and saves {saved}")

    @law()
    def test_tells_no_secrets(self, job: Job) -> None:
        """Nothing that a conversation says occurs in facts, errors, logs or output."""
        job = evolve(job, case=_planted(job.case))
        with overheard() as heard:
            answer = self.answer(job, self.inputs(job))
        facts = answer.value.facts if answer.value else {}
        require(SECRET not in json.dumps(dict(facts)), "a planted password stands in its facts")
        require(SECRET not in answer.raised, "a planted password stands in its error")
        require(SECRET not in heard(), "a planted password was printed or logged")

    def _edits(self, job: Job) -> Iterator[tuple[CondenseTask, tuple[Edit, ...]]]:
        work, given = self.proposal(job)
        if given is not None:
            yield work.task, given.edits


def _driven(tools: Tools, task: CondenseTask, words: str) -> Condensation | None:
    """Call, and answer whatever is asked."""
    implementation = tools.implementation
    road = converse(implementation, implementation.call(nothing, task))
    try:
        next(road)
        while True:
            road.send(Completion(words, input_tokens=100, output_tokens=10))
    except StopIteration as stop:
        found: Condensation | None = stop.value
        return found


def _removed(edit: Edit) -> tuple[int, ...]:
    return edit.exchanges if isinstance(edit, Drop | Replace) else ()


def _touched(edit: Edit) -> tuple[int, ...]:
    return (edit.exchange,) if isinstance(edit, Rewrite) else edit.exchanges


def _unit(task: CondenseTask, index: int) -> Exchange | None:
    units = task.conversation.exchanges
    return units[index] if 0 <= index < len(units) else None


def _part(task: CondenseTask, edit: Edit) -> Part | None:
    """The part that a rewrite names, None where there is none."""
    if not isinstance(edit, Rewrite):
        return None
    unit = _unit(task, edit.exchange)
    if unit is None or not 0 <= edit.message < len(unit.messages):
        return None
    parts = unit.messages[edit.message].parts
    return parts[edit.part] if 0 <= edit.part < len(parts) else None


def _is_result(task: CondenseTask, edit: Edit) -> bool:
    return isinstance(_part(task, edit), ToolResult)


def _named(task: CondenseTask, edit: Edit, taken: set[int]) -> None:
    if isinstance(edit, Rewrite):
        require(_part(task, edit) is not None, f"no such part: {edit!r}")
        require(edit.exchange not in taken, f"both removed and rewritten: {edit!r}")
    elif isinstance(edit, Replace):
        indexes = sorted(edit.exchanges)
        near = indexes and indexes[-1] - indexes[0] == len(indexes) - 1
        require(near, f"a note's exchanges are not neighbours: {edit.exchanges}")


def _argument(task: CondenseTask, call: ToolCall, edit: Rewrite) -> None:
    """A value of over 200 tokens that becomes shorter."""
    try:
        value: Any = json.loads(call.arguments)
        for step in edit.path:
            value = value[step]
    except (ValueError, LookupError, TypeError):
        value = None
    require(edit.path and isinstance(value, str), f"{edit!r} is no value of {call.arguments[:200]}")
    before, after = task.count([value, edit.text])
    require(before > ARGUMENT, f"the value at {edit.path} has only {before} tokens")
    require(after < before, f"the value at {edit.path} grows from {before} to {after} tokens")


def _planted(case: Case) -> Case:
    return case.with_messages([_sown(message) for message in case.messages])


def _sown(value: Any, key: str = "") -> Any:
    """The same JSON with a password in every text of a message."""
    if isinstance(value, dict):
        return {name: _sown(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_sown(item) for item in value]
    return f"{value} my password is {SECRET}" if _is_text(value, key) else value


def _is_text(value: object, key: str) -> bool:
    return isinstance(value, str) and key in ("content", "text", "output")

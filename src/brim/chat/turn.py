"""One iteration: fit, ask, call tools, and again until the model answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Literal

from attrs import define, evolve, field, frozen

from brim.chat.conversation import Conversation
from brim.chat.guards import admitted, own_error
from brim.chat.replies import Piece, Reply, ToolRun
from brim.chat.shown import show_reply, show_tool
from brim.chat.steps import step
from brim.chat.toolbox import Toolbox
from brim.chat.wire import answered, asked, calls_in, said
from brim.errors import CompletionError, HookError
from brim.model.messages import ToolCall
from brim.model.operations import Ask, Completion, Delta
from brim.road.brim import Brim
from brim.road.intake.pins import Pin
from brim.road.reports.fitted import Fitted
from brim.road.watch import Taken

__all__ = ["Setup", "Turn"]


@frozen(eq=False)
class Setup:
    """What stays the same in all turns of a loop."""

    brim: Brim
    conversation: Conversation
    toolbox: Toolbox
    system: str | None
    tenant: str
    temperature: float
    pins: list[Pin] = field(factory=list)


@define(eq=False)
class Turn:
    """What one iteration has come to so far."""

    setup: Setup
    streamed: bool
    runs: list[ToolRun] = field(factory=list)
    completions: list[Completion] = field(factory=list)
    fitted: Fitted | None = None

    @property
    def facts(self) -> dict[str, str | int | float | bool]:
        return {"requests": len(self.completions), "tools": len(self.runs)}

    async def pieces(self, text: str) -> AsyncGenerator[Piece]:
        """The texts and tools of the iteration, as they come."""
        conversation = self.setup.conversation
        conversation.add([{"role": "user", "content": text}])
        while True:
            async with aclosing(self._answered()) as deltas:
                async for delta in deltas:
                    if delta.reasoning and self._shows_reasoning:
                        yield Piece(reasoning=delta.reasoning)
                    if delta.text:
                        yield Piece(delta.text)
            calls = self._calls()
            conversation.add(said(self.completions[-1].text, calls))
            if not calls:
                break
            conversation.keep()
            for run in await self._results(calls):
                yield Piece(run=run)

    async def _answered(self) -> AsyncGenerator[Delta]:
        """The model's answer; where the request was too long for it, that to a shorter one."""
        fitted = await self._fit()
        try:
            async with aclosing(self._answer(self._ask(fitted))) as deltas:
                async for delta in deltas:
                    yield delta
        except CompletionError as error:
            shorter = await self._shorter(fitted, error)
            if shorter is None:
                raise
        else:
            return
        async with aclosing(self._answer(self._ask(shorter))) as deltas:
            async for delta in deltas:
                yield delta

    async def _fit(self) -> Fitted:
        """The request to send now, which all guards admit."""
        self.fitted = fitted = await self.setup.conversation.session.afit(pin=self.setup.pins)
        await admitted(self.setup.brim, fitted, self.setup.tenant)
        self.setup.conversation.keep()
        return fitted

    async def _shorter(self, fitted: Fitted, error: CompletionError) -> Fitted | None:
        """A request that takes less, None where the error is another or nothing more can go."""
        if error.kind != "overflow":
            return None
        await self.setup.brim.aobserve(fitted, error)
        again = await self._fit()
        return again if again.messages != fitted.messages else None

    @property
    def _left(self) -> int:
        return self.setup.brim.settings.chat.max_tools - len(self.runs)

    def _ask(self, fitted: Fitted) -> Ask:
        setup = self.setup
        ask = asked(setup.brim, fitted, setup.system, setup.toolbox.definitions)
        choice: Literal["auto", "none"] = "auto" if self._left > 0 else "none"
        return evolve(ask, temperature=setup.temperature, tool_choice=choice)

    def _calls(self) -> Sequence[ToolCall]:
        """What is to be called now. A model that calls in spite of "none" has answered."""
        offered = self._left > 0 and self.setup.toolbox.tools
        return calls_in(self.completions[-1]) if offered else ()

    async def _results(self, calls: Sequence[ToolCall]) -> Sequence[ToolRun]:
        setup = self.setup
        runs = await setup.toolbox.run(calls, self._left)
        self.runs += runs
        setup.conversation.add(answered(runs))
        setup.conversation.keep()
        for run in runs:
            show_tool(setup.brim, run)
        return runs

    async def _answer(self, ask: Ask) -> AsyncGenerator[Delta]:
        """The model's answer, which is added to the `completions`."""
        with step(self.setup.brim, "complete") as taken:
            taken.facts["model"] = ask.model
            try:
                async with aclosing(self._deltas(ask)) as deltas:
                    async for delta in deltas:
                        if delta.completion is not None:
                            await self._took(delta.completion, taken)
                        yield delta
            except HookError as error:
                found = own_error(error)
                raise found from (None if found is not error else error.__cause__)

    async def _deltas(self, ask: Ask) -> AsyncGenerator[Delta]:
        """Piece by piece where that is wanted and a plugin can."""
        calls = self.setup.brim.host.calls
        if self.streamed and calls.names("stream"):
            async with aclosing(calls.stream(ask, ask.seconds)) as deltas:
                async for delta in deltas:
                    yield delta
        else:
            completion = await calls.complete(ask, ask.seconds)
            yield Delta(completion.text, completion, completion.reasoning)

    async def _took(self, completion: Completion, taken: Taken) -> None:
        self.completions.append(completion)
        if self.fitted is not None and completion.input_tokens:
            await self.setup.brim.aobserve(self.fitted, _usage(completion))
        taken.facts |= {
            "answered_by": completion.model,
            "stop": completion.stop,
            "calls": len(completion.tool_calls),
            "read": completion.input_tokens,
            "written": completion.output_tokens,
            "cached": completion.cached_tokens,
        }

    @property
    def _shows_reasoning(self) -> bool:
        return self.setup.brim.settings.chat.show_reasoning

    def reply(self) -> Reply:
        """All of it, once there are no pieces left."""
        assert self.fitted is not None, "a turn that has ended was fitted"
        last = self.completions[-1]
        reply = Reply(
            last.text,
            last.stop,
            last.model or self.fitted.report.model,
            self.fitted.report,
            tuple(self.runs),
            len(self.completions),
            sum(one.input_tokens for one in self.completions),
            sum(one.output_tokens for one in self.completions),
            sum(one.cached_tokens for one in self.completions),
            self._reasoning(),
        )
        show_reply(self.setup.brim, reply)
        return reply

    def _reasoning(self) -> str:
        thought = [one.reasoning for one in self.completions if one.reasoning]
        return "\n\n".join(thought) if self._shows_reasoning else ""


def _usage(completion: Completion) -> dict[str, int]:
    """What the provider counted. No cached tokens may mean that it does not tell of them."""
    cached = completion.cached_tokens
    return {"prompt_tokens": completion.input_tokens} | (
        {"cached_tokens": cached} if cached else {}
    )

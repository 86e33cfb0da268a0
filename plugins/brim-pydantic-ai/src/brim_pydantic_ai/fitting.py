"""The capability and the history processor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ModelMessage, ModelRequest
from pydantic_ai.models import ModelRequestContext

from brim import Brim, Fitted, MalformedRequest
from brim.road.intake.pins import Pin, listed
from brim.road.shared import shared
from brim_pydantic_ai.wires import Wires

__all__ = ["FitHistory", "history_processor"]

Process = Callable[[RunContext[Any], list[ModelMessage]], Awaitable[list[ModelMessage]]]


@dataclass
class FitHistory(AbstractCapability[Any]):
    """Fits the messages of each model request; the run's own history stays whole.

    `model` is the name to fit for, where that of the agent's model is not the one Brim knows.
    `brim` is the process's shared one unless given; `budget`, `pin` (roles, or tests of a
    message's view) and `tenant` are those of `Brim.fit`. `on_fit` is told of each fit.

    Runs raise `BudgetInfeasible` when what must stay does not fit. Messages that Brim cannot
    read go out as they came.
    """

    model: str | None = None
    budget: int | None = None
    pin: Pin | Iterable[Pin] | None = None
    tenant: str | None = None
    brim: Brim | None = None
    on_fit: Callable[[Fitted], object] | None = field(default=None, repr=False)

    async def before_model_request(
        self, ctx: RunContext[Any], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        asked = request_context.model_request_parameters
        tools = [
            _tool(one.name, one.description, one.parameters_json_schema)
            for one in (*asked.function_tools, *asked.output_tools)
        ]
        model = self.model or request_context.model.model_name
        answer = (request_context.model_settings or {}).get("max_tokens")
        messages = await self.fit(request_context.messages, model, tools, answer)
        return replace(request_context, messages=messages)

    async def fit(
        self,
        messages: Sequence[ModelMessage],
        model: str,
        tools: Sequence[dict[str, Any]] = (),
        answer: int | None = None,
    ) -> list[ModelMessage]:
        """The messages to send to this model, with so many tokens for the answer."""
        wires = Wires.of(messages)
        request: dict[str, Any] = {"model": model, "messages": wires.sent}
        fields = {"system": _instructions(messages), "tools": list(tools), "max_tokens": answer}
        request |= {name: value for name, value in fields.items() if value}
        try:
            fitted = await (self.brim or shared()).afit(
                request,
                dialect="openai-chat",
                budget=self.budget,
                pin=[*listed(self.pin), *wires.pinned],
                tenant=self.tenant,
            )
        except MalformedRequest:
            return list(messages)
        if self.on_fit is not None:
            self.on_fit(fitted)
        return wires.back(fitted.messages) if fitted.report.changed else list(messages)


def history_processor(
    *,
    model: str | None = None,
    budget: int | None = None,
    pin: Pin | Iterable[Pin] | None = None,
    tenant: str | None = None,
    brim: Brim | None = None,
    on_fit: Callable[[Fitted], object] | None = None,
) -> Process:
    """A processor for `ProcessHistory`; its arguments are those of `FitHistory`.

    Pydantic AI puts what a processor gives in the place of the run's history, and tells it
    nothing of the tools: `FitHistory` keeps the one and counts the others.
    """
    fitting = FitHistory(model, budget, pin, tenant, brim, on_fit)

    async def process(ctx: RunContext[Any], messages: list[ModelMessage]) -> list[ModelMessage]:
        return await fitting.fit(messages, fitting.model or ctx.model.model_name)

    return process


def _tool(name: str, description: str | None, schema: object) -> dict[str, Any]:
    function = {"name": name, "description": description or "", "parameters": schema}
    return {"type": "function", "function": function}


def _instructions(messages: Sequence[ModelMessage]) -> str | None:
    """Those of the newest request are the ones that are sent."""
    asked = [one for one in messages if isinstance(one, ModelRequest)]
    return asked[-1].instructions if asked else None

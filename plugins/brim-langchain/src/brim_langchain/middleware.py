"""The middleware for agents of LangChain and LangGraph."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse

from brim import Brim, Fitted, MalformedRequest
from brim.road.intake.pins import Pin, listed
from brim.road.shared import shared
from brim_langchain.fitting import Fitting, Job, Model

__all__ = ["BrimMiddleware"]

Call = ModelRequest[Any]
Answer = ModelResponse[Any]

LIMITS = ("max_completion_tokens", "max_tokens")


class BrimMiddleware(AgentMiddleware[Any, Any, Any]):
    """Fits the messages of each model call. The agent's state keeps the whole history.

    `model` is the model to fit for where its chat model does not tell the name that Brim knows.
    `brim` is the process's shared one unless given; `budget`, `pin` (positions are those in the
    state's messages) and `tenant` are those of `Brim.fit`. `on_fit` is told of each fit.

    Calls raise `BudgetInfeasible` when what must stay does not fit. Messages that Brim cannot
    read go out as they came.
    """

    def __init__(
        self,
        *,
        model: Model | None = None,
        budget: int | None = None,
        pin: Pin | Iterable[Pin] | None = None,
        tenant: str | None = None,
        brim: Brim | None = None,
        on_fit: Callable[[Fitted], object] | None = None,
    ) -> None:
        super().__init__()
        self._model = model
        self._fitting = Fitting(brim or shared(), budget, tuple(listed(pin)), tenant, on_fit)

    def wrap_model_call(self, request: Call, handler: Callable[[Call], Answer]) -> Answer:
        try:
            messages: list[Any] = [*self._fitting.fit(self._job(request))]
        except MalformedRequest:
            return handler(request)
        return handler(request.override(messages=messages))

    async def awrap_model_call(
        self, request: Call, handler: Callable[[Call], Awaitable[Answer]]
    ) -> Answer:
        try:
            messages: list[Any] = [*await self._fitting.afit(self._job(request))]
        except MalformedRequest:
            return await handler(request)
        return await handler(request.override(messages=messages))

    def _job(self, request: Call) -> Job:
        system = request.system_message
        limits = (request.model_settings.get(name) for name in LIMITS)
        return Job(
            messages=request.messages,
            model=self._model or request.model,
            system=None if system is None else system.text,
            tools=request.tools,
            answer=next((one for one in limits if isinstance(one, int)), None),
        )

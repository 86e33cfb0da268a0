"""Fitting LangChain's messages, for any node of a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import frozen
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from brim import Brim, Fitted
from brim.road.intake.pins import Pin, listed
from brim.road.shared import shared
from brim_langchain.wires import Wires

__all__ = ["Fitting", "Job", "afit_messages", "fit_messages"]

Model = str | BaseChatModel

NAMES = ("model_name", "model", "model_id")
"""Where chat models keep the name of their model."""


def fit_messages(
    messages: Sequence[BaseMessage],
    *,
    model: Model,
    budget: int | None = None,
    system: str | None = None,
    tools: Sequence[Any] = (),
    pin: Pin | Iterable[Pin] | None = None,
    tenant: str | None = None,
    brim: Brim | None = None,
) -> list[BaseMessage]:
    """The messages to send to this model, within `budget` tokens or its window.

    The objects that you gave go out wherever they stay as they are; rewritten ones are copies,
    and a note of Brim is a `HumanMessage`. `model` is a name or a chat model. Give the whole
    history each time: what was condensed before is replayed. For the rest see `Brim.fit`.

    Raises `MalformedRequest`, and `BudgetInfeasible` when what must stay does not fit.
    """
    job = Job(tuple(messages), model, system, tuple(tools))
    return Fitting(brim or shared(), budget, tuple(listed(pin)), tenant).fit(job)


async def afit_messages(
    messages: Sequence[BaseMessage],
    *,
    model: Model,
    budget: int | None = None,
    system: str | None = None,
    tools: Sequence[Any] = (),
    pin: Pin | Iterable[Pin] | None = None,
    tenant: str | None = None,
    brim: Brim | None = None,
) -> list[BaseMessage]:
    """`fit_messages`, awaiting what a strategy asks of a model."""
    job = Job(tuple(messages), model, system, tuple(tools))
    return await Fitting(brim or shared(), budget, tuple(listed(pin)), tenant).afit(job)


@frozen
class Job:
    """One call of a model."""

    messages: Sequence[BaseMessage]
    model: Model
    system: str | None = None
    tools: Sequence[Any] = ()
    answer: int | None = None


@frozen
class Fitting:
    """How calls are fitted."""

    brim: Brim
    budget: int | None = None
    pins: Sequence[Pin] = ()
    tenant: str | None = None
    on_fit: Callable[[Fitted], object] | None = None

    def fit(self, job: Job) -> list[BaseMessage]:
        wires = Wires.of(job.messages)
        return self._told(wires, self.brim.fit(**self._asked(job, wires)))

    async def afit(self, job: Job) -> list[BaseMessage]:
        wires = Wires.of(job.messages)
        return self._told(wires, await self.brim.afit(**self._asked(job, wires)))

    def _asked(self, job: Job, wires: Wires) -> dict[str, Any]:
        request: dict[str, Any] = {"model": name_of(job.model), "messages": wires.sent}
        if job.system:
            request["system"] = job.system
        if job.tools:
            request["tools"] = [_tool(one) for one in job.tools]
        answer = job.answer or getattr(job.model, "max_tokens", None)
        if isinstance(answer, int):
            request["max_tokens"] = answer
        pins = [place for pin in self.pins for place in _places(pin, wires)]
        return {
            "messages_or_request": request,
            "dialect": "openai-chat",
            "budget": self.budget,
            "pin": [*pins, *wires.split],
            "tenant": self.tenant,
        }

    def _told(self, wires: Wires, fitted: Fitted) -> list[BaseMessage]:
        if self.on_fit is not None:
            self.on_fit(fitted)
        if not fitted.report.changed:
            return list(wires.messages)
        return wires.back(fitted.messages)


def name_of(model: Model) -> str | None:
    """The model's name, None where it has none: the settings say then."""
    if isinstance(model, str):
        return model
    names = (getattr(model, name, None) for name in NAMES)
    return next((name for name in names if isinstance(name, str) and name), None)


def _tool(tool: Any) -> Any:
    try:
        return convert_to_openai_tool(tool)
    except ValueError:  # a provider's own, which has no schema
        return tool


def _places(pin: Pin, wires: Wires) -> list[Pin]:
    """A pin by position counts messages, of which one may have several wires."""
    if isinstance(pin, bool) or not isinstance(pin, int):
        return [pin]
    count = len(wires.messages)
    return list(wires.places(pin + count if pin < 0 else pin)) or [pin]

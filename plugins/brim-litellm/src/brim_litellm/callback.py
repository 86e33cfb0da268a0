"""A callback of LiteLLM that fits the conversation of each call.

    litellm.callbacks = [BrimCallback()]

`handler` is one for the settings file of LiteLLM's proxy. Importing this module imports LiteLLM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from brim import MalformedRequest
from brim.road.shared import shared
from brim_litellm.package import litellm

if TYPE_CHECKING:
    from brim import Brim, Fitted
    from brim.road.intake.pins import Pin

__all__ = ["BrimCallback", "handler"]

litellm()
CustomLogger: Any = import_module("litellm.integrations.custom_logger").CustomLogger

DIALECTS: Mapping[str, str] = {
    "completion": "openai-chat",
    "acompletion": "openai-chat",
    "anthropic_messages": "anthropic",
    "responses": "openai-responses",
    "aresponses": "openai-responses",
}
"""The calls that take a conversation."""

FIELDS = (
    "model",
    "messages",
    "input",
    "system",
    "instructions",
    "tools",
    "thinking",
    "previous_response_id",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
)
"""What of a call is the request, as far as it has to do with its size."""


class BrimCallback(CustomLogger):  # type: ignore[misc]
    """Fits the messages of `acompletion`, `aresponses` and `anthropic_messages`, and so of all
    that LiteLLM's proxy and router send, once it is known which model they go to.

    `brim` is the process's shared one unless given; `budget`, `pin` and `tenant` are those of
    `Brim.fit`. `on_fit` is told of each fit. A call raises `BudgetInfeasible`, with nothing
    sent, when what must stay does not fit; what Brim cannot read goes out as it came.
    """

    def __init__(
        self,
        *,
        brim: Brim | None = None,
        budget: int | None = None,
        pin: Pin | Iterable[Pin] | None = None,
        tenant: str | None = None,
        on_fit: Callable[[Fitted], object] | None = None,
    ) -> None:
        super().__init__()
        self._brim = brim
        self._options: dict[str, Any] = {"budget": budget, "pin": pin, "tenant": tenant}
        self._on_fit = on_fit

    async def async_pre_call_deployment_hook(
        self, kwargs: dict[str, Any], call_type: Any
    ) -> dict[str, Any] | None:
        dialect = DIALECTS.get(getattr(call_type, "value", ""))
        request = {name: kwargs[name] for name in FIELDS if kwargs.get(name) is not None}
        if dialect is None or not {"messages", "input"} & set(request):
            return None
        app = self._brim or shared()
        try:
            fitted = await app.afit(request, dialect=dialect, **self._options)
        except MalformedRequest:
            return None
        if self._on_fit is not None:
            self._on_fit(fitted)
        if not fitted.report.changed:
            return None
        key = "messages" if "messages" in request else "input"
        return {**kwargs, key: fitted.messages}


handler = BrimCallback()

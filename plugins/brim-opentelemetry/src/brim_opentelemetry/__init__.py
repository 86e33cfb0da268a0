"""The observer `opentelemetry`: what Brim does, as metrics and spans."""

from __future__ import annotations

from typing import Literal

from attrs import frozen
from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import TracerProvider, get_tracer

from brim.api import Operation, hookimpl
from brim_opentelemetry.metering import Metering
from brim_opentelemetry.tracing import Tracing

__all__ = ["OpenTelemetry", "OpenTelemetrySettings"]

SCOPE, VERSION = "brim", "0.1.0"


@frozen
class OpenTelemetrySettings:
    """The section `[plugin.opentelemetry]`.

    `spans` are made "inside" of the application's own, "always", or "never"; `metrics` are made
    or not. `provider` is the `gen_ai.provider.name` of all calls of models, for which their names
    are asked where it is empty; `agent` names what a chat loop's iterations are.
    """

    metrics: bool = True
    spans: Literal["inside", "always", "never"] = "inside"
    provider: str = ""
    agent: str = ""


class OpenTelemetry:
    """Tells OpenTelemetry of every operation: how long it took, what it came to, never what
    anyone wrote. The providers are the application's global ones unless they are given; until
    there are any, nothing is done.
    """

    name = "opentelemetry"

    def __init__(
        self,
        settings: OpenTelemetrySettings,
        meter_provider: MeterProvider | None = None,
        tracer_provider: TracerProvider | None = None,
    ) -> None:
        self._metering = self._tracing = None
        provider, agent = settings.provider, settings.agent
        if settings.metrics:
            self._metering = Metering(get_meter(SCOPE, VERSION, meter_provider), provider, agent)
        if settings.spans != "never":
            tracer = get_tracer(SCOPE, VERSION, tracer_provider)
            self._tracing = Tracing(tracer, provider, agent, settings.spans == "always")

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        if self._metering:
            self._metering.record(operation)
        if self._tracing:
            self._tracing.record(operation)

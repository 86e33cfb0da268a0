"""Every law of an observer, with the real SDK behind it, and making spans."""

from __future__ import annotations

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from brim.testing.contracts import MonitorContract
from brim_opentelemetry import OpenTelemetry, OpenTelemetrySettings


def recording() -> OpenTelemetry:
    meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    tracers = TracerProvider(shutdown_on_exit=False)
    return OpenTelemetry(OpenTelemetrySettings(spans="always"), meters, tracers)


class TestRecording(MonitorContract):
    plugin = recording
    cpu_seconds = 20.0  # ten thousand metrics and spans of the SDK's


class TestWithoutProviders(MonitorContract):
    plugin = OpenTelemetry

"""The application's side: the real SDK, whose exporters keep what they get in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from attrs import define
from loguru import logger
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Point = HistogramDataPoint | NumberDataPoint


@define
class Heard:
    """What came out so far, and since `metrics` was asked last."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def metrics(self) -> Mapping[str, Sequence[Point]]:
        data = self.reader.get_metrics_data()
        scopes = [] if data is None else [s for r in data.resource_metrics for s in r.scope_metrics]
        return {one.name: one.data.data_points for scope in scopes for one in scope.metrics}


@pytest.fixture(scope="session")
def _providers() -> Heard:
    """Global providers can be set once in a process."""
    exporter = InMemorySpanExporter()
    traces = TracerProvider(shutdown_on_exit=False)
    traces.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(traces)
    each = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)
    reader = InMemoryMetricReader(preferred_temporality=each)
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
    return Heard(exporter, reader)


@pytest.fixture
def heard(_providers: Heard) -> Heard:
    _providers.exporter.clear()
    _providers.metrics()
    return _providers


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of this machine, and no warnings of plugins that fail on purpose."""
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    logger.disable("brim")
    yield
    logger.enable("brim")


def talk(turns: int, word: str = "word") -> list[dict[str, str]]:
    """A conversation that ends with the user's words."""
    found = [{"role": "system", "content": "Be brief."}]
    for number in range(turns):
        found.append({"role": "user", "content": f"Question {number}? " + f"{word} " * 60})
        found.append({"role": "assistant", "content": f"Answer {number}. " + "text " * 60})
    return [*found, {"role": "user", "content": "And the last one?"}]

"""The names are the conventions', as the SDK's own list of them has it."""

from __future__ import annotations

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from opentelemetry.semconv.attributes import error_attributes

import brim
from brim.api import Operation
from brim_opentelemetry import OpenTelemetry, OpenTelemetrySettings
from brim_opentelemetry.conventions import ATTRIBUTES, CALL, OPERATIONS, PROVIDERS
from conftest import Heard, talk

LATER = {
    "gen_ai.conversation.compacted",
    "gen_ai.execute_tool.duration",
    "gen_ai.invoke_agent.duration",
}
"""Names that the conventions have since they moved into a repository of their own."""


def strings(module: object) -> set[str]:
    return {value for value in vars(module).values() if isinstance(value, str)}


KNOWN = strings(gen_ai_attributes) | strings(gen_ai_metrics) | strings(error_attributes) | LATER


def values(kind: type) -> set[str]:
    return {str(member.value) for member in kind}


def test_attributes() -> None:
    for name in {*ATTRIBUTES.values(), *CALL.values()}:
        assert name.startswith("brim.") or name in KNOWN


def test_values() -> None:
    assert set(OPERATIONS.values()) <= values(gen_ai_attributes.GenAiOperationNameValues)
    vendors = {vendor for _, vendor in PROVIDERS}
    assert vendors - {"moonshot_ai"} <= values(gen_ai_attributes.GenAiProviderNameValues)


def test_all_that_is_told_has_a_known_name(heard: Heard) -> None:
    settings = OpenTelemetrySettings(spans="always", agent="helper")
    observer = OpenTelemetry(settings)
    for name in ("complete", "ask", "tool", "iteration", "fit", "input"):
        facts = {"model": "gpt-4o", "read": 9, "written": 9, "stop": "end", "tool": "look"}
        observer.monitor_operation(Operation(name, 0.1, False, "Odd", facts))
    with brim.Brim() as app:
        app.fit(talk(60), model="gpt-4o", budget=3_000)
    found = heard.metrics()
    told = set(found) | {key for span in heard.spans for key in (span.attributes or {})}
    for points in found.values():
        told |= {key for point in points for key in (point.attributes or {})}
    assert len(told) > 20
    assert {name for name in told if not name.startswith("brim.")} <= KNOWN

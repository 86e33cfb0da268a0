"""Nothing that leaves has a word of anyone's in it."""

from __future__ import annotations

import json
from itertools import count

import pytest
from opentelemetry import trace

import brim
from brim.api import Operation
from brim.chat import ChatLoop
from brim.model.messages import ToolCall
from brim.model.operations import Completion
from brim.testing.fakes import ScriptedModel
from brim_opentelemetry import OpenTelemetry, OpenTelemetrySettings
from conftest import Heard

SECRET = "sesame-8131"


def planted() -> list[dict[str, object]]:
    """A conversation with a secret in each place where there is text."""
    number = count()
    found: list[dict[str, object]] = [{"role": "system", "content": f"The key is {SECRET}."}]
    for turn in range(40):
        words = f"{SECRET}-{next(number)} " * 40
        call = {
            "id": f"call-{SECRET}-{turn}",
            "type": "function",
            "function": {"name": "look", "arguments": json.dumps({"at": words})},
        }
        found += [
            {"role": "user", "name": f"{SECRET}", "content": f"Look. {words}"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": f"Found. {words}"},
            {"role": "assistant", "content": f"Here it is. {words}"},
        ]
    return [*found, {"role": "user", "content": f"And {SECRET}?"}]


def leak(text: str) -> str:
    """Fails, and says what it was given."""
    raise RuntimeError(f"{SECRET}: {text}")


def drive() -> None:
    """All kinds of operations, fine ones and failing ones."""
    calls = (
        ToolCall("a", "leak", json.dumps({"text": SECRET})),
        ToolCall("b", f"no_{SECRET}", "{}"),
    )
    model = ScriptedModel(
        (Completion(SECRET, tool_calls=calls), Completion(f"It is {SECRET}.")),
        failures={3: RuntimeError(SECRET)},
    )
    settings = {"complete": ["scripted-model"], "archive": {"where": "memory"}}
    with brim.Brim(settings, plugins=[model]) as app:
        fitted = app.fit(planted(), model="gpt-4o", budget=3_000, tenant=SECRET)
        assert fitted.report.condensed
        loop = ChatLoop(app, model="gpt-4o", system=SECRET, tools=[leak], tenant=SECRET)
        loop.run_iteration(f"Say {SECRET}.")
        with pytest.raises(brim.BrimError):
            loop.run_iteration(f"Say {SECRET} again.")
        with pytest.raises(brim.BrimError):
            app.fit([{"role": SECRET, "content": SECRET}], model="gpt-4o")
        with pytest.raises(brim.BudgetInfeasible):
            app.fit([{"role": "user", "content": SECRET * 99}], model="gpt-4o", budget=9)


def test_content_is_never_told(heard: Heard) -> None:
    with trace.get_tracer("the application").start_as_current_span("work"):
        drive()
    spans = [span.to_json() for span in heard.spans]
    points = {name: [p.to_json() for p in points] for name, points in heard.metrics().items()}
    told = {span.name.split()[0] for span in heard.spans}
    assert told >= {"brim.fit", "brim.condense", "chat", "execute_tool", "invoke_agent"}
    assert len(points) >= 8
    assert SECRET not in "".join(spans)
    assert SECRET not in json.dumps(points)


def test_a_fact_that_nobody_knows_is_not_told(heard: Heard) -> None:
    """Whatever a later version of Brim tells observers, only what is listed here leaves."""
    observer = OpenTelemetry(OpenTelemetrySettings(spans="always"))
    observer.monitor_operation(Operation("fit", 0.1, facts={"prompt": SECRET, "text": SECRET}))
    observer.monitor_operation(Operation("complete", 0.1, facts={"prompt": SECRET}))
    told = "".join(span.to_json() for span in heard.spans)
    assert len(heard.spans) == 2
    assert SECRET not in told
    assert SECRET not in "".join(p.to_json() for ps in heard.metrics().values() for p in ps)

"""What operations are as metrics, driven by the real library."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import brim
from brim.api import Operation
from brim.testing.fakes import ScriptedModel
from brim_opentelemetry import OpenTelemetry, OpenTelemetrySettings
from brim_opentelemetry.conventions import MOST, REST, provider_of
from conftest import Heard, Point, talk


def one(points: Sequence[Point], **wanted: object) -> Point:
    """The only point with these attributes, whose dots are written as `__`."""
    pairs = {name.replace("__", "."): value for name, value in wanted.items()}
    (found,) = [p for p in points if pairs.items() <= dict(p.attributes or {}).items()]
    return found


def test_a_fit_that_condenses(heard: Heard) -> None:
    with brim.Brim() as app:
        fitted = app.fit(talk(60), model="gpt-4o", budget=3_000)
        stats = app.stats()
    found = heard.metrics()
    report = fitted.report
    tokens = found["brim.fit.tokens"]
    level = {"brim__level": str(report.decision.level), "gen_ai__request__model": "gpt-4o"}
    assert one(tokens, brim__fit__state="before", **level).sum == report.before.tokens
    assert one(tokens, brim__fit__state="after", **level).sum == report.after.tokens
    assert one(found["brim.operation.duration"], brim__operation="fit").count == 1
    last = report.strategies[-1]
    assert one(found["brim.condensations"], brim__strategy=last, brim__applied=True).value == 1
    saved = sum(point.value for point in found["brim.condensation.saved"])
    assert saved == sum(
        step.before - step.after for step in report.steps if step.outcome == "applied"
    )
    misses = one(found["brim.cache.lookups"], brim__operation="read", brim__cache__hit=False)
    assert misses.value > 100
    assert one(found["brim.operation.duration"], brim__operation="count").count == (
        stats.operations["count"].count
    )
    assert found["brim.counted"][0].value > 0


def test_a_session(heard: Heard) -> None:
    with brim.Brim() as app:
        session = app.session(talk(3), model="gpt-4o", budget=3_000)
        for _ in range(5):
            session.append({"role": "assistant", "content": "Yes."})
            session.append({"role": "user", "content": "And now?"})
            session.fit()
    found = heard.metrics()
    assert one(found["brim.operation.duration"], brim__operation="fit").count == 5
    assert "brim.condensations" not in found


def test_errors_are_told_by_their_kind(heard: Heard) -> None:
    with brim.Brim() as app:
        with pytest.raises(brim.BudgetInfeasible):
            app.fit([{"role": "user", "content": "word " * 500}], model="gpt-4o", budget=10)
        with pytest.raises(brim.MalformedRequest):
            app.fit([{"role": 7}], model="gpt-4o")
    found = heard.metrics()
    durations = found["brim.operation.duration"]
    assert one(durations, brim__operation="fit", error__type="BudgetInfeasible").count == 1
    assert one(durations, brim__operation="read", error__type="MalformedRequest").count == 1
    assert "brim.fit.tokens" not in found


def test_a_loop_with_tools(heard: Heard) -> None:
    from brim.chat import ChatLoop
    from brim.model.messages import ToolCall
    from brim.model.operations import Completion

    def double(number: int) -> int:
        """Twice the number."""
        return 2 * number

    calls = (ToolCall("a", "double", '{"number": 4}'),)
    asked = Completion("", model="gpt-4o-2024-11-20", input_tokens=900, tool_calls=calls)
    answer = Completion("Eight.", "end", "gpt-4o-2024-11-20", 1_000, 7, 896)
    model = ScriptedModel((asked, answer))
    with brim.Brim({"complete": ["scripted-model"]}, plugins=[model]) as app:
        loop = ChatLoop(app, model="gpt-4o", tools=[double])
        assert loop.run_iteration("What is twice four?").text == "Eight."
    found = heard.metrics()
    usual = {"gen_ai__operation__name": "chat", "gen_ai__provider__name": "openai"}
    usual["gen_ai__request__model"] = "gpt-4o"
    assert one(found["gen_ai.client.operation.duration"], **usual).count == 2
    usage = found["gen_ai.client.token.usage"]
    assert one(usage, gen_ai__token__type="input", **usual).sum == 1_900
    assert one(usage, gen_ai__token__type="output", **usual).sum == 7
    tool = one(found["gen_ai.execute_tool.duration"], gen_ai__tool__name="double")
    assert tool.count == 1
    assert found["gen_ai.invoke_agent.duration"][0].count == 1


def test_what_a_strategy_asks(heard: Heard) -> None:
    model = ScriptedModel(("The user asked 60 questions. " * 10,))
    settings = {"complete": ["scripted-model"], "strategies": ["conversation-summary"]}
    settings["archive"] = {"where": "memory"}
    with brim.Brim(settings, plugins=[model]) as app:
        app.fit(talk(60), model="gpt-4o", budget=3_000)
    found = heard.metrics()
    assert sum(p.count for p in found["gen_ai.client.operation.duration"]) == len(model.asks)
    read = one(found["gen_ai.client.token.usage"], gen_ai__token__type="input").sum
    assert read > 1_000


def test_names_that_clients_make_up_are_bounded(heard: Heard) -> None:
    settings = OpenTelemetrySettings()
    observer = OpenTelemetry(settings)
    for number in range(MOST + 50):
        facts = {"model": f"made-up-{number}", "level": "ok", "tokens_before": 9, "tokens_after": 9}
        observer.monitor_operation(Operation("fit", 0.001, facts=facts))
        observer.monitor_operation(Operation(f"operation {number}\n" + "x" * 200, 0.001))
    found = heard.metrics()
    points = found["brim.fit.tokens"]
    models = {str(dict(p.attributes or {})["gen_ai.request.model"]) for p in points}
    assert len(models) == MOST + 1
    assert one(points, gen_ai__request__model=REST, brim__fit__state="before").count == 50
    names = [
        str(dict(p.attributes or {})["brim.operation"]) for p in found["brim.operation.duration"]
    ]
    assert len(names) <= MOST + 1
    assert all(name.isprintable() and len(name) <= 80 for name in names)


def test_metrics_can_be_switched_off(heard: Heard) -> None:
    with brim.Brim({"plugin": {"opentelemetry": {"metrics": False}}}) as app:
        app.fit(talk(3), model="gpt-4o")
    assert heard.metrics() == {}


@pytest.mark.parametrize(
    ("model", "vendor"),
    [
        ("gpt-4o", "openai"),
        ("openai/gpt-5", "openai"),
        ("claude-sonnet-4-5", "anthropic"),
        ("Gemini-2.5-pro", "gcp.gemini"),
        ("my-own", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_provider_is_known_by_its_models(model: str, vendor: str) -> None:
    assert provider_of(model) == vendor


def test_a_provider_that_is_named_wins(heard: Heard) -> None:
    observer = OpenTelemetry(OpenTelemetrySettings(provider="azure.ai.openai", agent="helper"))
    observer.monitor_operation(Operation("complete", 0.1, facts={"model": "gpt-4o"}))
    observer.monitor_operation(Operation("iteration", 0.1))
    found = heard.metrics()
    calls = found["gen_ai.client.operation.duration"]
    assert one(calls, gen_ai__provider__name="azure.ai.openai").count == 1
    assert one(found["gen_ai.invoke_agent.duration"], gen_ai__agent__name="helper").count == 1

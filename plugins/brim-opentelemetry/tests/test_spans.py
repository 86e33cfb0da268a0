"""What operations are as spans, and where they belong."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

import brim
from brim.chat import ChatLoop
from brim.model.messages import ToolCall
from brim.model.operations import Completion
from brim.testing.fakes import ScriptedModel
from conftest import Heard, talk

tracer = trace.get_tracer("the application")

CALLS = (ToolCall("a", "double", '{"number": 4}'),)
MODEL = "gpt-4o-2024-11-20"
ASKED = Completion("", model=MODEL, input_tokens=900, output_tokens=12, tool_calls=CALLS)
ANSWER = Completion("Eight.", "end", MODEL, 1_000, 7, 896)


def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


def test_spans_belong_to_the_span_of_the_application(heard: Heard) -> None:
    with brim.Brim() as app, tracer.start_as_current_span("work") as work:
        fitted = app.fit(talk(60), model="gpt-4o", budget=3_000)
    own = [span for span in heard.spans if span.name != "work"]
    assert {"brim.read", "brim.count", "brim.condense", "brim.fit"} <= {s.name for s in own}
    for span in own:
        assert span.parent is not None
        assert span.parent.span_id == work.get_span_context().span_id
        assert span.kind is SpanKind.INTERNAL
        assert span.start_time <= span.end_time
        assert span.status.status_code is StatusCode.UNSET
    (fit,) = heard.named("brim.fit")
    attributes = dict(fit.attributes or {})
    assert attributes["gen_ai.request.model"] == "gpt-4o"
    assert attributes["brim.tokens.before"] == fitted.report.before.tokens
    assert attributes["brim.tokens.after"] == fitted.report.after.tokens
    assert attributes["brim.level"] == str(fitted.report.decision.level)
    assert attributes["gen_ai.conversation.compacted"] is True
    strategies = [dict(s.attributes or {})["brim.strategy"] for s in heard.named("brim.condense")]
    assert strategies == [step.strategy for step in fitted.report.steps]


def test_a_fit_spans_the_time_that_it_took(heard: Heard) -> None:
    with brim.Brim() as app, tracer.start_as_current_span("work"):
        app.fit(talk(60), model="gpt-4o", budget=3_000)
        stats = app.stats()
    (fit,) = heard.named("brim.fit")
    (work,) = heard.named("work")
    took = (fit.end_time - fit.start_time) / 1e9
    assert took == pytest.approx(stats.operations["fit"].mean, rel=0.001, abs=1e-6)
    assert work.start_time < fit.start_time < fit.end_time < work.end_time


def test_what_was_not_compacted_does_not_say_so(heard: Heard) -> None:
    with brim.Brim() as app, tracer.start_as_current_span("work"):
        app.fit(talk(1), model="gpt-4o")
    (fit,) = heard.named("brim.fit")
    assert "gen_ai.conversation.compacted" not in dict(fit.attributes or {})


def test_nothing_without_a_span_to_belong_to(heard: Heard) -> None:
    with brim.Brim() as app:
        app.fit(talk(3), model="gpt-4o")
    assert heard.spans == ()


def test_nothing_inside_of_a_span_that_is_not_sampled(heard: Heard) -> None:
    unsampled = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False))
    with brim.Brim() as app, trace.use_span(unsampled):
        app.fit(talk(3), model="gpt-4o")
    assert heard.spans == ()


def test_always_and_never(heard: Heard) -> None:
    with brim.Brim({"plugin": {"opentelemetry": {"spans": "always"}}}) as app:
        app.fit(talk(3), model="gpt-4o")
    assert {"brim.read", "brim.fit"} <= {span.name for span in heard.spans}
    assert all(span.parent is None for span in heard.spans)
    heard.exporter.clear()
    never = brim.Brim({"plugin": {"opentelemetry": {"spans": "never"}}})
    with never as app, tracer.start_as_current_span("work"):
        app.fit(talk(3), model="gpt-4o")
    assert [span.name for span in heard.spans] == ["work"]


def test_an_error_is_told_by_its_kind(heard: Heard) -> None:
    long = [{"role": "user", "content": "word " * 500}]
    infeasible = pytest.raises(brim.BudgetInfeasible)
    with brim.Brim() as app, tracer.start_as_current_span("work"), infeasible:
        app.fit(long, model="gpt-4o", budget=10)
    (fit,) = heard.named("brim.fit")
    assert fit.status.status_code is StatusCode.ERROR
    assert fit.status.description is None
    assert dict(fit.attributes or {})["error.type"] == "BudgetInfeasible"
    assert fit.events == ()


@pytest.mark.parametrize("door", ["run", "arun", "stream"])
def test_a_loop(heard: Heard, door: str) -> None:
    """Whichever door it takes: what runs on a thread of Brim's belongs to the caller's span."""
    model = ScriptedModel((ASKED, ANSWER))
    settings = {"complete": ["scripted-model"], "plugin": {"opentelemetry": {"agent": "helper"}}}
    with brim.Brim(settings, plugins=[model]) as app:
        loop = ChatLoop(app, model="gpt-4o", tools=[double])
        with tracer.start_as_current_span("work") as work:
            if door == "run":
                loop.run_iteration("What is twice four?")
            elif door == "arun":
                asyncio.run(loop.arun_iteration("What is twice four?"))
            else:
                list(loop.stream("What is twice four?"))
    own = [span for span in heard.spans if span.name != "work"]
    parents = {span.parent.span_id if span.parent else 0 for span in own}
    assert parents == {work.get_span_context().span_id}
    first, second = heard.named("chat gpt-4o")
    assert first.kind is SpanKind.CLIENT
    assert dict(second.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": MODEL,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 1_000,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 896,
        "brim.tool.calls": 0,
    }
    assert dict(first.attributes or {})["gen_ai.response.finish_reasons"] == ("tool_calls",)
    (tool,) = heard.named("execute_tool double")
    assert dict(tool.attributes or {}).items() >= {
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "double"),
        ("gen_ai.tool.type", "function"),
    }
    (iteration,) = heard.named("invoke_agent helper")
    assert dict(iteration.attributes or {})["gen_ai.agent.name"] == "helper"


def test_a_model_that_fails(heard: Heard) -> None:
    model = ScriptedModel(("never",), failures={1: RuntimeError("a text")})
    with brim.Brim({"complete": ["scripted-model"]}, plugins=[model]) as app:
        loop = ChatLoop(app, model="gpt-4o")
        with tracer.start_as_current_span("work"), pytest.raises(brim.BrimError):
            loop.run_iteration("Hello?")
    (call,) = heard.named("chat gpt-4o")
    assert call.status.status_code is StatusCode.ERROR
    assert "error.type" in dict(call.attributes or {})
    (iteration,) = heard.named("invoke_agent")
    assert iteration.status.status_code is StatusCode.ERROR

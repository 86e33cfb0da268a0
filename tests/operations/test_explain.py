"""What a report tells of real fits: untouched, condensed, replayed, degraded, invalid."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from operations_chat import chat

from brim.api import Condensation, Drop, Replace, Rewrite, hookimpl
from brim.dialects.base import Violation
from brim.road.plans.covers import Cover


def strategy(name, condense):
    return SimpleNamespace(name=name, condense=hookimpl(condense))


def test_untouched(app):
    explained = app().fit(chat(2), budget=8_000).explain()
    assert explained.headline.endswith("of 8,000 tokens: sent as it came")
    assert explained.steps == []
    assert explained.remarks == []
    assert explained.window["notes"] == explained.window["shortened"] == 0
    assert "steps" not in str(explained)


def test_condensed(app):
    messages = chat(60)
    fitted = app().fit(messages, budget=3_000)
    (step,) = fitted.report.steps
    (cover,) = step.covers
    assert cover.how == "noted"
    assert cover.first == 1
    assert cover.messages == cover.exchanges == cover.last
    assert fitted.messages[2:] == messages[cover.last + 1 :]
    assert (step.notes, step.rewrites) == (1, 0)
    text = str(fitted.explain())
    assert f"messages 1-{cover.last} replaced by a note" in text
    assert f"{step.before:,} -> {step.after:,} tokens" in text
    assert fitted.report.decision.reason in text
    assert "122 came in" in text


def test_the_window_adds_up(app):
    whole = app()
    for budget in (60, 500, 3_000, 50_000):
        explained = whole.fit(chat(60), budget=budget).explain()
        window = explained.window
        assert sum(window.values()) == budget
        assert sum(window.values()) - window["free"] == explained.report.after.tokens
        assert sum(explained.report.layout.roles.values()) == explained.report.after.tokens


def test_head_of_the_layout_is_what_is_fixed(app):
    system = {"role": "system", "content": "late instruction " * 20}
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    messages = [*chat(30), system, {"role": "user", "content": "go"}]
    report = app().fit(messages, budget=2_000, tools=tools).report
    assert report.layout.head == report.after.fixed
    assert report.layout.roles["tools"] > 0
    assert sum(report.layout.roles.values()) == report.after.tokens


def test_replayed(app):
    whole = app()
    messages = chat(60)
    first = whole.fit(messages, budget=3_000).report
    messages += [{"role": "assistant", "content": "ok"}, {"role": "user", "content": "and?"}]
    second = whole.fit(messages, budget=3_000)
    report = second.report
    assert report.record_age == 2
    (past,) = report.history
    assert past.strategies == ("smart-truncation",)
    assert (past.before, past.after) == (first.before.tokens, first.after.tokens)
    text = str(second.explain())
    assert "replayed as condensed before" in text
    assert "a record made 2 messages ago by smart-truncation" in text
    assert "100% of the last request's tokens" in text


def test_condensed_again(app):
    whole = app()
    messages = chat(60)
    whole.fit(messages, budget=3_000)
    more = [*messages, *chat(40)[1:]]
    fitted = whole.fit(more, budget=3_000)
    assert fitted.report.replayed
    assert fitted.report.condensed
    assert "condensed on top of an earlier condensation" in fitted.explain().headline
    (cover,) = fitted.report.steps[-1].covers
    assert cover.first == 1
    assert cover.last > 100


def test_covers_of_every_kind_of_edit(app):
    def condense(task):
        places = [one.index for one in task.conversation.exchanges if not one.keep]
        return Condensation(
            (
                Drop((places[0],)),
                Drop((places[1],)),
                Replace(tuple(places[2:6]), "four went"),
                Replace(tuple(places[6:8]), "two went"),
                Rewrite(places[8], 0, 0, "short"),
                Rewrite(places[9], 0, 0, "short"),
                Drop((places[11],)),
            ),
            facts={"remark": "seven edits"},
        )

    settings = {"strategies": ["mixed"], "plugin": {"token-budget": {"explicit_target": 0.97}}}
    fitted = app(settings, strategy("mixed", condense)).fit(chat(60), budget=9_000)
    (step,) = fitted.report.steps
    assert step.covers == (
        Cover("left out", 1, 2, 2, 2),
        Cover("noted", 3, 6, 4, 4),
        Cover("noted", 7, 8, 2, 2),
        Cover("shortened", 9, 10, 2, 2),
        Cover("left out", 12, 12, 1, 1),
    )
    assert (step.exchanges, step.notes, step.rewrites) == (9, 2, 2)
    text = str(fitted.explain())
    assert "remark seven edits" in text
    assert "message 12 left out (1 message, 1 exchange)" in text
    assert fitted.report.layout.shortened > 0
    assert fitted.report.layout.notes > 0


def test_a_tool_exchange_covers_all_its_messages(app):
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    run = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "word " * 400},
    ]
    messages = [{"role": "user", "content": "go"}, *run, *chat(3)[1:]]
    fitted = app({"strategies": ["one"]}, strategy("one", _drop_second)).fit(messages, budget=600)
    assert fitted.report.steps[0].covers == (Cover("left out", 1, 2, 2, 1),)


def _drop_second(task):
    return Condensation((Drop((1,)),))


def test_turns_that_came_to_nothing(app):
    def fails(task):
        raise ValueError("no")

    plugins = [
        strategy("passes", lambda task: None),
        strategy("fails", fails),
        strategy("breaks", lambda task: Condensation((Drop((10_000,)),))),
        strategy("grows", lambda task: Condensation((Replace((0,), "long " * 900),))),
    ]
    names = [one.name for one in plugins]
    fitted = app({"strategies": [*names, "smart-truncation"]}, *plugins).fit(chat(60), budget=3_000)
    turns = [turn for turn, _ in fitted.explain().steps]
    assert turns[0] == "passes: had nothing to offer"
    assert turns[1].startswith("fails: failed: ")
    assert turns[2].startswith("breaks: refused: there is no exchange 10000")
    assert turns[3] == "grows: offered nothing smaller"
    assert turns[4].startswith("smart-truncation: ")
    assert all(step.covers == () for step in fitted.report.steps[:4])


def test_invalid_input_is_told(app):
    orphan = {"role": "tool", "tool_call_id": "nowhere", "content": "42"}
    fitted = app().fit([{"role": "user", "content": "hi"}, orphan], budget=1_000)
    (violation,) = fitted.report.input_violations
    assert isinstance(violation, Violation)
    assert fitted.report.violations == (violation,)
    (remark,) = fitted.explain().remarks
    assert remark == f"the input breaks rule {violation.rule}: {violation.detail}"


def test_a_violation_that_went_with_its_message(app):
    orphan = {"role": "tool", "tool_call_id": "nowhere", "content": "42"}
    fitted = app().fit([{"role": "user", "content": "hi"}, orphan, *chat(60)], budget=3_000)
    assert fitted.report.input_violations
    assert fitted.report.violations == ()
    assert fitted.explain().remarks[0].endswith("(what goes out does not)")


def test_violations_are_those_of_the_time_of_the_fit(app):
    whole = app()
    session = whole.session(chat(2), budget=1_000)
    fitted = session.fit()
    session.append({"role": "tool", "tool_call_id": "nowhere", "content": "42"})
    assert fitted.report.input_violations == ()
    assert fitted.report.layout == whole.fit(chat(2), budget=1_000).report.layout


def test_the_data_is_json(app):
    explained = app().fit(chat(60), budget=3_000).explain()
    found = json.loads(json.dumps(explained.as_dict()))
    assert found["headline"] == explained.headline
    assert found["window"] == explained.window
    assert found["report"]["steps"][0]["covers"][0]["how"] == "noted"
    assert found["report"]["layout"]["head"] == explained.report.after.fixed


@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic"])
def test_notes_inside_of_messages_are_told_apart(app, dialect):
    messages = [one for one in chat(60) if one["role"] != "system"]
    report = app().fit(messages, budget=3_000, dialect=dialect).report
    assert 0 < report.layout.notes < 60
    assert report.layout.shortened == 0
    assert sum(report.layout.roles.values()) == report.after.tokens

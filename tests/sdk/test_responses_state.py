"""OpenAI Responses: input as a text, and requests that go on from what the provider keeps."""

from __future__ import annotations

import json

import pytest

from brim import Brim, BudgetInfeasible


@pytest.fixture(scope="module")
def app():
    with Brim({"model": "gpt-5"}) as made:
        yield made


def doors(request):
    return (request, json.dumps(request).encode())


def test_a_text_is_one_user_message(app):
    for given in doors({"model": "gpt-5", "input": "Hello there", "seed": 1}):
        fitted = app.fit(given)
        assert fitted.request is given
        assert fitted.report.dialect == "openai-responses"
        item = {"model": "gpt-5", "input": [{"role": "user", "content": "Hello there"}], "seed": 1}
        assert app.count(given).total == app.count(item).total
        assert app.count(given).roles == ("user",)


def test_a_text_is_the_users_last_word_and_stays(app):
    for given in doors({"model": "gpt-5", "input": "word " * 1_000}):
        with pytest.raises(BudgetInfeasible):
            app.fit(given, budget=100)


STATE = (
    {"previous_response_id": "resp_1"},
    {"conversation": "conv_1"},
    {"conversation": {"id": "c"}},
)


@pytest.mark.parametrize("state", STATE)
def test_an_output_may_answer_a_call_that_the_provider_keeps(app, state):
    items = [{"type": "function_call_output", "call_id": "c1", "output": "found"}]
    for given in doors({"model": "gpt-5", "input": items, **state}):
        assert not app.fit(given).report.violations
    for given in doors({"model": "gpt-5", "input": items}):
        assert [
            one.rule for one in app.fit(given, dialect="openai-responses").report.violations
        ] == [8]


@pytest.mark.parametrize("state", STATE)
def test_nothing_of_such_a_request_is_dropped(app, state):
    items = [
        {"type": "function_call_output", "call_id": "c1", "output": "found " * 300},
        {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True},
        {"role": "user", "content": "and " * 300},
        {"role": "user", "content": "so?"},
    ]
    request = {"model": "gpt-5", "input": items}
    for given in doors({**request, **state}):
        assert app.fit(given, budget=5_000).request is given
        with pytest.raises(BudgetInfeasible) as caught:
            app.fit(given, budget=300)
        assert app.fit(given, budget=caught.value.minimum).request is given
    for given in doors(request):
        assert app.fit(given, budget=300, dialect="openai-responses").report.changed


def test_null_is_no_state(app):
    items = [{"type": "function_call_output", "call_id": "c1", "output": "found"}]
    request = {"model": "gpt-5", "input": items, "previous_response_id": None}
    assert app.fit(request).report.violations

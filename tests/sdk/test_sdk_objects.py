"""Objects of the providers' own libraries among the messages, as people write them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from brim import Brim


@pytest.fixture(scope="module")
def app():
    with Brim() as made:
        yield made


@pytest.fixture
def openai(require):
    require("openai")
    import openai

    return openai


@pytest.fixture
def anthropic(require):
    require("anthropic")
    import anthropic

    return anthropic


LONG = "word " * 3_000
CHAT = {"model": "gpt-4o"}
CLAUDE = {"model": "claude-sonnet-4-5"}


def dumped(messages: Any) -> str:
    return json.dumps(messages, default=lambda one: one.model_dump(mode="json", exclude_unset=True))


def check(app: Brim, messages: list[Any], dialect: str, model: str, budget: int) -> list[Any]:
    """Untouched under budget, fitted over it, never changed; as the same data as plain JSON is."""
    before = deepcopy(messages)
    for _ in range(2):
        same = app.fit(messages, model=model)
        assert same.report.dialect == dialect
        assert not same.report.violations
        assert same.request is messages
        assert all(new is old for new, old in zip(same.messages, messages, strict=True))
    plain = json.loads(dumped(messages))
    assert app.count(messages, model=model).total == app.count(plain, model=model).total
    less = app.fit(messages, model=model, budget=budget)
    assert less.report.changed
    assert not less.report.violations
    assert less.report.after.upper <= budget
    assert messages == before
    also = app.fit(json.dumps(plain).encode(), model=model, budget=budget)
    assert json.loads(dumped(less.messages)) == json.loads(also.request)
    return less.messages


def chat_answer(arguments: str = "{}"):
    from openai.types.chat import ChatCompletion

    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}
    return (
        ChatCompletion.model_validate(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": "gpt-4o",
                "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
            }
        )
        .choices[0]
        .message
    )


def test_openai_chat_messages(app, openai):
    messages = [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "look it up"},
        chat_answer(),
        {"role": "tool", "tool_call_id": "c1", "content": LONG},
    ]
    out = check(app, messages, "openai-chat", "gpt-4o", 500)
    assert any(one is messages[3] for one in out)


def test_openai_tool_calls_inside_of_a_plain_message(app, openai):
    answer = chat_answer()
    messages = [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go on"},
        {"role": "assistant", "content": None, "tool_calls": answer.tool_calls},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
    ]
    out = check(app, messages, "openai-chat", "gpt-4o", 300)
    assert out[-2] is messages[3]


def claude_answer():
    from anthropic.types import Message

    return Message.model_validate(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 2},
            "content": [
                {"type": "text", "text": "let me see", "citations": None},
                {
                    "type": "tool_use",
                    "id": "t1",
                    "name": "f",
                    "input": {"n": 1, "x": 1.0, "b": True},
                },
            ],
        }
    )


def claude_messages(answer: Any) -> list[Any]:
    from anthropic.types import TextBlock

    result = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "content": [TextBlock(type="text", text=LONG)],
    }
    return [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": [TextBlock(type="text", text="ok")]},
        {"role": "user", "content": "look it up"},
        answer,
        {"role": "user", "content": [result]},
    ]


def test_anthropic_content_inside_of_a_plain_message(app, anthropic):
    answer = {"role": "assistant", "content": claude_answer().content}
    messages = claude_messages(answer)
    out = check(app, messages, "anthropic", "claude-sonnet-4-5", 600)
    assert any(one is answer for one in out)


def test_anthropic_message_itself(app, anthropic):
    messages = claude_messages(claude_answer())
    out = check(app, messages, "anthropic", "claude-sonnet-4-5", 600)
    assert any(one is messages[3] for one in out)
    plain = claude_messages({"role": "assistant", "content": claude_answer().content})
    total = app.count(plain, **CLAUDE).total
    assert app.count(messages, **CLAUDE).total == total  # usage and the like are not read


def test_sdk_messages_are_recognized_turn_by_turn(app, anthropic):
    """Only what is new is read, and what has changed since is not taken for the old."""
    engine = app.engine
    messages = claude_messages({"role": "assistant", "content": claude_answer().content})
    app.fit(messages, **CLAUDE, tenant="turns")
    hits = engine.recall.hits
    more = [*messages, {"role": "assistant", "content": "fine"}, {"role": "user", "content": "so?"}]
    assert not app.fit(more, **CLAUDE, tenant="turns").report.changed
    assert engine.recall.hits - hits == len(messages)
    more[3]["content"][1].input["n"] = 2
    counted = app.fit(more, **CLAUDE, tenant="turns")
    assert engine.recall.hits - hits == len(messages) + 3
    assert counted.messages[3] is more[3]


@pytest.mark.parametrize("change", [True, 1.0])
def test_equal_numbers_of_another_type_are_another_message(app, anthropic, change):
    messages = claude_messages({"role": "assistant", "content": claude_answer().content})
    app.fit(messages, **CLAUDE, tenant=f"types {change!r}")
    hits = app.engine.recall.hits
    messages[3]["content"][1].input["n"] = change
    app.fit(messages, **CLAUDE, tenant=f"types {change!r}")
    assert app.engine.recall.hits - hits == 3


def responses_output():
    from openai.types.responses import Response

    return Response.model_validate(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": "gpt-5",
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" * 40},
                {
                    "type": "function_call",
                    "id": "fc_1",
                    "call_id": "c1",
                    "name": "f",
                    "arguments": "{}",
                    "status": "completed",
                },
            ],
        }
    ).output


def test_responses_output_items(app, openai):
    items = [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "look it up"},
        *responses_output(),
        {"type": "function_call_output", "call_id": "c1", "output": LONG},
    ]
    out = check(app, items, "openai-responses", "gpt-5", 600)
    assert [one for one in out if one in items[3:5]] == items[3:5]


def test_sessions_take_them(app, anthropic):
    session = app.session(**CLAUDE, dialect="anthropic")
    messages = claude_messages(claude_answer())
    for message in messages:
        session.append(message)
    assert all(a is b for a, b in zip(session.fit().messages, messages, strict=True))
    assert session.fit(budget=600).report.changed
    assert session.messages == messages


def test_objects_in_the_requests_other_fields(app, anthropic):
    from anthropic.types import TextBlock

    request = {
        **CLAUDE,
        "system": (TextBlock(type="text", text="Be brief."),),
        "messages": [{"role": "user", "content": "hi"}],
    }
    plain = {**request, "system": "Be brief."}
    assert app.fit(request, dialect="anthropic").request is request
    same = app.count(plain, dialect="anthropic").total
    assert app.count(request, dialect="anthropic").total == same


def test_a_whole_request_of_a_type_of_ones_own(app, openai):
    from pydantic import BaseModel

    class Request(BaseModel):
        model: str
        messages: list[dict[str, Any]]

    talk = [{"role": "user", "content": LONG}, {"role": "assistant", "content": "ok"}]
    given = Request(model="gpt-4o", messages=[*talk, {"role": "user", "content": "so?"}])
    assert app.fit(given).request is given
    fitted = app.fit(given, budget=100)
    assert fitted.request["model"] == "gpt-4o"
    assert fitted.request["messages"][-1] == {"role": "user", "content": "so?"}

"""The vendors' own clients, whose only change is the base URL."""

from __future__ import annotations

import json

import pytest
from needed import package
from replies import WORDS
from stub import chunk, chunked, whole
from test_fitting import turns

anthropic, openai = package("anthropic"), package("openai")

ANSWER = "".join(WORDS)


@pytest.fixture
def proxy(serve):
    return serve()


@pytest.fixture
def gpt(proxy):
    with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="sk-x", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(proxy):
    with anthropic.Anthropic(base_url=proxy.url, api_key="sk-y", max_retries=0) as client:
        yield client


def test_openai_chat(proxy, gpt):
    answer = gpt.chat.completions.create(model="tiny", messages=turns(40), max_tokens=100)
    assert answer.choices[0].message.content == ANSWER
    assert answer._request_id == "req_1"
    assert len(proxy.stub.requests[0].json["messages"]) < 81
    assert proxy.stub.requests[0].headers["authorization"] == "Bearer sk-x"


def test_openai_chat_streamed(proxy, gpt):
    stream = gpt.chat.completions.create(model="tiny", messages=turns(40), stream=True)
    assert "".join(part.choices[0].delta.content or "" for part in stream) == ANSWER
    assert len(proxy.stub.requests[0].json["messages"]) < 81


def test_openai_responses(proxy, gpt):
    answer = gpt.responses.create(model="tiny", input=turns(40), max_output_tokens=100)
    assert answer.output_text == ANSWER
    assert len(proxy.stub.requests[0].json["input"]) < 81


def test_openai_responses_streamed(gpt):
    with gpt.responses.stream(model="tiny", input=turns(40)) as stream:
        said = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert "".join(said) == ANSWER
        assert stream.get_final_response().output_text == ANSWER


def test_openai_tools_stay_in_pairs(proxy, gpt):
    messages = []
    for i in range(40):
        call = {"id": f"call_{i}", "type": "function"}
        call["function"] = {"name": "look", "arguments": json.dumps({"n": i})}
        result = {"role": "tool", "tool_call_id": f"call_{i}", "content": "found it " * 40}
        messages += [
            {"role": "user", "content": f"look {i}"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            result,
        ]
    gpt.chat.completions.create(model="tiny", messages=messages, max_tokens=100)
    up = proxy.stub.requests[0].json["messages"]
    assert len(up) < 120
    called = [one["id"] for message in up for one in message.get("tool_calls") or []]
    assert called == [message["tool_call_id"] for message in up if message["role"] == "tool"]


def test_openai_errors(gpt):
    with pytest.raises(openai.BadRequestError) as caught:
        gpt.chat.completions.create(
            model="tiny", messages=[{"role": "user", "content": "word " * 4_000}]
        )
    assert caught.value.code == "context_length_exceeded"


def test_anthropic_messages(proxy, claude):
    answer = claude.messages.create(model="tiny", max_tokens=100, messages=turns(40))
    assert answer.content[0].text == ANSWER
    assert answer._request_id == "req_1"
    assert len(proxy.stub.requests[0].json["messages"]) < 81


def test_anthropic_messages_streamed(claude):
    with claude.messages.stream(model="tiny", max_tokens=100, messages=turns(40)) as stream:
        assert "".join(stream.text_stream) == ANSWER
        assert stream.get_final_message().stop_reason == "end_turn"


def test_anthropic_counts(claude):
    counted = claude.messages.count_tokens(
        model="tiny", messages=[{"role": "user", "content": "hello"}]
    )
    assert counted.input_tokens == 7


def test_anthropic_errors(claude):
    with pytest.raises(anthropic.BadRequestError, match=r"prompt is too long: \d+ tokens > \d+"):
        claude.messages.create(
            model="tiny", max_tokens=100, messages=[{"role": "user", "content": "word " * 4_000}]
        )


HELLO = {"messages": [{"role": "user", "content": "hi"}]}


def fate(url: str) -> tuple[int, type[Exception]]:
    """What a client sees of a stream that breaks off: its events, and the error."""
    seen = 0
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        try:
            for _ in client.chat.completions.create(model="gpt-4o", **HELLO, stream=True):
                seen += 1
        except Exception as error:
            return seen, type(error)
    raise AssertionError("it did not break off")


@pytest.mark.parametrize("end", ["close", "reset"])
def test_sdks_see_what_they_would_see_without_the_proxy(serve, end):
    event = b'data: {"id": "a", "choices": []}\n\n'
    proxy = serve(lambda _: [chunked(), chunk(event), 0.1, chunk(event), 0.1, end])
    seen, error = fate(proxy.url)
    direct, expected = fate(proxy.stub.url)
    assert seen == direct == 2
    if end == "close":
        assert error is expected


@pytest.mark.parametrize(
    ("status", "error"),
    [("429 Too Many Requests", "RateLimitError"), ("529 Overloaded", "InternalServerError")],
)
def test_sdks_know_the_vendors_errors(serve, status, error):
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    proxy = serve(lambda _: [whole(status, body, "retry-after: 7")])
    with anthropic.Anthropic(base_url=proxy.url, api_key="k", max_retries=0) as client:
        with pytest.raises(anthropic.APIStatusError) as caught:
            client.messages.create(model="tiny", max_tokens=9, **HELLO)
        names = [kind.__name__ for kind in type(caught.value).__mro__]
        assert error in names
        assert caught.value.response.headers["retry-after"] == "7"


def test_the_environment_is_enough(proxy, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", f"{proxy.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", proxy.url)
    with openai.OpenAI(api_key="k") as gpt, anthropic.Anthropic(api_key="k") as claude:
        gpt.chat.completions.create(model="tiny", messages=turns(40), max_tokens=100)
        claude.messages.create(model="tiny", messages=turns(40), max_tokens=100)
    assert [len(one.json["messages"]) < 81 for one in proxy.stub.requests] == [True, True]

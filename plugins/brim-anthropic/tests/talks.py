"""Conversations held with a client, in every way that its library offers."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from anthropic import Anthropic, AsyncAnthropic

QUESTION = "Question {}: what about the weather in the town of Aldermoor on that day? "
FORECAST = "Station {0} reports rain, wind from north-west at {0} knots, and a falling barometer. "

TOOL = {"name": "look_up", "input_schema": {"type": "object", "properties": {}}}

Send = Callable[..., Any]


def chat(client: Any, turns: int, send: Send) -> list[Any]:
    """A conversation with tool calls, kept as everyone keeps it: the whole history is sent."""
    messages: list[Any] = []
    given = {"model": "small", "max_tokens": 100, "system": "You are terse.", "tools": [TOOL]}
    for turn in range(turns):
        messages.append({"role": "user", "content": QUESTION.format(turn) * 3})
        for _ in range(2):
            content = send(client, messages=messages, **given).content
            messages.append({"role": "assistant", "content": content})
            results = [
                {
                    "type": "tool_result",
                    "tool_use_id": one.id,
                    "content": FORECAST.format(turn) * 10,
                }
                for one in content
                if one.type == "tool_use"
            ]
            if results:
                messages.append({"role": "user", "content": results})
    return messages


def create(client: Anthropic, **request: Any) -> Any:
    return client.messages.create(**request)


def iterated(client: Anthropic, messages: list[Any], **request: Any) -> Any:
    return client.messages.create(messages=iter(messages), **request)


def beta(client: Anthropic, **request: Any) -> Any:
    return client.beta.messages.create(**request)


def stream(client: Anthropic, **request: Any) -> Any:
    with client.messages.stream(**request) as events:
        return events.get_final_message()


def events(client: Anthropic, **request: Any) -> Any:
    """Streamed without the library's helper."""
    with client.messages.create(**request, stream=True) as found:
        assert [event.type for event in found][-1] == "message_stop"
    return create(client, **request)


def raw(client: Anthropic, **request: Any) -> Any:
    answer = client.messages.with_raw_response.create(**request)
    assert answer.headers["request-id"] == "req_1"
    return answer.parse()


def streaming_response(client: Anthropic, **request: Any) -> Any:
    with client.messages.with_streaming_response.create(**request) as answer:
        return answer.parse()


def with_options(client: Anthropic, **request: Any) -> Any:
    return create(client.with_options(max_retries=0).with_options(timeout=10), **request)


async def acreate(client: AsyncAnthropic, **request: Any) -> Any:
    return await client.messages.create(**request)


async def astream(client: AsyncAnthropic, **request: Any) -> Any:
    async with client.messages.stream(**request) as found:
        return await found.get_final_message()


async def araw(client: AsyncAnthropic, **request: Any) -> Any:
    answer: Any = (await client.messages.with_raw_response.create(**request)).parse()
    return await answer if isawaitable(answer) else answer  # it came to be one

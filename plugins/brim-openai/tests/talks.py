"""Conversations held with a client, in every way that its library offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openai import AsyncOpenAI, OpenAI

QUESTION = "Question {}: what about the weather in the town of Aldermoor on that day? "
FORECAST = "Station {0} reports rain, wind from north-west at {0} knots, and a falling barometer. "

FUNCTION = {"name": "look_up", "parameters": {"type": "object", "properties": {}}, "strict": True}

Send = Callable[..., Any]


def chat(client: OpenAI, turns: int, send: Send) -> list[Any]:
    """A conversation with tool calls, kept as everyone keeps it: the whole history is sent."""
    tools = [{"type": "function", "function": FUNCTION}]
    messages: list[Any] = [{"role": "system", "content": "You are terse."}]
    for turn in range(turns):
        messages.append({"role": "user", "content": QUESTION.format(turn) * 3})
        for _ in range(2):
            answer = send(client, model="small", messages=messages, tools=tools)
            messages.append(answer)
            for call in answer.tool_calls or ():
                result = FORECAST.format(turn) * 10
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return messages


def create(client: OpenAI, **request: Any) -> Any:
    return client.chat.completions.create(**request).choices[0].message


def parse(client: OpenAI, **request: Any) -> Any:
    return client.chat.completions.parse(**request).choices[0].message


def stream(client: OpenAI, **request: Any) -> Any:
    with client.chat.completions.stream(**request) as events:
        for _ in events:
            pass
        return events.get_final_completion().choices[0].message


def raw(client: OpenAI, **request: Any) -> Any:
    answer = client.chat.completions.with_raw_response.create(**request)
    assert answer.headers["x-request-id"] == "req_1"
    return answer.parse().choices[0].message


def streaming_response(client: OpenAI, **request: Any) -> Any:
    with client.chat.completions.with_streaming_response.create(**request) as answer:
        return answer.parse().choices[0].message


def with_options(client: OpenAI, **request: Any) -> Any:
    return create(client.with_options(max_retries=0).with_options(timeout=10), **request)


async def acreate(client: AsyncOpenAI, **request: Any) -> Any:
    return (await client.chat.completions.create(**request)).choices[0].message


async def astream(client: AsyncOpenAI, **request: Any) -> Any:
    async with client.chat.completions.stream(**request) as events:
        async for _ in events:
            pass
        return (await events.get_final_completion()).choices[0].message


async def araw(client: AsyncOpenAI, **request: Any) -> Any:
    answer = await client.chat.completions.with_raw_response.create(**request)
    return answer.parse().choices[0].message


def responses(client: OpenAI, turns: int, send: Send) -> list[Any]:
    """The same through Responses."""
    tools = [{"type": "function", **FUNCTION}]
    items: list[Any] = []
    for turn in range(turns):
        items.append({"role": "user", "content": QUESTION.format(turn) * 3})
        for _ in range(2):
            answer = send(client, model="small", input=items, tools=tools)
            items += answer.output
            for item in answer.output:
                if item.type == "function_call":
                    output = FORECAST.format(turn) * 10
                    given = {"type": "function_call_output", "call_id": item.call_id}
                    items.append({**given, "output": output})
    return items


def respond(client: OpenAI, **request: Any) -> Any:
    return client.responses.create(**request)


def respond_streamed(client: OpenAI, **request: Any) -> Any:
    with client.responses.create(**request, stream=True) as events:
        return next(event.response for event in events if event.type == "response.completed")


def respond_raw(client: OpenAI, **request: Any) -> Any:
    return client.responses.with_raw_response.create(**request).parse()


async def arespond(client: AsyncOpenAI, **request: Any) -> Any:
    return await client.responses.create(**request)


async def arespond_streamed(client: AsyncOpenAI, **request: Any) -> Any:
    async with await client.responses.create(**request, stream=True) as events:
        found = [one.response async for one in events if one.type == "response.completed"]
    (response,) = found
    return response

"""Judges of translated answers: Anthropic's grammar of a stream, and the reader of its SDK."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module

from needed import package

from brim_proxy.translation.anthropic_openai.translator import AnthropicToOpenAI, Exchange
from brim_proxy.translation.base import Asked

anthropic = package("anthropic")
httpx = import_module(anthropic.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])

ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def exchange(stream: bool = True) -> Exchange:
    body = {**ASKED, "stream": stream, "thinking": {"type": "enabled", "budget_tokens": 2_000}}
    return AnthropicToOpenAI().translate(json.dumps(body).encode(), Asked("claude-x"))


def parsed(stream: bytes) -> list[dict]:
    """The events, of which each is written as Anthropic writes it."""
    found = []
    for written in stream.split(b"\n\n")[:-1]:
        first, second = written.split(b"\n")
        event = json.loads(second.removeprefix(b"data: "))
        assert first == b"event: " + event["type"].encode()
        found.append(event)
    assert not stream or stream.endswith(b"\n\n")
    return found


def judged(stream: bytes) -> str:
    """Asserts the grammar. Gives how it ended: "message_stop", "error", or the last event."""
    opened, index, last = None, 0, "nothing"
    for event in parsed(stream):
        kind = event["type"]
        assert last not in {"message_stop", "error"}, "nothing may follow"
        if kind == "error":
            assert set(event["error"]) == {"type", "message"}
            last = kind
            continue
        assert (kind == "message_start") == (last == "nothing")
        if kind == "ping":
            continue
        if kind == "content_block_start":
            assert last != "message_delta"
            assert (opened, event["index"]) == (None, index)
            opened = event["content_block"]["type"]
        elif kind in {"content_block_delta", "content_block_stop"}:
            assert opened is not None
            assert event["index"] == index
            if kind == "content_block_stop":
                opened, index = None, index + 1
            else:
                names = {"text": "text_delta", "thinking": "thinking_delta"}
                assert event["delta"]["type"] == names.get(opened, "input_json_delta")
        elif kind in {"message_delta", "message_stop"}:
            assert opened is None
            assert (kind == "message_stop") == (last == "message_delta")
        else:
            assert kind == "message_start"
        last = kind
    return last


def read(body: bytes, *, stream: bool = True) -> dict:
    """The message that the SDK makes of this answer."""
    kind = "text/event-stream" if stream else "application/json"
    answers, client = sdk()
    answers.append(httpx.Response(200, headers={"content-type": kind}, content=body))
    if not stream:
        return client.messages.create(**ASKED).model_dump(mode="json")
    with client.messages.stream(**ASKED) as events:
        return events.get_final_message().model_dump(mode="json")


@cache
def sdk() -> tuple[list, object]:
    """Anthropic's client, and the answers that it will be given."""
    answers: list = []
    transport = httpx.MockTransport(lambda _: answers.pop())
    http = httpx.Client(transport=transport)
    return answers, anthropic.Anthropic(api_key="k", max_retries=0, http_client=http)

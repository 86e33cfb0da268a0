"""Streamed completions of both providers, against a real server on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from completion_parts import ANTHROPIC, ASK, NAMES, keys, provider
from model_server import Script, fails, serving, streams

from brim.api import CompletionError

__all__ = ["keys"]

pytestmark = pytest.mark.usefixtures("keys")

EVENTS = {
    "openai": [
        {"model": "gpt-x-2", "choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"content": "grü"}}]},
        {"choices": [{"delta": {"content": "ße"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}},
    ],
    "anthropic": [
        {"type": "message_start", "message": {**ANTHROPIC, "content": [], "stop_reason": None}},
        {"type": "ping"},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "grü"}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "ße"}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 7},
        },
        {"type": "message_stop"},
    ],
}


def written(events: list[dict[str, Any]], end: str = "\n") -> bytes:
    lines = [
        f"event: x{end}data: {json.dumps(one, ensure_ascii=False)}{end}{end}" for one in events
    ]
    return "".join([f": comment{end}{end}", *lines]).encode()


async def pieces(name: str, script: Script, **settings: Any) -> list[Any]:
    return [piece async for piece in provider(name, script, **settings).stream(ASK)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("name", NAMES)
def test_streams(name: str, size: int, end: str) -> None:
    data = written(EVENTS[name], end) + (b"data: [DONE]" if name == "openai" else b"")
    cut = [data[i : i + size] for i in range(0, len(data), size)]
    with serving(fails(500), streams(*cut)) as script:
        *texts, last = asyncio.run(pieces(name, script))
    assert [piece.text for piece in texts] == ["grü", "ße"]
    assert last.completion.text == "grüße"
    assert (last.completion.stop, last.completion.input_tokens) == ("end", 9)
    assert last.completion.output_tokens == (3 if name == "openai" else 7)
    assert script.seen[-1].body["stream"] is True


BROKEN_OFF = {
    "cut": lambda events: written(events[:-2]),
    "no JSON": lambda events: written(events[:2]) + b"data: {\n\n",
}


@pytest.mark.parametrize("how", BROKEN_OFF)
@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_breaks_off_is_an_error(name: str, how: str) -> None:
    data = BROKEN_OFF[how](EVENTS[name])
    with serving(streams(data)) as script, pytest.raises(CompletionError) as caught:
        asyncio.run(pieces(name, script))
    assert caught.value.kind == "answer"


@pytest.mark.parametrize("name", NAMES)
def test_an_error_in_the_stream(name: str) -> None:
    data = written([*EVENTS[name][:3], {"type": "error", "error": {"message": "overloaded"}}])
    with serving(streams(data)) as script, pytest.raises(CompletionError, match="broke off"):
        asyncio.run(pieces(name, script))


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_that_goes_away_closes_the_connection(name: str) -> None:
    async def first() -> str:
        stream = provider(name, script).stream(ASK)
        piece = await anext(stream)
        await stream.aclose()
        return str(piece.text)

    with serving(streams(written(EVENTS[name]))) as script:
        assert asyncio.run(first()) == "grü"

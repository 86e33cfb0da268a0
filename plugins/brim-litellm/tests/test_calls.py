"""Calls of LiteLLM, and its trim_messages, beside conversations that outgrow the window."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import litellm
import pytest
from aiohttp import web
from litellm.utils import token_counter
from litellm.utils import trim_messages as original
from test_litellm import ANSWER, serving

from brim import Brim, BudgetInfeasible, Fitted
from brim.defaults.vocabulary import encoding
from brim_litellm import trim_messages
from brim_litellm.callback import BrimCallback

WINDOW = 1_000
TURNS = 10
QUESTION = "Question {}: what about the weather in the town of Aldermoor on that day? "
FORECAST = "Station reports rain, wind from north-west at {} knots, and a falling barometer. "


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Brim]:
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path))
    model = {"like": "gpt-4o", "window": WINDOW, "max_output": 100}
    with Brim({"models": {"openai/small": model}, "archive": {"where": "memory"}}) as made:
        yield made


@pytest.fixture
def callbacks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(litellm, "callbacks", found)
    return found


def size(messages: list[Any]) -> int:
    encode = encoding("o200k_base").encode_ordinary
    return sum(len(encode(str(message.get("content") or ""))) for message in messages)


def valid(messages: list[Any]) -> bool:
    """Whether every result stands behind its call, and every call has its result."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return False
            waiting.discard(message["tool_call_id"])
        elif waiting:
            return False
        waiting |= {call["id"] for call in message.get("tool_calls") or ()}
    return not waiting


def conversation(turns: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You are terse."}]
    for turn in range(turns):
        function = {"name": "look_up", "arguments": f'{{"day": {turn}}}'}
        call = {"id": f"c{turn}", "type": "function", "function": function}
        messages += [
            {"role": "user", "content": QUESTION.format(turn)},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{turn}", "content": FORECAST.format(turn) * 10},
            {"role": "assistant", "content": f"On day {turn} it rains."},
        ]
    return [*messages, {"role": "user", "content": "And tomorrow?"}]


async def windowed(request: web.Request) -> web.StreamResponse:
    """Refuses what is too long or not valid, by a count of its own."""
    body = await request.json()
    if size(body["messages"]) > WINDOW or not valid(body["messages"]):
        text = f"This model's maximum context length is {WINDOW} tokens."
        error = {"message": text, "type": "x", "code": "context_length_exceeded"}
        return web.json_response({"error": error}, status=400)
    return web.json_response(ANSWER)


async def talk(url: str) -> list[dict[str, Any]]:
    """The whole history is sent at each turn."""
    history = conversation(TURNS)
    for end in range(2, len(history) + 1):
        if history[end - 1]["role"] in ("user", "tool"):
            await litellm.acompletion(
                model="openai/small",
                messages=history[:end],
                api_base=url,
                api_key="k",
                max_retries=0,
            )
    return history


def test_without_brim_the_window_overflows(callbacks: list[Any]) -> None:
    with serving(windowed) as script, pytest.raises(litellm.ContextWindowExceededError):
        asyncio.run(talk(script.url))


def test_the_callback_keeps_calls_inside(app: Brim, callbacks: list[Any]) -> None:
    fits: list[Fitted] = []
    callbacks.append(BrimCallback(brim=app, on_fit=fits.append))
    with serving(windowed) as script:
        history = asyncio.run(talk(script.url))
    assert size(history) > 1.5 * WINDOW
    assert len(fits) == len(script.bodies) == 2 * TURNS + 1
    assert any(fit.report.condensed for fit in fits)
    assert all(body["messages"][0] == history[0] for body in script.bodies)
    assert script.bodies[0]["messages"] == history[:2]


def test_what_cannot_fit_is_not_sent(app: Brim, callbacks: list[Any]) -> None:
    callbacks.append(BrimCallback(brim=app))
    messages = [{"role": "user", "content": "word " * 2_000}]

    async def call(url: str) -> None:
        await litellm.acompletion(
            model="openai/small", messages=messages, api_base=url, api_key="k"
        )

    with serving(windowed) as script, pytest.raises(BudgetInfeasible):
        asyncio.run(call(script.url))
    assert not script.bodies


# What LiteLLM says of its trim_messages, where the answer is a valid request


def test_what_fits_comes_back_as_it_is(app: Brim) -> None:
    messages = conversation(1)
    found = trim_messages(messages, model="gpt-4o", brim=app)
    assert found == messages == original(messages, model="gpt-4o")
    assert all(one is other for one, other in zip(found, messages, strict=True))


@pytest.mark.parametrize("ratio", [0.75, 0.5])
def test_a_share_of_the_models_window(app: Brim, ratio: float) -> None:
    messages = conversation(60)
    found = trim_messages(messages, model="gpt-4", trim_ratio=ratio, brim=app)
    assert token_counter("gpt-4", messages=messages) > 8_192 * ratio
    assert token_counter("gpt-4", messages=found) <= 8_192 * ratio
    assert found[0] is messages[0]
    assert found[-1] is messages[-1]


def test_a_number_of_tokens_of_ones_own(app: Brim) -> None:
    messages = conversation(6)
    found = trim_messages(messages, max_tokens=500, brim=app)
    assert token_counter("gpt-4o", messages=found) <= 500
    assert messages == conversation(6)


def test_the_tokens_that_are_left(app: Brim) -> None:
    found, left = trim_messages(
        conversation(6), "gpt-4o", return_response_tokens=True, max_tokens=500, brim=app
    )
    assert left == 500 - app.count(found, model="gpt-4o", dialect="openai-chat").total
    assert left >= 0


def test_a_model_that_nobody_knows_is_left_alone(app: Brim) -> None:
    messages = conversation(6)
    assert trim_messages(messages, model="house-model-9", brim=app) == messages
    assert original(messages, model="house-model-9") == messages


def test_results_at_the_end_keep_their_call(app: Brim) -> None:
    messages = conversation(6)[:-2]
    theirs = original(messages, model="gpt-4o", max_tokens=200)
    found = trim_messages(messages, model="gpt-4o", max_tokens=300, brim=app)
    assert not valid(theirs)
    assert valid(found)
    assert found[-2] is messages[-2]
    assert found[-1]["tool_call_id"] == messages[-1]["tool_call_id"]


def test_what_was_said_last_is_not_cut(app: Brim) -> None:
    messages = [{"role": "user", "content": "word " * 300}]
    assert size(original(messages, model="gpt-4o", max_tokens=100)) < 300
    with pytest.raises(BudgetInfeasible):
        trim_messages(messages, model="gpt-4o", max_tokens=100, brim=app)

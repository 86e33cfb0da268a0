"""Conversations that outgrow the window of a real server, in every way to send them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
import talks
from openai import AsyncOpenAI, OpenAI
from provider import Provider, tokens

import brim_openai
from brim import Brim, BudgetInfeasible, Fitted

TURNS = 8
SYNC = {
    "create": talks.create,
    "parse": talks.parse,
    "stream": talks.stream,
    "raw": talks.raw,
    "streaming response": talks.streaming_response,
    "with options": talks.with_options,
}
ASYNC = {"create": talks.acreate, "stream": talks.astream, "raw": talks.araw}


def kept(provider: Provider, messages: list[Any]) -> None:
    """All of the conversation was sent, and all of what was sent was taken."""
    assert not provider.refused
    assert len(provider.seen) == 2 * TURNS
    assert tokens([plain(one) for one in messages]) > 2 * provider.window


def plain(message: Any) -> Any:
    return message if isinstance(message, dict) else message.model_dump(mode="json")


def blocking(client: AsyncOpenAI, send: Callable[..., Any], talk: Callable[..., Any]) -> list[Any]:
    """The conversation with an asynchronous client."""
    with asyncio.Runner() as runner:
        done: list[Any] = talk(
            client, TURNS, lambda *given, **more: runner.run(send(*given, **more))
        )
        runner.run(client.close())
    return done


def test_without_brim_the_window_overflows(provider: Provider) -> None:
    with (
        OpenAI(base_url=provider.url, api_key="k") as client,
        pytest.raises(openai.BadRequestError, match="maximum context length"),
    ):
        talks.chat(client, TURNS, talks.create)


@pytest.mark.parametrize("way", SYNC)
def test_chat(provider: Provider, app: Brim, way: str) -> None:
    fits: list[Fitted] = []
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app, on_fit=fits.append)
        messages = talks.chat(wrapped, TURNS, SYNC[way])
    kept(provider, messages)
    assert len(fits) == 2 * TURNS
    assert sum(fit.report.condensed for fit in fits) >= 1
    assert all(body["messages"][0]["content"] == "You are terse." for body in provider.seen)


@pytest.mark.parametrize("way", ASYNC)
def test_chat_asynchronously(provider: Provider, app: Brim, way: str) -> None:
    client = AsyncOpenAI(base_url=provider.url, api_key="k")
    wrapped = brim_openai.wrap(client, brim=app)
    kept(provider, blocking(wrapped, ASYNC[way], talks.chat))


@pytest.mark.parametrize("send", [talks.respond, talks.respond_streamed, talks.respond_raw])
def test_responses(provider: Provider, app: Brim, send: Callable[..., Any]) -> None:
    with OpenAI(base_url=provider.url, api_key="k") as client:
        items = talks.responses(brim_openai.wrap(client, brim=app), TURNS, send)
    kept(provider, items)


@pytest.mark.parametrize("send", [talks.arespond, talks.arespond_streamed])
def test_responses_asynchronously(provider: Provider, app: Brim, send: Callable[..., Any]) -> None:
    client = AsyncOpenAI(base_url=provider.url, api_key="k")
    kept(provider, blocking(brim_openai.wrap(client, brim=app), send, talks.responses))


def test_a_request_that_cannot_fit_is_not_sent(provider: Provider, app: Brim) -> None:
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app)
        with pytest.raises(BudgetInfeasible):
            wrapped.chat.completions.create(
                model="small", messages=[{"role": "user", "content": "word " * 1_500}]
            )
    assert not provider.seen


def test_options_are_those_of_fit(provider: Provider, app: Brim) -> None:
    fits: list[Fitted] = []
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app, budget=600, pin=1, on_fit=fits.append)
        talks.chat(wrapped, TURNS, talks.create)
    assert all(fit.report.after.upper <= 700 for fit in fits)
    first = talks.QUESTION.format(0) * 3
    assert all(body["messages"][1]["content"] == first for body in provider.seen)


WIDER = {"like": "gpt-4o", "window": 3_000, "max_output": 100}
"""What is told of a model whose server has a smaller window."""


@pytest.fixture
def misled(app: Brim) -> Iterator[Brim]:
    with Brim({"models": {"small": WIDER}, "archive": {"where": "memory"}}) as made:
        yield made


@pytest.mark.parametrize("way", ["create", "stream", "raw"])
def test_an_overflow_is_fitted_harder_and_sent_once_more(
    provider: Provider, misled: Brim, way: str
) -> None:
    with OpenAI(base_url=provider.url, api_key="k") as client:
        talks.chat(brim_openai.wrap(client, brim=misled), TURNS, SYNC[way])
    assert provider.refused == ["context_length_exceeded"]  # the limit is remembered
    assert len(provider.seen) == 2 * TURNS + 1


def test_an_overflow_in_an_event_loop(provider: Provider, misled: Brim) -> None:
    client = AsyncOpenAI(base_url=provider.url, api_key="k")
    blocking(brim_openai.wrap(client, brim=misled), talks.acreate, talks.chat)
    assert len(provider.refused) == 1


def test_an_overflow_that_cannot_be_helped_is_the_servers_error(
    provider: Provider, misled: Brim
) -> None:
    long: Any = [{"role": "user", "content": "word " * 1_500}]
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=misled)
        with pytest.raises(openai.BadRequestError, match="maximum context length"):
            wrapped.chat.completions.create(model="small", messages=long)
    assert len(provider.seen) == 1


def test_reported_usage_is_learned_from(provider: Provider, app: Brim) -> None:
    with OpenAI(base_url=provider.url, api_key="k") as client:
        talks.chat(brim_openai.wrap(client, brim=app), 2, talks.create)
    assert app.engine.learned.calibration

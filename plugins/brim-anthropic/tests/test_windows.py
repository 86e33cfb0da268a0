"""Conversations that outgrow the window of a real server, in every way to send them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
import talks
from anthropic import Anthropic, AsyncAnthropic
from provider import Provider, tokens

import brim_anthropic
from brim import Brim, BudgetInfeasible, Fitted

TURNS = 8
SYNC = {
    "create": talks.create,
    "iterated": talks.iterated,
    "beta": talks.beta,
    "stream": talks.stream,
    "events": talks.events,
    "raw": talks.raw,
    "streaming response": talks.streaming_response,
    "with options": talks.with_options,
}
ASYNC = {"create": talks.acreate, "stream": talks.astream, "raw": talks.araw}


def kept(provider: Provider, messages: list[Any]) -> None:
    """All of the conversation was sent, and all of what was sent was taken."""
    assert not provider.refused
    assert len(provider.seen) >= 2 * TURNS
    assert tokens([plain(one) for one in messages]) > 2 * provider.window
    assert all(body["system"] == "You are terse." for body in provider.seen)


def plain(message: Any) -> Any:
    blocks = message["content"]
    if isinstance(blocks, str):
        return message
    dumped = [one if isinstance(one, dict) else one.model_dump(mode="json") for one in blocks]
    return {**message, "content": dumped}


def test_without_brim_the_window_overflows(provider: Provider) -> None:
    with (
        Anthropic(base_url=provider.url, api_key="k") as client,
        pytest.raises(anthropic.BadRequestError, match="prompt is too long"),
    ):
        talks.chat(client, TURNS, talks.create)


@pytest.mark.parametrize("way", SYNC)
def test_messages(provider: Provider, app: Brim, way: str) -> None:
    fits: list[Fitted] = []
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app, on_fit=fits.append)
        messages = talks.chat(wrapped, TURNS, SYNC[way])
    kept(provider, messages)
    assert len(fits) == len(provider.seen)
    assert sum(fit.report.condensed for fit in fits) >= 1


@pytest.mark.parametrize("way", ASYNC)
def test_messages_asynchronously(provider: Provider, app: Brim, way: str) -> None:
    client = AsyncAnthropic(base_url=provider.url, api_key="k")
    wrapped, send = brim_anthropic.wrap(client, brim=app), ASYNC[way]
    with asyncio.Runner() as runner:
        messages = talks.chat(
            wrapped, TURNS, lambda *given, **more: runner.run(send(*given, **more))
        )
        runner.run(client.close())
    kept(provider, messages)


def test_a_request_that_cannot_fit_is_not_sent(provider: Provider, app: Brim) -> None:
    long: Any = [{"role": "user", "content": "word " * 1_500}]
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app)
        with pytest.raises(BudgetInfeasible):
            wrapped.messages.create(model="small", max_tokens=9, messages=long)
    assert not provider.seen


def test_options_are_those_of_fit(provider: Provider, app: Brim) -> None:
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app, budget=700, pin=0)
        talks.chat(wrapped, TURNS, talks.create)
    assert all(tokens(body["messages"]) <= 700 for body in provider.seen)
    first = talks.QUESTION.format(0) * 3
    assert all(body["messages"][0]["content"] == first for body in provider.seen)


WIDER = {"like": "claude-sonnet-4-5", "window": 3_000, "max_output": 100}
"""What is told of a model whose server has a smaller window."""


@pytest.fixture
def misled(app: Brim) -> Iterator[Brim]:
    with Brim({"models": {"small": WIDER}, "archive": {"where": "memory"}}) as made:
        yield made


@pytest.mark.parametrize("way", ["create", "stream", "raw"])
def test_an_overflow_is_fitted_harder_and_sent_once_more(
    provider: Provider, misled: Brim, way: str
) -> None:
    with Anthropic(base_url=provider.url, api_key="k") as client:
        talks.chat(brim_anthropic.wrap(client, brim=misled), TURNS, SYNC[way])
    assert len(provider.refused) == 1  # the limit is remembered
    assert len(provider.seen) == 2 * TURNS + 1


def test_an_overflow_in_an_event_loop(provider: Provider, misled: Brim) -> None:
    client = AsyncAnthropic(base_url=provider.url, api_key="k")
    wrapped = brim_anthropic.wrap(client, brim=misled)
    with asyncio.Runner() as runner:
        talks.chat(wrapped, TURNS, lambda *given, **more: runner.run(talks.acreate(*given, **more)))
        runner.run(client.close())
    assert len(provider.refused) == 1


def test_an_overflow_that_cannot_be_helped_is_the_servers_error(
    provider: Provider, misled: Brim
) -> None:
    long: Any = [{"role": "user", "content": "word " * 1_500}]
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=misled)
        with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
            wrapped.messages.create(model="small", max_tokens=9, messages=long)
    assert len(provider.seen) == 1


def test_reported_usage_is_learned_from(provider: Provider, app: Brim) -> None:
    with Anthropic(base_url=provider.url, api_key="k") as client:
        talks.chat(brim_anthropic.wrap(client, brim=app), 2, talks.create)
    assert app.engine.learned.calibration

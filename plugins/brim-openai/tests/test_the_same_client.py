"""What wrapping leaves as it is."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from provider import Provider

import brim_openai
from brim import Brim, Fitted

HELLO: Any = [{"role": "user", "content": "Hello"}]
LONG: Any = [
    {"role": "user", "content": "word " * 1_500},
    {"role": "assistant", "content": "I see."},
    {"role": "user", "content": "word " * 1_000},
    {"role": "assistant", "content": "Go on."},
    *HELLO,
]


def test_type_and_attributes(app: Brim) -> None:
    client = OpenAI(api_key="k", base_url="http://127.0.0.1:9/v1", max_retries=7)
    wrapped = brim_openai.wrap(client, brim=app)
    assert type(wrapped) is OpenAI
    assert wrapped is not client
    assert (wrapped.api_key, wrapped.base_url) == (client.api_key, client.base_url)
    assert wrapped.with_options(timeout=3).max_retries == 7
    assert "post" not in vars(client)
    client.close()


def test_the_given_client_is_not_changed(provider: Provider, app: Brim) -> None:
    fits: list[Fitted] = []
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app, on_fit=fits.append)
        client.chat.completions.create(model="small", messages=HELLO)
        assert not fits
        wrapped.chat.completions.create(model="small", messages=HELLO)
    assert len(fits) == 1


def test_what_fits_goes_out_as_it_would_have(provider: Provider, app: Brim) -> None:
    more: Any = {"seed": 3, "extra_body": {"custom": [1]}, "extra_headers": {"x-mine": "1"}}
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app)
        for one in (client, wrapped):
            one.chat.completions.create(model="small", messages=HELLO, **more)
    assert provider.seen[0] == provider.seen[1]
    assert [headers["x-mine"] for headers in provider.headers] == ["1", "1"]


def test_other_fields_stay_when_the_conversation_is_condensed(
    provider: Provider, app: Brim
) -> None:
    more: Any = {"seed": 3, "extra_body": {"custom": [1]}, "extra_headers": {"x-mine": "1"}}
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app)
        wrapped.chat.completions.create(model="small", messages=LONG, max_tokens=9, **more)
    (body,) = provider.seen
    assert body["messages"] != LONG
    assert body["messages"][-1] == HELLO[0]
    assert {name: body[name] for name in body if name != "messages"} == {
        "model": "small",
        "seed": 3,
        "max_tokens": 9,
        "custom": [1],
    }
    assert provider.headers[0]["x-mine"] == "1"


def test_messages_in_the_extra_body_are_the_conversation(provider: Provider, app: Brim) -> None:
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app)
        extra: Any = {"messages": LONG, "model": "small"}
        wrapped.chat.completions.create(model="gpt-4o", messages=HELLO, extra_body=extra)
    assert provider.seen[0]["messages"][-1] == HELLO[0]
    assert not provider.refused


def test_other_requests_pass_by(provider: Provider, app: Brim) -> None:
    fits: list[Fitted] = []
    with OpenAI(base_url=provider.url, api_key="k", max_retries=0) as client:
        wrapped = brim_openai.wrap(client, brim=app, on_fit=fits.append)
        body = {"model": "small", "messages": HELLO}
        answer = wrapped.post("/anything", body=body, cast_to=object)
    assert answer
    assert not fits


def test_what_brim_cannot_read_is_the_servers_to_judge(provider: Provider, app: Brim) -> None:
    odd: Any = [{"role": "tool", "tool_call_id": "call_9", "content": 7}]
    with OpenAI(base_url=provider.url, api_key="k") as client:
        wrapped = brim_openai.wrap(client, brim=app)
        with pytest.raises(openai.BadRequestError, match="has no call"):
            wrapped.chat.completions.create(model="small", messages=odd)
    assert provider.seen[0]["messages"] == odd


def test_clients_for_azure(provider: Provider, app: Brim) -> None:
    client = AzureOpenAI(
        azure_endpoint=provider.url.removesuffix("/v1"), api_key="k", api_version="2024-10-21"
    )
    with client:
        wrapped = brim_openai.wrap(client, brim=app)
        wrapped.chat.completions.create(model="small", messages=LONG)
    assert type(wrapped) is AzureOpenAI
    assert not provider.refused


def test_asynchronous_clients_keep_their_type(app: Brim) -> None:
    client = AsyncOpenAI(api_key="k", base_url="http://127.0.0.1:9/v1")
    wrapped = brim_openai.wrap(client, brim=app)
    assert type(wrapped) is AsyncOpenAI
    assert type(wrapped.with_options(timeout=1)) is AsyncOpenAI

"""What wrapping leaves as it is."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic
from provider import Provider

import brim_anthropic
from brim import Brim, Fitted

HELLO: Any = [{"role": "user", "content": "Hello"}]
LONG: Any = [
    {"role": "user", "content": "word " * 1_200},
    {"role": "assistant", "content": "I see."},
    {"role": "user", "content": "word " * 700},
    {"role": "assistant", "content": "Go on."},
    *HELLO,
]
ASKED: Any = {"model": "small", "max_tokens": 9}


def test_type_and_attributes(app: Brim) -> None:
    client = Anthropic(api_key="k", base_url="http://127.0.0.1:9", max_retries=7)
    wrapped = brim_anthropic.wrap(client, brim=app)
    assert type(wrapped) is Anthropic
    assert wrapped is not client
    assert (wrapped.api_key, wrapped.base_url) == (client.api_key, client.base_url)
    assert wrapped.with_options(timeout=3).max_retries == 7
    assert "post" not in vars(client)
    client.close()


def test_the_given_client_is_not_changed(provider: Provider, app: Brim) -> None:
    fits: list[Fitted] = []
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app, on_fit=fits.append)
        client.messages.create(messages=HELLO, **ASKED)
        assert not fits
        wrapped.messages.create(messages=HELLO, **ASKED)
    assert len(fits) == 1


def test_what_fits_goes_out_as_it_would_have(provider: Provider, app: Brim) -> None:
    more: Any = {"extra_body": {"custom": [1]}, "extra_headers": {"x-mine": "1"}}
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app)
        for one in (client, wrapped):
            one.messages.create(messages=HELLO, **ASKED, **more)
    assert provider.seen[0] == provider.seen[1]
    assert provider.paths[0] == provider.paths[1] == "/v1/messages"
    assert [headers["x-mine"] for headers in provider.headers] == ["1", "1"]


def test_other_fields_stay_when_the_conversation_is_condensed(
    provider: Provider, app: Brim
) -> None:
    more: Any = {"extra_body": {"custom": [1]}, "extra_headers": {"x-mine": "1"}}
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app)
        wrapped.messages.create(messages=LONG, **ASKED, **more)
    (body,) = provider.seen
    assert body["messages"] != LONG
    assert body["messages"][-1] == HELLO[0]
    assert {name: body[name] for name in body if name != "messages"} == {**ASKED, "custom": [1]}
    assert provider.headers[0]["x-mine"] == "1"


def test_messages_in_the_extra_body_are_the_conversation(provider: Provider, app: Brim) -> None:
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app)
        wrapped.messages.create(messages=HELLO, **ASKED, extra_body={"messages": LONG})
    assert provider.seen[0]["messages"][-1] == HELLO[0]
    assert not provider.refused


def test_other_requests_pass_by(provider: Provider, app: Brim) -> None:
    fits: list[Fitted] = []
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app, on_fit=fits.append)
        wrapped.messages.count_tokens(model="small", messages=HELLO)
    assert provider.paths == ["/v1/messages/count_tokens"]
    assert not fits


def test_what_brim_cannot_read_is_the_servers_to_judge(provider: Provider, app: Brim) -> None:
    odd: Any = [{"role": 9, "content": "Hello"}]
    with Anthropic(base_url=provider.url, api_key="k") as client:
        wrapped = brim_anthropic.wrap(client, brim=app)
        with pytest.raises(anthropic.BadRequestError):
            wrapped.messages.create(messages=odd, **ASKED)


def test_asynchronous_clients_keep_their_type(app: Brim) -> None:
    client = AsyncAnthropic(api_key="k", base_url="http://127.0.0.1:9")
    wrapped = brim_anthropic.wrap(client, brim=app)
    assert type(wrapped) is AsyncAnthropic
    assert type(wrapped.with_options(timeout=1)) is AsyncAnthropic

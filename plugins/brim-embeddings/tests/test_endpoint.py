"""The embeddings of a server over HTTP, and what happens when it does not answer well."""

from __future__ import annotations

import asyncio

import pytest
from server import Embedder, vector

from brim.api import CompletionError, SettingsError
from brim_embeddings import OpenAIEmbeddings, OpenAIEmbeddingsSettings

KEY = "sk-planted-0123456789"


def made(url: str, **settings: object) -> OpenAIEmbeddings:
    return OpenAIEmbeddings(OpenAIEmbeddingsSettings(url=url, **settings))  # type: ignore[arg-type]


def test_vectors_come_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = [f"text {i} and more" for i in range(5)]
    found = asyncio.run(made(embedder.url, batch=2).embed(texts))
    assert found == [vector(text) for text in texts]
    assert [len(body["input"]) for body in embedder.bodies] == [2, 2, 1]


def test_the_key_goes_to_the_server_and_nowhere_else(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    plugin = made(embedder.url, key_variable="MY_KEY")
    asyncio.run(plugin.embed(["a"]))
    assert embedder.headers[0]["authorization"] == f"Bearer {KEY}"
    embedder.status, embedder.answer = 401, f"wrong key {KEY}".encode()
    with pytest.raises(CompletionError) as caught:
        asyncio.run(plugin.embed(["secret text"]))
    assert (caught.value.kind, caught.value.status) == ("refused", 401)
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert KEY not in repr(plugin)


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (429, b"{}", "limit"),
        (503, b"{}", "server"),
        (307, b"{}", "refused"),
        (200, b"no json", "connection"),
        (200, b"{}", "answer"),
        (200, b'{"data": []}', "answer"),
        (200, b'{"data": [{"index": 0, "embedding": ["x"]}]}', "answer"),
    ],
)
def test_bad_answers_are_typed_errors(
    embedder: Embedder, status: int, answer: bytes, kind: str
) -> None:
    embedder.status, embedder.answer = status, answer
    with pytest.raises(CompletionError) as caught:
        asyncio.run(made(embedder.url).embed(["a"]))
    assert caught.value.kind == kind
    assert len(embedder.bodies) == 1


def test_nobody_there_is_a_typed_error() -> None:
    with pytest.raises(CompletionError, match="no embeddings: ConnectionRefusedError"):
        asyncio.run(made("http://127.0.0.1:9/v1").embed(["a"]))


def test_odd_texts_are_sent(embedder: Embedder) -> None:
    asyncio.run(made(embedder.url, max_characters=3).embed(["", "\ud800", "abcdef"]))
    assert embedder.texts() == ["(empty)", "?", "abc"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "file:///etc/passwd"}, "url must begin with"),
        ({"url": "https://user:key@host/v1"}, "url must hold no key"),
        ({"key_variable": KEY}, "takes the name of an environment variable"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        OpenAIEmbeddings(OpenAIEmbeddingsSettings(**settings))  # type: ignore[arg-type]
    assert KEY not in str(caught.value)

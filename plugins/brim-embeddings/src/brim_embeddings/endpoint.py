"""Embeddings from any server that speaks OpenAI's `/v1/embeddings`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from attrs import field, frozen, validators

from brim.api import CompletionError, SettingsError, hookimpl

__all__ = ["OpenAIEmbeddings", "OpenAIEmbeddingsSettings"]

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer that are read."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)


@frozen
class OpenAIEmbeddingsSettings:
    """The section `[plugin.openai-embeddings]`. `url` is where the API begins, `model` what it is
    asked for; the key is in the environment variable `key_variable`, which may be unset for servers
    that need none. `batch` texts are sent at once, each of at most `max_characters`; `timeout` is
    seconds for one such request."""

    model: str = "text-embedding-3-small"
    url: str = "https://api.openai.com/v1"
    key_variable: str = "OPENAI_API_KEY"
    batch: int = field(default=64, validator=validators.ge(1))
    max_characters: int = field(default=8_000, validator=validators.ge(1))
    timeout: float = field(default=5.0, validator=validators.gt(0))


class _NoRedirects(HTTPRedirectHandler):
    """A key must not go where nobody sent it."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class OpenAIEmbeddings:
    """Asks the server in a thread. Raises `SettingsError` for an address that is none."""

    name = "openai-embeddings"

    def __init__(self, settings: OpenAIEmbeddingsSettings) -> None:
        address = urlsplit(settings.url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise SettingsError("url must begin with https:// or http:// and name a server")
        if address.username or address.password or address.query:
            raise SettingsError("url must hold no key: name a variable in key_variable")
        if settings.key_variable and not _VARIABLE.fullmatch(settings.key_variable):
            raise SettingsError("key_variable takes the name of an environment variable")
        self._settings = settings
        self._open = build_opener(_NoRedirects).open

    @hookimpl
    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector for each text. Raises `CompletionError`, which never quotes a text or key."""
        from asyncio import to_thread

        size = self._settings.batch
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        return [vector for one in batches for vector in await to_thread(self._asked, one)]

    def _asked(self, texts: Sequence[str]) -> list[list[float]]:
        settings = self._settings
        cut = [_sendable(text[: settings.max_characters]) for text in texts]
        body = json.dumps({"model": settings.model, "input": cut, "encoding_format": "float"})
        key = os.environ.get(settings.key_variable, "").strip()
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {key}"} if key else {}
        url = f"{settings.url.rstrip('/')}/embeddings"
        request = Request(url, body.encode(), headers)  # noqa: S310  the scheme was looked at
        try:
            with self._open(request, timeout=settings.timeout) as answer:
                given = json.loads(answer.read(LARGEST))
        except HTTPError as error:
            error.close()
            raise _refused(error.code) from None
        except (URLError, OSError, ValueError) as error:
            said = type(getattr(error, "reason", error)).__name__
            kind = "timeout" if "Timeout" in said else "connection"
            raise CompletionError(f"no embeddings: {said}", kind=kind) from None
        return _vectors(given, len(texts))


def _refused(status: int) -> CompletionError:
    kind = "limit" if status == 429 else "server" if status >= 500 else "refused"
    return CompletionError(f"the server answered {status}", kind=kind, status=status)


def _sendable(text: str) -> str:
    """Text that JSON in UTF-8 can hold, and not nothing, which servers refuse."""
    return text.encode("utf-8", "replace").decode() if text.strip() else "(empty)"


def _vectors(given: Any, count: int) -> list[list[float]]:
    try:
        rows = sorted(given["data"], key=lambda row: row["index"])
        vectors = [[float(number) for number in row["embedding"]] for row in rows]
    except (KeyError, TypeError, ValueError):
        raise CompletionError("the answer holds no embeddings", kind="answer") from None
    if len(vectors) != count:
        raise CompletionError(f"{len(vectors)} embeddings for {count} texts", kind="answer")
    return vectors

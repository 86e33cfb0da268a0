"""The translator `anthropic-to-openai`."""

from __future__ import annotations

import msgspec
from attrs import frozen

from brim_proxy.asgi import Headers
from brim_proxy.headers import first
from brim_proxy.translation.anthropic_openai.answer import CHUNK, Style, message_of
from brim_proxy.translation.anthropic_openai.errors import (
    UNREADABLE,
    error_of,
    failed,
    status_in,
)
from brim_proxy.translation.anthropic_openai.events import ChatEvents
from brim_proxy.translation.anthropic_openai.request import chat_of, left_out, read
from brim_proxy.translation.anthropic_openai.shapes import given
from brim_proxy.translation.base import Answered, Asked

__all__ = ["AnthropicToOpenAI", "Exchange"]

KEY = b"x-api-key"
BEARER = b"Bearer "
OWN = b"anthropic-"
EVENTS = b"text/event-stream; charset=utf-8"


@frozen
class Exchange:
    """One request for Chat Completions, and the reader of its answer."""

    body: bytes
    streamed: bool
    left_out: tuple[str, ...]
    style: Style
    tokens: int

    def answer(self, status: int, body: bytes) -> Answered:
        """A message, or an error. One that came whole though a stream was asked for is
        streamed all the same."""
        if not 200 <= status < 300:
            return _answered(error_of(status, body, self.tokens))
        try:
            chunk = CHUNK.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return _answered((502, failed(502, UNREADABLE)))
        if given(chunk.error):
            return _answered(error_of(status_in(body), body, self.tokens))
        said = next(((one, one.message) for one in chunk.choices or () if one.message), None)
        if said is None or said[1] is None:
            return _answered((502, failed(502, UNREADABLE)))
        if self.streamed:
            return Answered(200, self.events().whole(chunk), EVENTS)
        return _answered((200, message_of(chunk, said[0], said[1], self.style)))

    def events(self) -> ChatEvents:
        """The reader of a streamed answer."""
        return ChatEvents(self.style, self.tokens)


def _answered(found: tuple[int, dict[str, object]]) -> Answered:
    return Answered(found[0], msgspec.json.encode(found[1]))


@frozen
class AnthropicToOpenAI:
    """Takes Anthropic's Messages to Chat Completions, and back."""

    dialect: str = "anthropic"
    path: str = "/v1/chat/completions"

    def translate(self, body: bytes, asked: Asked) -> Exchange:
        """The request for Chat Completions. Raises `Untranslatable`."""
        messages = read(body)
        thinking = messages.thinking is not None and messages.thinking.type != "disabled"
        return Exchange(
            msgspec.json.encode(chat_of(messages)),
            bool(messages.stream),
            left_out(body),
            Style(asked.model, thinking),
            asked.tokens,
        )

    def headers(self, headers: Headers) -> Headers:
        """The key as OpenAI reads it, and nothing that is Anthropic's own."""
        kept = [
            pair for pair in headers if (low := pair[0].lower()) != KEY and not low.startswith(OWN)
        ]
        key = first(headers, KEY)
        if key and not first(headers, b"authorization"):
            kept.append((b"authorization", BEARER + key))
        return kept

    def answer_headers(self, headers: Headers) -> Headers:
        """The request's id under the name that Anthropic's clients look for, too."""
        number = first(headers, b"x-request-id")
        if not number or first(headers, b"request-id"):
            return headers
        return [*headers, (b"request-id", number)]

"""What a translator is. One of your own is a distribution with an entry point in the group
`brim_proxy.translators`, which loads a class or function that gives a `Translator`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from brim_proxy.asgi import Headers

__all__ = ["GROUP", "Answered", "Asked", "Events", "Translation", "Translator", "Untranslatable"]

GROUP = "brim_proxy.translators"


class Untranslatable(Exception):
    """A request that the upstream's dialect has no words for. The client reads the text."""


@frozen
class Asked:
    """What answers need to know of the request: `model` is the name that the client gave it,
    `tokens` is Brim's count of what goes up, 0 where it was not counted."""

    model: str
    tokens: int = 0


@frozen
class Answered:
    """A whole answer in the client's dialect. `kind` is its content-type."""

    status: int
    body: bytes
    kind: bytes = b"application/json"


class Events(Protocol):
    """A streamed answer, translated piece by piece."""

    @property
    def complete(self) -> bool:
        """Whether the client has been given all of it, so that nothing is missed any more."""

    def feed(self, piece: bytes) -> bytes:
        """What the client may have now that these bytes came, cut anywhere."""

    def quiet(self) -> bytes:
        """What tells the client that nothing came for a while, and may yet."""

    def end(self, whole: bool, late: bool = False) -> bytes:
        """The last bytes for the client. Without `whole` the upstream broke off, or, if it is
        `late`, said nothing for too long."""


class Translation(Protocol):
    """One request in the upstream's dialect, and how its answer is read."""

    @property
    def body(self) -> bytes:
        """What goes up."""

    @property
    def streamed(self) -> bool:
        """Whether the client asked for a stream."""

    @property
    def left_out(self) -> Sequence[str]:
        """Fields that the upstream's dialect does not have and that can be done without."""

    def answer(self, status: int, body: bytes) -> Answered:
        """A whole answer, or an error, that the upstream gave."""

    def events(self) -> Events:
        """The reader of a streamed answer."""


class Translator(Protocol):
    """Makes an upstream speak another dialect than its own. It is used for all requests, and
    keeps nothing of any."""

    @property
    def dialect(self) -> str:
        """The clients', by Brim's name for it: "anthropic", "openai-chat", "openai-responses"."""

    @property
    def path(self) -> str:
        """Where its requests go, under `/v1`."""

    def translate(self, body: bytes, asked: Asked) -> Translation:
        """A request, whose model has the upstream's name already. Raises `Untranslatable`."""

    def headers(self, headers: Headers) -> Headers:
        """The request's headers, as the upstream expects them."""

    def answer_headers(self, headers: Headers) -> Headers:
        """The answer's headers, as the client expects them. Those that tell of the body are
        the proxy's to write."""

"""A call whose upstream speaks another dialect: to its neighbours the upstream's answer looks
as if it had been given in the client's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import aiohttp
import msgspec
from attrs import define, field

from brim_proxy import problems
from brim_proxy.asgi import Headers, TooLarge
from brim_proxy.clock import Clock
from brim_proxy.decoding import Undecodable, decoded
from brim_proxy.headers import returned
from brim_proxy.problems import Declined, Problem
from brim_proxy.settings import ProxySettings
from brim_proxy.translation.base import Asked, Events, Translation, Translator, Untranslatable
from brim_proxy.translation.finding import Translating
from brim_proxy.upstream import Refused, Slow, Upstream

__all__ = ["Answer", "Crossing", "cross", "entered"]

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NAME = re.compile(r"[\w.-]{1,40}", re.ASCII)
_NAMES = 16
_OF_THE_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"digest"})
_FOR_THE_BODY = frozenset({b"accept-encoding", b"content-encoding"})
EVENTS = "text/event-stream"


@define
class Crossing:
    """`model` is the name that the client gave; `left_out` what did not go up."""

    translator: Translator
    model: str
    left_out: tuple[str, ...] = ()

    def told(self) -> Headers:
        """What was left out, as a response header."""
        names = [name for name in self.left_out if _NAME.fullmatch(name)][:_NAMES]
        return [(b"x-brim-left-out", ",".join(names).encode())] if names else []


def entered(
    translating: Translating, body: bytes, encoding: bytes, cap: int
) -> tuple[Crossing, bytes]:
    """A client's request, uncompressed and with the upstream's name of its model: what is fitted
    must be fitted to that. Raises `Declined`."""
    try:
        plain = decoded(body, encoding, cap)
        fields = _FIELDS.decode(plain)
        shown = msgspec.json.decode(fields.get("model", b'""'), type=str)
    except TooLarge:
        raise Declined(problems.TOO_LARGE) from None
    except Undecodable:
        raise Declined(problems.malformed("its content-encoding is not read here")) from None
    except RecursionError:
        raise Declined(problems.DEEP) from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Declined(problems.malformed(str(error))) from None
    name = translating.name(shown)
    if name != shown:
        fields["model"] = msgspec.Raw(msgspec.json.encode(name))
        plain = msgspec.json.encode(fields)
    return Crossing(translating.translator, shown), plain


class Source(Protocol):
    """A body that comes in pieces, as aiohttp reads it."""

    def at_eof(self) -> bool:
        """Whether nothing comes any more."""

    async def readany(self) -> bytes:
        """What is there, as soon as there is anything."""


class Patience(Protocol):
    """A clock that waits no longer than it is told; see `Clock`."""

    async def within(self, seconds: float, awaitable: Awaitable[bytes]) -> bytes:
        """What it gives. Raises `TimeoutError`."""


class Content:
    """A body that is whole already, read like aiohttp's."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def at_eof(self) -> bool:
        return not self._body

    async def readany(self) -> bytes:
        body, self._body = self._body, b""
        return body


class Stream:
    """A stream that is translated while it is read. Where the upstream breaks off, or says nothing
    for `idle` seconds, the client is told so in its own words before it sees the same; after each
    `ping` seconds of silence, that somebody is still there."""

    def __init__(
        self, source: Source, events: Events, clock: Patience, *, idle: float, ping: float
    ) -> None:
        self._source = source
        self._events = events
        self._clock = clock
        self._idle = idle
        self._ping = ping or idle
        self._silent = 0.0
        self._fault: Exception | None = None
        self._over = False

    def at_eof(self) -> bool:
        return self._over

    async def readany(self) -> bytes:
        """What follows from one piece of the upstream's. That may be nothing, of thoughts for which
        nobody asked; but it is alive, and whoever waits for it must know."""
        if self._fault is not None:
            raise self._fault
        wait = min(self._ping, self._idle - self._silent)
        try:
            piece = await self._clock.within(wait, self._source.readany())
        except TimeoutError as fault:
            self._silent += wait
            return self._quiet(fault)
        except (aiohttp.ClientError, ConnectionResetError) as fault:
            return self._broken(fault, self._events.end(whole=False))
        self._silent = 0.0
        out = self._events.feed(piece)
        if self._source.at_eof():
            out += self._events.end(whole=True)
            self._over = True
        return out

    def _quiet(self, fault: Exception) -> bytes:
        if self._silent < self._idle and not self._events.complete:
            return self._events.quiet()
        return self._broken(fault, self._events.end(whole=False, late=True))

    def _broken(self, fault: Exception, last: bytes) -> bytes:
        """The last words, before the fault itself; there is none where nothing is missed."""
        self._over = self._events.complete
        self._fault = None if self._over else fault
        return last


@define
class Answer:
    """A translated response, as far as an aiohttp response is looked at here."""

    status: int
    raw_headers: Headers
    content: Content | Stream
    headers: Mapping[str, str] = field(factory=dict)


@define
class Way:
    """What `cross` needs beside the request."""

    upstream: Upstream
    settings: ProxySettings
    clock: Clock


@asynccontextmanager
async def cross(
    way: Way, crossing: Crossing, headers: Headers, body: bytes, tokens: int
) -> AsyncIterator[Answer]:
    """A request in the upstream's dialect, as a context: its answer in the client's. Raises
    `Declined`, `Refused` and `Slow`."""
    translator, asked = crossing.translator, Asked(crossing.model, tokens)
    try:
        if len(body) > way.settings.offload:
            translation = await asyncio.to_thread(translator.translate, body, asked)
        else:
            translation = translator.translate(body, asked)
    except Untranslatable as error:
        raise Declined(Problem(400, str(error))) from None
    crossing.left_out = tuple(translation.left_out)
    url = way.upstream.url(translator.path, b"")
    up = translator.headers([one for one in headers if one[0].lower() not in _FOR_THE_BODY])
    async with way.upstream.send("POST", url, up, translation.body, way.clock) as response:
        yield await _answered(way, translator, translation, response)


async def _answered(
    way: Way, translator: Translator, translation: Translation, response: aiohttp.ClientResponse
) -> Answer:
    kept = [one for one in returned(response.raw_headers) if one[0].lower() not in _OF_THE_BODY]
    headers = translator.answer_headers(kept)
    plain = not response.headers.get("content-encoding")
    if translation.streamed and response.status == 200 and plain and _is_stream(response):
        settings = way.settings
        limits = {"idle": settings.idle_timeout, "ping": settings.ping_interval}
        stream = Stream(response.content, translation.events(), way.clock, **limits)
        return Answer(200, [(b"content-type", EVENTS.encode()), *headers], stream)
    whole = translation.answer(response.status, await _whole(way, response))
    size = str(len(whole.body)).encode()
    about = [(b"content-type", whole.kind), (b"content-length", size)]
    return Answer(whole.status, [*about, *headers], Content(whole.body))


def _is_stream(response: aiohttp.ClientResponse) -> bool:
    return response.headers.get("content-type", "").strip().lower().startswith(EVENTS)


async def _whole(way: Way, response: aiohttp.ClientResponse) -> bytes:
    """The upstream's body without compression. Raises `Refused` and `Slow`."""
    pieces: list[bytes] = []
    size, most = 0, way.settings.max_body
    content = response.content
    try:
        while size <= most and not content.at_eof():
            piece = await way.clock.within(way.settings.idle_timeout, content.readany())
            pieces.append(piece)
            size += len(piece)
        if size > most:
            raise TooLarge
        encoding = response.headers.get("content-encoding", "").encode("latin-1", "replace")
        return decoded(b"".join(pieces), encoding, most)
    except TimeoutError:
        raise Slow from None
    except (aiohttp.ClientError, ConnectionResetError, TooLarge, Undecodable):
        raise Refused from None

"""How a model's provider is reached over HTTP: deadline, retries, and typed errors.

Nothing that is secret leaves this module: errors name a status and a kind, never a header, a
prompt, or a sentence that the provider wrote.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from random import uniform
from time import monotonic, time
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeVar

from attrs import field, fields, frozen

from brim.api import Completion, CompletionError, Delta, Overflow, SettingsError, overflow_of
from brim.defaults.model_keys import Key, check_variable

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, ClientTimeout

__all__ = ["ModelSettings", "Provider", "Reader", "deltas", "unreadable"]

T = TypeVar("T")

LARGEST = 16 * 1024 * 1024
"""Bytes of one answer, or of one line of a streamed one, that are read."""

LARGEST_REFUSAL = 64 * 1024
"""Bytes of an error that are looked at."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before the first retry, which double, up to the longest; up to half is taken off."""

_CODE = re.compile(r'"(?:code|type)"\s*:\s*"([a-z_]{3,40})"')


@frozen
class ModelSettings:
    """Where a model is, and how it is asked.

    `model` answers asks that name none. The key is the content of `key_file`, a file that only
    its owner can read, else of the environment variable `key_variable`; servers other than the
    vendor's may do without. `timeout` is seconds for an answer, with its `retries`.
    `temperature` can be left out for models that take none.
    """

    base_url: str
    model: str
    key_variable: str
    key_file: str = ""
    timeout: float = field(default=30.0, metadata={"follows": "condensation.timeout"})
    retries: int = 2
    temperature: bool = True

    def __attrs_post_init__(self) -> None:
        check_variable(self.key_variable)
        if not self.base_url.startswith(("http://", "https://")):
            raise SettingsError("base_url must begin with http:// or https://")
        if self.timeout <= 0 or self.retries < 0:
            raise SettingsError("timeout must be over 0, and retries not under")

    @property
    def key(self) -> Key:
        """Needed only where the address is the vendor's own, the default one."""
        home = fields(type(self)).base_url.default
        return Key(self.key_variable, self.key_file, needed=self.base_url == home)


class Reader(Protocol):
    """Puts the events of one streamed answer together."""

    def take(self, event: bytes) -> Delta:
        """What this event adds. Raises `CompletionError`."""

    def completion(self) -> Completion:
        """All of it, at the end. Raises `CompletionError` when it did not get there."""


async def deltas(events: AsyncGenerator[bytes], reader: Reader) -> AsyncIterator[Delta]:
    """The pieces of an answer, the last with its completion."""
    async with aclosing(events):
        async for event in events:
            piece = reader.take(event)
            if piece.text or piece.reasoning:
                yield piece
    yield Delta(completion=reader.completion())


@frozen
class _Failure:
    """Why one attempt came to nothing. `again`: another may help, after `pause` seconds where
    the provider said how many."""

    detail: str
    kind: str
    status: int = 0
    again: bool = False
    pause: float | None = None
    told: Overflow = field(factory=Overflow)

    def error(self) -> CompletionError:
        told = self.told
        return CompletionError(
            self.detail, kind=self.kind, status=self.status, window=told.limit, used=told.used
        )


@frozen
class Provider:
    """An address that takes JSON by POST. `headers` makes the headers of a key.

    `timeout` is seconds for all attempts together, `retries` how many may follow the first:
    after a 429, a 5xx and a broken connection only, and only while there is time.
    """

    url: str
    key: Key
    headers: Callable[[str], Mapping[str, str]]
    timeout: float
    retries: int

    async def post(self, body: Mapping[str, object], seconds: float) -> bytes:
        """The whole answer, within `seconds`. Raises `CompletionError`."""
        async with self._session() as session:
            return await self._retried(lambda left: self._whole(session, body, left), seconds)

    async def events(self, body: Mapping[str, object], seconds: float) -> AsyncGenerator[bytes]:
        """The data of each server-sent event; at most `seconds` pass between two.

        Raises `CompletionError`; what breaks in the middle is not tried again.
        """
        async with self._session() as session:
            answer = await self._retried(lambda left: self._opened(session, body, left), seconds)
            failure = None
            try:
                async for line in _lines(answer):
                    if line.startswith(b"data:"):
                        yield line[5:].strip()
            except Exception as error:
                failure = _broken(error)
            finally:
                answer.close()
        if failure:
            raise failure.error()

    def _session(self) -> ClientSession:
        """One for each call: calls are rare, and come from more than one event loop."""
        http = _aiohttp()
        headers = {"content-type": "application/json", **self.headers(self.key.read())}
        return http.ClientSession(headers=headers, cookie_jar=http.DummyCookieJar())  # type: ignore[no-any-return]

    async def _retried(
        self, attempt: Callable[[float], Awaitable[T | _Failure]], seconds: float
    ) -> T:
        end = monotonic() + min(seconds, self.timeout)
        tried = 0
        while True:
            outcome = await attempt(max(end - monotonic(), 0.001))
            if not isinstance(outcome, _Failure):
                return outcome
            pause = _pause(tried) if outcome.pause is None else outcome.pause
            if not outcome.again or tried >= self.retries or monotonic() + pause >= end:
                raise outcome.error()
            tried += 1
            await _rest(pause)

    async def _whole(
        self, session: ClientSession, body: Mapping[str, object], left: float
    ) -> bytes | _Failure:
        timeout = _aiohttp().ClientTimeout(total=left)
        answer = await self._asked(session, body, timeout)
        if isinstance(answer, _Failure):
            return answer
        try:
            return await _read(answer)
        except Exception as error:
            return _broken(error)
        finally:
            answer.close()

    async def _opened(
        self, session: ClientSession, body: Mapping[str, object], left: float
    ) -> ClientResponse | _Failure:
        timeout = _aiohttp().ClientTimeout(total=None, connect=left, sock_read=left)
        return await self._asked(session, body, timeout)

    async def _asked(
        self, session: ClientSession, body: Mapping[str, object], timeout: ClientTimeout
    ) -> ClientResponse | _Failure:
        try:
            # A redirect would carry the key to another host.
            answer = await session.post(
                self.url, data=_written(body), timeout=timeout, allow_redirects=False
            )
            return answer if answer.status == 200 else await self._refusal(answer)
        except Exception as error:
            return _broken(error)

    async def _refusal(self, answer: ClientResponse) -> _Failure:
        status = answer.status
        kind = "limit" if status == 429 else "server" if status >= 500 else "refused"
        body = await _beginning(answer)
        answer.close()
        told = overflow_of(body)
        if told is not None:
            return _Failure("the request is too long for the model", "overflow", status, told=told)
        found = _CODE.search(body.decode("utf-8", "replace"))
        code = f" ({found[1]})" if found and found[1] not in self.key.read() else ""
        again = kind != "refused"
        return _Failure(
            f"the provider answered {status}{code}", kind, status, again, _named_pause(answer)
        )


def unreadable(detail: str) -> CompletionError:
    """The error for an answer that cannot be used."""
    return CompletionError(f"the provider's answer cannot be used: {detail}", kind="answer")


class _TooLarge(Exception):
    """More bytes than are read."""


async def _beginning(answer: ClientResponse) -> bytes:
    """Of a body that says why there is no answer."""
    found = bytearray()
    while len(found) < LARGEST_REFUSAL and (piece := await answer.content.readany()):
        found += piece
    return bytes(found)


async def _read(answer: ClientResponse) -> bytes:
    found = bytearray()
    async for piece in answer.content.iter_any():
        found += piece
        if len(found) > LARGEST:
            raise _TooLarge
    return bytes(found)


async def _lines(answer: ClientResponse) -> AsyncIterator[bytes]:
    """Lines without their ends, however they were cut on the way."""
    rest = bytearray()
    async for piece in answer.content.iter_any():
        rest += piece
        if len(rest) > LARGEST:
            raise _TooLarge
        *whole, last = rest.split(b"\n") if b"\n" in piece else [rest]
        rest = bytearray(last)
        for line in whole:
            yield bytes(line)
    yield bytes(rest)


def _broken(error: Exception) -> _Failure:
    """What an exception of the client means. Its text may hold the request, and is left out."""
    if isinstance(error, CompletionError):
        return _Failure(str(error), error.kind, error.status)
    if isinstance(error, _TooLarge):
        return _Failure(f"the provider's answer is larger than {LARGEST:,} bytes", "answer")
    if isinstance(error, TimeoutError):
        return _Failure("the provider did not answer in time", "timeout")
    name = type(error).__name__
    if isinstance(error, (OSError, _aiohttp().ClientError)):
        again = name not in {"InvalidURL", "InvalidUrlClientError"}
        return _Failure(f"the connection failed ({name})", "connection", again=again)
    return _Failure(f"the request failed ({name})", "connection")


async def _rest(seconds: float) -> None:
    from asyncio import sleep

    await sleep(seconds)


def _pause(tried: int) -> float:
    whole: float = min(FIRST_PAUSE * 2**tried, LONGEST_PAUSE)
    return whole * uniform(0.5, 1)  # noqa: S311 - spreads retries; nothing secret


def _named_pause(answer: ClientResponse) -> float | None:
    """Seconds to wait, where the provider said so: as seconds, milliseconds or a date."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            return max(float(answer.headers.get(name, "")) * unit, 0.0)
        except ValueError:
            continue
    return _until(answer.headers.get("retry-after", ""))


def _until(date: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(date).timestamp() - time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def _written(body: Mapping[str, object]) -> bytes:
    """JSON; halves of characters, which UTF-8 cannot say, become question marks."""
    import json

    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _aiohttp() -> ModuleType:
    try:
        import aiohttp
    except ModuleNotFoundError:
        raise CompletionError(
            "asking a model needs aiohttp; install it with: pip install 'brim[models]'",
            kind="setup",
        ) from None
    return aiohttp

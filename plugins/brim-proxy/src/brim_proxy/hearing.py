"""What upstreams say of requests they have answered: Brim learns from it how they count.

It is looked at when the last byte has gone out, in a thread of its own, and only of requests that
Brim has read whole. Nothing of it reaches the client, and no fault of it either.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from attrs import define, field

from brim.api import CompletionError, MalformedRequest, Overflow
from brim_proxy.asgi import TooLarge
from brim_proxy.decoding import Undecodable, decoded, is_plain

if TYPE_CHECKING:
    from brim import Brim
    from brim_proxy.job import Fit, Job

__all__ = ["Hearing", "Tap"]

log = logging.getLogger("brim_proxy")

HEAD, TAIL = 4 * 1024, 64 * 1024
"""Bytes that are kept of a response's beginning and end."""

UNPACKED = 1024 * 1024
"""The most that a compressed response may come to."""

LEAST = 1_000
"""Tokens of a request below which a report tells more of what a provider puts beside it."""

FIRST = 3
"""Requests of a model that fitted at a glance and are read for this all the same: nothing else
may ever be long enough to be read whole before it is too long."""

MODELS = 1_024
WAITING = 64
"""Reports that wait for their turn; more are passed over."""

NAME = b'"usage"'
NAMES = 16
"""How many fields of that name are looked at, from the last one back."""

OBJECT = 2_048
"""Bytes that one is looked for in."""

WHOLE = "prompt_tokens"
APART = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")

PLAUSIBLE = 0.5
"""Of our tokens. Who reports fewer has left out what was in its cache, as some servers do, and
would seem to have twice the room that it has."""

_JSON = json.JSONDecoder()


class Tap:
    """The beginning and the end of a response, while it goes by."""

    __slots__ = ("_encoding", "_ends", "_head", "_held", "_size")

    def __init__(self, encoding: str = "") -> None:
        self._encoding = encoding.encode("latin-1", "replace")
        self._head = b""
        self._ends: deque[bytes] = deque()
        self._held = 0
        self._size = 0

    def keep(self, piece: bytes) -> None:
        """What has just gone out."""
        if self._size < HEAD:
            self._head += piece[: HEAD - self._size]
        self._size += len(piece)
        self._held += len(piece)
        self._ends.append(piece)
        while self._held - len(self._ends[0]) >= TAIL:
            self._held -= len(self._ends.popleft())

    def usage(self) -> Mapping[str, object] | None:
        """The last usage that counts input, None where there is none to be seen."""
        text = b"".join(self._ends)
        if not is_plain(self._encoding):
            if self._held < self._size:
                return None
            try:
                text = decoded(text, self._encoding, UNPACKED)
            except (TooLarge, Undecodable):
                return None
        found = (one for part in (text, self._head) for one in _usages(part))
        return next((one for one in found if _count(one) > 0), None)


def _usages(text: bytes) -> Iterator[Mapping[str, object]]:
    """The objects of this name in JSON or events, from the last one back. In a text that a model
    wrote its quotes would be escaped."""
    at = len(text)
    for _ in range(NAMES):
        at = text.rfind(NAME, 0, at)
        if at < 0:
            return
        start = at + len(NAME)
        rest = text[start : start + OBJECT].lstrip(b" \t\r\n:").decode("latin-1")
        try:
            found, _end = _JSON.raw_decode(rest)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def _count(usage: Mapping[str, object]) -> int:
    """Tokens of the input, 0 where it does not tell."""
    names = (WHOLE,) if WHOLE in usage else APART
    return sum(found for name in names if type(found := usage.get(name)) is int)


@define(eq=False)
class Hearing:
    """Tells Brim what was heard, one report after the other."""

    brim: Brim
    _pool: ThreadPoolExecutor = field(factory=lambda: ThreadPoolExecutor(1, "brim-hear"))
    _room: threading.Semaphore = field(factory=lambda: threading.Semaphore(WAITING))
    _first: dict[tuple[str, str], int] = field(factory=dict)

    def wants(self, job: Job, fit: Fit) -> bool:
        """Whether to listen to the answer to this request."""
        report = fit.report
        if report is None or report.after.tokens < LEAST:
            return False
        return fit.fitted is not None or (self._is_first(job, fit) and is_plain(job.encoding))

    def heard(self, job: Job, fit: Fit, tap: Tap) -> None:
        """Learn of the answer, when there is time for it."""
        if not self._room.acquire(blocking=False):
            return
        try:
            self._pool.submit(self._learn, job, fit, tap)
        except RuntimeError:  # it is closed
            self._room.release()

    def overflowed(self, job: Job, fit: Fit, told: Overflow) -> bool:
        """Learn at once that a request was too long; whether that was possible."""
        error = CompletionError("", kind="overflow", window=told.limit, used=told.used)
        return self._told(job, fit, error)

    def close(self) -> None:
        """Let the report under way end, and no other begin."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _is_first(self, job: Job, fit: Fit) -> bool:
        assert fit.report is not None, "only of what was read"
        key = (job.tenant, fit.report.model)
        seen = self._first.get(key, 0)
        if seen >= FIRST:
            return False
        if len(self._first) >= MODELS:
            self._first.clear()
        self._first[key] = seen + 1
        return True

    def _learn(self, job: Job, fit: Fit, tap: Tap) -> None:
        try:
            usage, report = tap.usage(), fit.report
            if usage and report and _count(usage) >= PLAUSIBLE * report.after.tokens:
                self._told(job, fit, usage)
        finally:
            self._room.release()

    def _told(self, job: Job, fit: Fit, said: object) -> bool:
        try:
            if fit.fitted is not None:
                self.brim.observe(fit.fitted, said)
            else:
                self.brim.observe(fit.body, said, tenant=job.tenant, dialect=job.route.dialect)
        except MalformedRequest:
            return False
        except Exception as error:  # a fault in Brim or a plugin never costs a request
            log.warning("%s while an answer was learned from", type(error).__name__)
            return False
        return True

"""One request on its way, and what is told of it afterwards."""

from __future__ import annotations

import logging
import re
import time

import msgspec
from attrs import define, field

from brim_proxy.access import ACCESS, tell
from brim_proxy.asgi import Headers, Message, Receive, Scope, Send
from brim_proxy.clock import Clock
from brim_proxy.job import Fit
from brim_proxy.problems import Problem, rendered
from brim_proxy.routes import Route
from brim_proxy.translation.crossing import Crossing

__all__ = ["Call"]

_SAFE = re.compile(r"[\w.:/@+-]{1,80}", re.ASCII)
JSON = b"application/json"
HANDLES = 16
"""The most that a header names, the newest."""


@define(eq=False)
class Call:
    """A request: its ASGI triple, its route, and what happens to it."""

    scope: Scope
    receive: Receive
    send: Send = field(repr=False)
    route: Route
    clock: Clock = field(repr=False)
    tenant: str = ""
    mode: str = ""
    fit: Fit | None = None
    crossing: Crossing | None = None
    status: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    outcome: str = "ok"
    finished: bool = False
    began: float = field(factory=time.perf_counter)
    seconds: float = 0.0
    headers: Headers = field(init=False, repr=False)
    """With names in lower case."""
    _given: dict[bytes, bytes] | None = field(default=None, repr=False)

    @headers.default
    def _lowered(self) -> Headers:
        return [(name.lower(), value) for name, value in self.scope["headers"]]

    def given(self, name: bytes) -> bytes:
        """The first value of a request header, empty where there is none. `name` is in lower
        case."""
        if self._given is None:
            self._given = dict(reversed(self.headers))
        return self._given.get(name, b"")

    @property
    def started(self) -> bool:
        """Whether the client has seen the head of a response."""
        return self.status > 0

    async def start(self, status: int, headers: Headers) -> None:
        self.status = status
        message: Message = {"type": "http.response.start", "status": status, "headers": headers}
        await self.send(message)

    async def write(self, piece: bytes, more: bool) -> None:
        self.bytes_out += len(piece)
        self.finished = not more
        await self.send({"type": "http.response.body", "body": piece, "more_body": more})

    async def answer(
        self, status: int, body: bytes, kind: bytes = JSON, extra: Headers | None = None
    ) -> None:
        """A whole response of the proxy's own."""
        size = str(len(body)).encode()
        headers = [(b"content-type", kind), (b"content-length", size), *(extra or [])]
        await self.start(status, headers)
        await self.write(b"" if self.scope["method"] == "HEAD" else body, more=False)

    async def refuse(
        self, problem: Problem, *, outcome: str = "refused", last: bool = False
    ) -> None:
        """A refusal in the shape that this client reads; the `last` one on its connection."""
        self.outcome = outcome
        status, body = rendered(problem, self.route.vendor)
        closing = [(b"connection", b"close")] if last else []
        await self.answer(status, body, extra=[*closing, *problem.headers, *self.told()])

    def told(self) -> Headers:
        """What Brim did, as response headers."""
        facts = [] if self.crossing is None else self.crossing.told()
        if self.fit is None:
            return facts
        fit, report = self.fit, self.fit.report
        facts += [
            (b"x-brim-mode", self.mode.encode()),
            (b"x-brim-ms", b"%.2f" % (1000 * fit.seconds)),
        ]
        if report is None:
            facts.append((b"x-brim-level", b"overflow" if fit.refusal else b"unread"))
        else:
            facts += [
                (b"x-brim-tokens-before", b"%d" % report.before.tokens),
                (b"x-brim-tokens-after", b"%d" % report.after.tokens),
                (b"x-brim-budget", b"%d" % report.after.budget),
                (b"x-brim-level", report.decision.level.encode()),
            ]
        if fit.changed and report is not None:
            handles = ",".join(fit.handles[-HANDLES:])
            facts.append((b"x-brim-strategies", fit.strategies.encode("latin-1", "replace")))
            facts.append((b"x-brim-handles", handles.encode("latin-1", "replace")))
        if fit.recovered:
            facts.append((b"x-brim-recovered", b"1"))
        return facts

    def end(self) -> None:
        """Nothing more happens to it."""
        self.seconds = time.perf_counter() - self.began
        if ACCESS.isEnabledFor(logging.INFO):
            tell(self.line)

    def line(self) -> str:
        """The access line: sizes, times and names; no body, no key, no path, no query."""
        line: dict[str, object] = {
            "route": self.route.name,
            "method": self.scope["method"] if _SAFE.fullmatch(self.scope["method"]) else "?",
            "status": self.status,
            "outcome": self.outcome,
            "ms": round(1000 * self.seconds, 2),
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "tenant": self.tenant,
        }
        if self.fit is not None:
            line["mode"] = self.mode
            line["brim_ms"] = round(1000 * self.fit.seconds, 2)
            line |= self._fitting(self.fit)
        return msgspec.json.encode(line).decode()

    def _fitting(self, fit: Fit) -> dict[str, object]:
        report = fit.report
        if report is None:
            return {"unread": fit.failure or "refused"}
        return {
            "model": report.model if _SAFE.fullmatch(report.model) else "?",
            "tokens_before": report.before.tokens,
            "tokens_after": report.after.tokens,
            "level": str(report.decision.level),
            "changed": fit.changed,
            "recovered": fit.recovered,
        }

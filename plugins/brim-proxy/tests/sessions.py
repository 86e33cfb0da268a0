"""Whole sessions of clients: a model that works with a tool, and a look at all that passed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner
from replies import Call, Turn, least, provider
from running import Running, serving
from stub import Action, Recorded, Stub, whole

from brim import Brim
from brim.cli.main import cli

DIALECTS = {
    "/v1/chat/completions": "openai-chat",
    "/v1/responses": "openai-responses",
    "/v1/messages": "anthropic",
}
DONE = "All files are read: the answer is 7f3a."


def document(number: int, lines: int = 300) -> str:
    """A file to read, about 20 tokens a line, no two alike."""
    rows = (f"{i}: order {number * 10_000 + i * 37} went to hall {i % 90}" for i in range(lines))
    return "\n".join(f"{row}, row {len(row) * number}" for row in rows)


def tools_of(request: Mapping[str, Any]) -> set[str]:
    offered = [tool.get("function", tool) for tool in request.get("tools") or []]
    return {tool.get("name") for tool in offered}


@dataclass
class Agent:
    """A model that calls `tool` with one argument object after another, then says DONE.

    Its requests are refused over `window` tokens, as a provider would. `faults` are what happens
    in the place of an answer, once, before these steps. Requests without the tool (titles and
    such) are answered with some words.
    """

    tool: str
    calls: Sequence[dict[str, object]]
    window: int
    faults: dict[int, list[Action]] = field(default_factory=dict)
    step: int = 0
    refused: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, recorded: Recorded) -> Sequence[Action]:
        actions = self._answer(recorded)
        self.answers[recorded.headers["x-tap"]] = payload(actions)
        return actions

    def _answer(self, recorded: Recorded) -> Sequence[Action]:
        if recorded.target.partition("?")[0] not in DIALECTS:
            return provider(recorded)
        if (used := least(recorded.body)) > self.window:
            self.refused += 1
            return [too_long(used, self.window)]
        if self.tool not in tools_of(recorded.json):
            return provider(recorded)
        if fault := self.faults.pop(self.step, None):
            return fault
        self.step += 1
        if self.step > len(self.calls):
            return provider(recorded, Turn((DONE,)))
        call = Call(f"call_{self.step}", self.tool, self.calls[self.step - 1])
        return provider(recorded, Turn((f"Step {self.step}.",), call))

    @property
    def done(self) -> bool:
        return self.step > len(self.calls) and not self.faults


def too_long(used: int, window: int) -> bytes:
    text = f"prompt is too long: {used} tokens > {window} maximum"
    error = {"type": "invalid_request_error", "message": text, "code": "context_length_exceeded"}
    return whole("400 Bad Request", json.dumps({"type": "error", "error": error}).encode())


def overloaded(status: str = "529 Overloaded") -> list[Action]:
    """A fault that clients wait out."""
    error = {"type": "overloaded_error", "message": "Overloaded", "code": "overloaded"}
    body = json.dumps({"type": "error", "error": error}).encode()
    return [whole(status, body, "retry-after: 0")]


def payload(actions: Sequence[Action]) -> bytes:
    """The bytes of a response's body, as a client reads them."""
    head, *pieces = [action for action in actions if isinstance(action, bytes)]
    if b"Transfer-Encoding: chunked" not in head:
        return head.partition(b"\r\n\r\n")[2]
    return b"".join(piece.partition(b"\r\n")[2][:-2] for piece in pieces)


@dataclass
class Passage:
    """One request as its client sent it, and the response as the client got it."""

    path: str
    body: bytes = b""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    whole: bool = False

    @property
    def condensed(self) -> bool:
        return "x-brim-strategies" in self.headers


class Tap:
    """An ASGI application around the proxy's that notes all that passes."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []

    def around(self, app: Any) -> Any:
        async def tapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            passage = Passage(scope["path"])
            mark = (b"x-tap", str(len(self.passages)).encode())
            self.passages.append(passage)

            async def noted_receive() -> Any:
                message = await receive()
                passage.body += message.get("body", b"")
                return message

            async def noted_send(message: Any) -> None:
                if message["type"] == "http.response.start":
                    passage.status = message["status"]
                    passage.headers = {k.decode(): v.decode() for k, v in message["headers"]}
                else:
                    passage.answer += message.get("body", b"")
                    passage.whole = not message.get("more_body", False)
                await send(message)

            headers = [*scope["headers"], mark]
            await app({**scope, "headers": headers}, noted_receive, noted_send)

        return tapped


@dataclass
class Session:
    """A proxy, the model behind it, and all that has passed between a client and them."""

    agent: Agent
    running: Running
    tap: Tap
    brim: Brim

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def fitted(self) -> list[tuple[str, Passage]]:
        """The requests of a conversation, with their numbers."""
        numbered = enumerate(self.tap.passages)
        return [(str(i), one) for i, one in numbered if one.path in DIALECTS and one.body]

    def sent(self, number: str) -> list[bytes]:
        """What went up for this request: twice where an overflow was recovered."""
        requests = self.running.stub.requests
        return [one.body for one in requests if one.headers["x-tap"] == number]

    def judge(self, *, profile: str, condensed: int = 1, recovered: int = 0) -> None:
        """Assert what holds of every session, and that this many requests were condensed.

        `profile` names the built-in model by whose rules requests are valid.
        """
        assert self.agent.done
        assert self.agent.refused == recovered
        assert sum(passage.condensed for _, passage in self.fitted) >= condensed
        assert any(not passage.condensed for _, passage in self.fitted)
        told = [one.headers.get("x-brim-tokens-before", "0") for _, one in self.fitted]
        assert max(map(int, told)) > self.agent.window
        for number, passage in self.fitted:
            self._judge_one(number, passage)
        for dialect in sorted({DIALECTS[passage.path] for _, passage in self.fitted}):
            self._judge_rules(dialect, profile)

    def _judge_one(self, number: str, passage: Passage) -> None:
        sent = self.sent(number)
        assert sent, "it was refused"
        went = sent[-1]
        assert (went != passage.body) == passage.condensed
        counted = self.brim.count(went, dialect=DIALECTS[passage.path])
        assert counted.total <= int(passage.headers.get("x-brim-budget", self.agent.window))
        assert least(went) <= self.agent.window
        if passage.whole:
            assert passage.answer == self.agent.answers[number]

    def _judge_rules(self, dialect: str, profile: str) -> None:
        chosen = [number for number, one in self.fitted if DIALECTS[one.path] == dialect]
        judge_rules([body for n in chosen for body in self.sent(n)], dialect, profile)


def judge_rules(bodies: Sequence[bytes], dialect: str, profile: str) -> None:
    """`brim check` finds nothing in what went up."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sent.jsonl"
        file.write_text("\n".join(json.dumps(json.loads(body)) for body in bodies))
        asked = ["check", str(file), "--dialect", dialect, "--model", profile]
        result = CliRunner().invoke(cli, asked)
    assert result.exit_code == 0, result.output


@contextmanager
def session(agent: Agent, brim: Brim, **settings: object) -> Iterator[Session]:
    """A proxy in front of this model."""
    tap = Tap()
    with Stub(agent) as stub, serving(stub, brim, tap.around, **settings) as running:
        yield Session(agent, running, tap, brim)

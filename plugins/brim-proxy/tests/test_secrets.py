"""Every way in which a request can fail, with a secret in every place: none comes out."""

from __future__ import annotations

import json
import logging

import pytest
from running import ask
from stub import chunked, whole

from brim import Brim
from brim.api import Counts, Operation, Request, hookimpl

SECRET = "planted-7d1e"
CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
FILL = f"{SECRET} the quick brown fox jumps over it. "


class Breaking:
    """Fails in every hook that it has, with what it was given in the text."""

    name = "breaking"

    @hookimpl
    def count_tokens(self, texts, profile) -> Counts | None:
        if any(SECRET in text for text in texts):
            raise ValueError(f"cannot count {texts}")
        return None

    @hookimpl
    def should_trim(self, task):
        raise KeyError(f"{task} {SECRET}")

    @hookimpl
    def condense(self, task):
        raise RuntimeError(f"{[one.messages for one in task.conversation.exchanges]}")

    @hookimpl
    def monitor_operation(self, operation: Operation) -> None:
        raise OSError(f"{operation} {SECRET}")

    @hookimpl
    def admit(self, request: Request) -> bool:
        if request.tokens > 50:
            raise PermissionError(f"{request} {SECRET}")
        return True


def messages(words: str, count: int = 1) -> list[dict]:
    turns = [
        {"role": ("user", "assistant")[i % 2], "content": f"{i} {words}"} for i in range(count)
    ]
    return [*turns, {"role": "user", "content": SECRET}]


def bodies() -> list[bytes]:
    plain = {"model": "tiny", "max_tokens": 50}
    found = [
        {**plain, "messages": messages(FILL)},
        {**plain, "messages": messages(FILL * 4, 60)},
        {**plain, "messages": messages(FILL * 500)},
        {**plain, "messages": [{"role": SECRET, "content": {SECRET: SECRET}}]},
        {**plain, "messages": SECRET},
        {**plain, "model": SECRET, "messages": messages(FILL)},
        {**plain, "model": {SECRET: 1}, "messages": messages(FILL)},
        {**plain, "tools": [{SECRET: SECRET}], "messages": messages(FILL)},
        {"model": "tiny", "input": SECRET},
        {"model": "tiny", "input": [{"type": SECRET, SECRET: [SECRET]}]},
    ]
    broken = [f'{{"{SECRET}": {SECRET}', "[" * 9_000 + SECRET, f'"{SECRET}"', SECRET * 3_000]
    return [json.dumps(one).encode() for one in found] + [one.encode() for one in broken]


ANSWERS = [
    ["close"],
    ["reset"],
    ["hang"],
    [f"{SECRET}\r\n\r\n".encode()],
    [whole(f"500 {SECRET}", SECRET.encode())],
    [whole("400 Bad Request", json.dumps({"error": {"message": SECRET, "code": SECRET}}).encode())],
    [chunked(f"X-Secret: {SECRET}"), "close"],
    [chunked(), SECRET.encode(), "reset"],
    [whole("200 OK", b"{}")],
]


@pytest.fixture
def faulty():
    tiny = {"window": 2_000, "max_output": 400, "like": "gpt-4o"}
    chosen = {"models": {"tiny": tiny}, "archive": {"where": "memory"}, "policy": "breaking"}
    with Brim(
        {**chosen, "strategies": ["breaking", "smart-truncation"]}, plugins=[Breaking()]
    ) as made:
        yield made


def test_none_comes_out(serve, faulty, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    turn = iter(range(10_000))
    proxy = serve(
        lambda _: ANSWERS[next(turn) % len(ANSWERS)],
        kernel=faulty,
        first_byte_timeout=0.1,
        idle_timeout=0.1,
        max_body=30_000,
    )
    names = (
        "Authorization",
        "x-api-key",
        "Cookie",
        "x-brim-mode",
        "x-brim-key",
        "Content-Encoding",
    )
    every = [dict.fromkeys(names[:n], SECRET) for n in (0, 5, 6)]
    told, statuses = [], set()
    for path in (CHAT, MESSAGES, RESPONSES, f"{MESSAGES}/count_tokens", f"/v1/{SECRET}?k={SECRET}"):
        for i, body in enumerate(bodies()):
            told += heard(proxy, statuses, path, body, every[i % len(every)])
    told += heard(proxy, statuses, f"/{SECRET}", b"", {})
    monkeypatch.setattr(proxy.app.forwarding, "serve", failing)
    told += heard(proxy, statuses, CHAT, bodies()[0], every[1])
    for path in ("/metrics", "/brim/stats", "/readyz"):
        told.append(ask(proxy.port, "GET", path)[1].decode())
    assert {200, 400, 404, 413, 429, 500, 502, 504} <= statuses
    told += [record.getMessage() + str(record.exc_info) for record in caplog.records]
    told += capfd.readouterr()
    assert len(told) > 150
    for text in told:
        assert SECRET not in text


def heard(proxy, statuses: set[int], path: str, body: bytes, headers: dict[str, str]) -> list[str]:
    """The head of the answer, but for what the upstream wrote, and a body of the proxy's own."""
    try:
        response, answer = ask(proxy.port, "POST", path, body, headers)
    except Exception:  # what breaks off is meant to
        return []
    statuses.add(response.status)
    own = [f"{name}: {value}" for name, value in response.getheaders() if "brim" in name]
    return [
        *own,
        "" if SECRET.encode() in answer and response.status in (400, 500) else str(answer),
    ]


async def failing(*given: object) -> None:
    raise RuntimeError(f"{given} {SECRET}")

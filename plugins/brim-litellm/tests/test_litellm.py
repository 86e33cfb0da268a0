"""The plugin against a real server on loopback, which LiteLLM takes for OpenAI's."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web

import brim_litellm
from brim.api import Ask, Completion, CompletionError, SettingsError
from brim_litellm import LiteLLM, Settings

KEY = "sk-Planted-0123456789"
ASK = Ask((("system", "be short"), ("user", "hello")), max_tokens=50)
ANSWER = {
    "id": "x",
    "object": "chat.completion",
    "created": 1,
    "model": "small-2",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}
REFUSED = {"error": {"message": f"wrong key {KEY}", "type": "x", "code": "y"}}

Answer = Callable[[web.Request], Any]


class Script:
    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(json.loads(await request.read()))
        self.keys.append(request.headers.get("Authorization", ""))
        answer = self.answers[min(len(self.bodies), len(self.answers)) - 1](request)
        found: web.StreamResponse = await answer if asyncio.iscoroutine(answer) else answer
        return found


@contextmanager
def serving(*answers: Answer) -> Iterator[Script]:
    script = Script(*answers)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{path:.*}", script.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        script.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield script
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def says(value: object, status: int = 200) -> Answer:
    return lambda request: web.json_response(value, status=status)


async def hangs(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


async def streams(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "small-2"}
    for text, finish in (("gr", None), ("üße", None), (None, "stop")):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
        await response.write(f"data: {json.dumps({**head, 'choices': [choice]})}\n\n".encode())
    usage = {**head, "choices": [], "usage": ANSWER["usage"]}
    await response.write(f"data: {json.dumps(usage)}\n\ndata: [DONE]\n\n".encode())
    return response


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setattr(brim_litellm, "FIRST_PAUSE", 0.001)


def plugin(script: Script, **settings: Any) -> LiteLLM:
    given: dict[str, Any] = {"model": "openai/small", "key_variable": "MY_KEY", "timeout": 120.0}
    return LiteLLM(Settings(**{**given, "base_url": script.url, **settings}))


def complete(script: Script, **settings: Any) -> Completion:
    found: Completion = asyncio.run(plugin(script, **settings).complete(ASK))
    return found


def test_asks_and_reads() -> None:
    with serving(says(ANSWER)) as script:
        found = complete(script)
    assert found == Completion("hi", "end", "small-2", 9, 3, 0)
    assert script.keys == [f"Bearer {KEY}"]
    (body,) = script.bodies
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("small", 50, 0.0)
    assert body["messages"] == [
        {"role": "system", "content": "be short"},
        {"role": "user", "content": "hello"},
    ]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_tries_again(status: int) -> None:
    with serving(says(REFUSED, status), says(ANSWER)) as script:
        assert complete(script).text == "hi"
    assert len(script.bodies) == 2


@pytest.mark.parametrize(("status", "kind"), [(400, "refused"), (401, "refused"), (429, "limit")])
def test_errors_are_typed_and_quote_nothing(status: int, kind: str) -> None:
    with serving(says(REFUSED, status)) as script, pytest.raises(CompletionError) as caught:
        complete(script, retries=1)
    assert (caught.value.kind, caught.value.status) == (kind, status)
    assert len(script.bodies) == (2 if kind == "limit" else 1)
    assert KEY not in repr(caught.value)
    assert caught.value.__context__ is None


def test_too_long_is_told_with_the_numbers() -> None:
    text = f"This model's maximum context length is 4096 tokens. {KEY} has 5000 input tokens"
    body = {"error": {"message": text, "type": "x", "code": "context_length_exceeded"}}
    with serving(says(body, 400)) as script, pytest.raises(CompletionError) as caught:
        complete(script, retries=1)
    assert (caught.value.kind, caught.value.window, caught.value.used) == ("overflow", 4096, 5000)
    assert KEY not in repr(caught.value)
    assert len(script.bodies) == 1


def test_hanging_ends_at_the_timeout() -> None:
    with serving(says(ANSWER), hangs) as script:
        complete(script)
        with pytest.raises(CompletionError, match="in time"):
            complete(script, timeout=0.5)


def test_streams() -> None:
    async def pieces(script: Script) -> list[Any]:
        return [piece async for piece in plugin(script).stream(ASK)]

    with serving(streams) as script:
        *texts, last = asyncio.run(pieces(script))
    assert "".join(piece.text for piece in texts) == "grüße"
    assert last.completion.text == "grüße"
    assert (last.completion.stop, last.completion.output_tokens) == ("end", 3)


def test_a_key_in_the_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match="never a key") as caught:
        Settings(key_variable=KEY)
    assert KEY not in str(caught.value)

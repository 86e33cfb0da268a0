"""The providers keep every law of `complete` and `stream`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import aiohttp  # noqa: F401 - loaded before a worker is forked, so that no task pays for it
import pytest

from brim.defaults.anthropic_completion import AnthropicCompletion
from brim.defaults.openai_completion import OpenAICompletion
from brim.testing.contracts import CompleteContract, StreamContract

TEXT = ["the ", "usér ", "asked"]


def openai(stream: bool) -> list[dict[str, object]]:
    usage = {"prompt_tokens": 9, "completion_tokens": 3}
    if not stream:
        message = {"message": {"content": "".join(TEXT)}, "finish_reason": "stop"}
        return [{"model": "m", "choices": [message], "usage": usage}]
    pieces = [{"choices": [{"delta": {"content": text}}]} for text in TEXT]
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage}
    return [*pieces, end]


def anthropic(stream: bool) -> list[dict[str, object]]:
    whole = {"model": "m", "usage": {"input_tokens": 9, "output_tokens": 3}}
    if not stream:
        content = [{"type": "text", "text": "".join(TEXT)}]
        return [{**whole, "content": content, "stop_reason": "end_turn"}]
    pieces = [{"type": "content_block_delta", "delta": {"text": text}} for text in TEXT]
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    return [{"type": "message_start", "message": whole}, *pieces, end]


class Provider(BaseHTTPRequestHandler):
    """Both dialects, whole or streamed, as asked for."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        stream = bool(body.get("stream"))
        events = (anthropic if "v1" in self.path else openai)(stream)
        texts = [json.dumps(event) for event in events]
        data = "".join(f"data: {text}\n\n" for text in texts) if stream else texts[0]
        self.send_response(200)
        self.send_header("content-length", str(len(data.encode())))
        self.end_headers()
        self.wfile.write(data.encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture(scope="module", autouse=True)
def _served() -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    SETTINGS["base_url"] = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    thread.join()
    server.server_close()


SETTINGS: dict[str, object] = {}


class TestOpenAICompletion(CompleteContract):
    plugin = OpenAICompletion
    settings: ClassVar = SETTINGS
    examples: ClassVar = 8


class TestOpenAIStream(StreamContract):
    plugin = OpenAICompletion
    settings: ClassVar = SETTINGS
    examples: ClassVar = 8


class TestAnthropicCompletion(CompleteContract):
    plugin = AnthropicCompletion
    settings: ClassVar = SETTINGS
    examples: ClassVar = 8


class TestAnthropicStream(StreamContract):
    plugin = AnthropicCompletion
    settings: ClassVar = SETTINGS
    examples: ClassVar = 8

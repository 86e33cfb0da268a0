"""A server that answers as Anthropic does, and refuses what is too long or not valid.

It counts texts with the real vocabulary, and looks after the pairs of tool calls and
results by itself: it knows nothing of Brim's rules.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field

from brim.defaults.vocabulary import encoding

Json = dict[str, Any]

TEXTUAL = {"content", "text", "input", "name", "system"}


@define
class Provider:
    window: int
    url: str = ""
    seen: list[Json] = field(factory=list)
    refused: list[str] = field(factory=list)
    headers: list[Json] = field(factory=list)
    paths: list[str] = field(factory=list)


@contextmanager
def serving(window: int) -> Iterator[Provider]:
    provider = Provider(window)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            provider.seen.append(body)
            provider.headers.append(dict(self.headers))
            provider.paths.append(self.path)
            fault = refusal(provider, body)
            if fault:
                provider.refused.append(fault)
                error = {"type": "invalid_request_error", "message": fault}
                answer = {"type": "error", "error": error}
                self._send(400, json.dumps(answer).encode(), "application/json")
                return
            whole, events = message(body)
            if body.get("stream"):
                self._send(200, b"".join(map(event, events)), "text/event-stream")
            else:
                self._send(200, json.dumps(whole).encode(), "application/json")

        def _send(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("request-id", "req_1")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def event(value: Json) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()


def refusal(provider: Provider, body: Json) -> str:
    if unpaired(body["messages"]):
        return "messages: `tool_use` ids were found without `tool_result` blocks"
    size = tokens({"system": body.get("system"), "content": body["messages"]})
    if size <= provider.window:
        return ""
    return f"prompt is too long: {size} tokens > {provider.window} maximum"


def tokens(value: object) -> int:
    """Tokens of all texts in it."""
    if isinstance(value, str):
        return len(encoding("o200k_base").encode_ordinary(value))
    if isinstance(value, dict):
        return sum(tokens(one) for key, one in value.items() if key in TEXTUAL or key == "what")
    return sum(map(tokens, value)) if isinstance(value, list) else 0


def blocks(message: Json) -> list[Json]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def unpaired(messages: list[Json]) -> bool:
    """Whether the results of a message's calls are not in the next one, or have no call."""
    waiting: set[str] = set()
    for message in messages:
        results = {one["tool_use_id"] for one in blocks(message) if one["type"] == "tool_result"}
        if results != waiting:
            return True
        waiting = {one["id"] for one in blocks(message) if one["type"] == "tool_use"}
    return bool(waiting) or messages[0]["role"] != "user"


def wants_a_call(body: Json) -> bool:
    """One call for each question."""
    last = blocks(body["messages"][-1])
    return "tools" in body and all(one["type"] == "text" for one in last)


def message(body: Json) -> tuple[Json, list[Json]]:
    block: Json = {"type": "text", "text": "It rains."}
    first: Json = {"type": "text", "text": ""}
    delta: Json = {"type": "text_delta", "text": "It rains."}
    end = "end_turn"
    if wants_a_call(body):
        number = len(body["messages"])
        first = {"type": "tool_use", "id": f"toolu_{number}", "name": "look_up", "input": {}}
        block = {**first, "input": {"what": "weather"}}
        delta = {"type": "input_json_delta", "partial_json": '{"what": "weather"}'}
        end = "tool_use"
    whole: Json = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [block],
        "stop_reason": end,
        "stop_sequence": None,
        "usage": {"input_tokens": tokens(body["messages"]), "output_tokens": 3},
    }
    begun = {**whole, "content": [], "stop_reason": None}
    ended = {"stop_reason": end, "stop_sequence": None}
    return whole, [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": first},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    ]

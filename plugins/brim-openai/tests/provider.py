"""A server that answers as OpenAI does, and refuses what is too long or not valid.

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

CALL = {"name": "look_up", "arguments": '{"what": "weather"}'}


@define
class Provider:
    window: int
    url: str = ""
    seen: list[Json] = field(factory=list)
    refused: list[str] = field(factory=list)
    headers: list[Json] = field(factory=list)


@contextmanager
def serving(window: int) -> Iterator[Provider]:
    provider = Provider(window)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            provider.seen.append(body)
            provider.headers.append(dict(self.headers))
            answers = responses if self.path.endswith("/responses") else chat
            fault = refusal(provider, body)
            if fault:
                provider.refused.append(fault["code"])
                self._send(400, json.dumps({"error": fault}).encode(), "application/json")
                return
            whole, events = answers(body)
            if body.get("stream"):
                self._send(200, b"".join(map(event, events)), "text/event-stream")
            else:
                self._send(200, json.dumps(whole).encode(), "application/json")

        def _send(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("x-request-id", "req_1")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def event(value: Json) -> bytes:
    name = f"event: {value['type']}\n" if "type" in value else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def items_of(body: Json) -> list[Json]:
    found = body.get("messages", body.get("input"))
    return [{"role": "user", "content": found}] if isinstance(found, str) else found


def refusal(provider: Provider, body: Json) -> Json | None:
    if unpaired(items_of(body)):
        return {"message": "a result has no call", "type": "x", "code": "invalid", "param": None}
    size = tokens(items_of(body))
    if size <= provider.window:
        return None
    text = (
        f"This model's maximum context length is {provider.window} tokens. However, your messages"
    )
    text += f" resulted in {size} tokens. Please reduce the length of the messages."
    code = "context_length_exceeded"
    return {"message": text, "type": "invalid_request_error", "code": code, "param": None}


def tokens(value: object) -> int:
    """Tokens of all texts in it."""
    if isinstance(value, str):
        return len(encoding("o200k_base").encode_ordinary(value))
    if isinstance(value, dict):
        return sum(tokens(one) for key, one in value.items() if key in TEXTUAL)
    return sum(map(tokens, value)) if isinstance(value, list) else 0


TEXTUAL = {"content", "text", "output", "tool_calls", "function", "name", "arguments"}


def unpaired(items: list[Json]) -> bool:
    """Whether a call and its result do not stand side by side."""
    waiting: set[str] = set()
    for item in items:
        answered = item.get("tool_call_id") or (
            item["call_id"] if item.get("type") == "function_call_output" else None
        )
        if answered:
            if answered not in waiting:
                return True
            waiting.discard(answered)
        elif waiting and item.get("type") != "function_call":
            return True
        waiting |= {call["id"] for call in item.get("tool_calls") or ()}
        if item.get("type") == "function_call":
            waiting.add(item["call_id"])
    return bool(waiting)


def wants_a_call(body: Json) -> bool:
    """One call for each question."""
    last = items_of(body)[-1]
    return last.get("role") == "user" and "tools" in body


def chat(body: Json) -> tuple[Json, list[Json]]:
    base: Json = {"id": "c1", "created": 1, "model": body["model"]}
    message: Json = {"role": "assistant", "content": "It rains."}
    end = "stop"
    if wants_a_call(body):
        call = {"id": f"call_{len(body['messages'])}", "type": "function", "function": CALL}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        end = "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": end}
    usage = {"prompt_tokens": tokens(body["messages"]), "completion_tokens": 3, "total_tokens": 0}
    whole = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
    delta = {**message}
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": 0, **delta["tool_calls"][0]}]
    base["object"] = "chat.completion.chunk"
    choices = [
        {"index": 0, "delta": delta, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": end},
    ]
    return whole, [{**base, "choices": [one]} for one in choices]


def responses(body: Json) -> tuple[Json, list[Json]]:
    item: Json = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "It rains.", "annotations": []}],
    }
    if wants_a_call(body):
        number = len(body["input"])
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", **CALL}
        item["status"] = "completed"
    whole: Json = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body["model"],
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    begun = {**whole, "status": "in_progress", "output": []}
    events: list[Json] = [
        {"type": "response.created", "response": begun, "sequence_number": 0},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return whole, [{"sequence_number": i, **one} for i, one in enumerate(events)]

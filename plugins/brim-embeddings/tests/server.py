"""A server that embeds: by letters, so that words that look alike are near each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from typing import Any

SYNONYMS = {"feline": "cat", "automobile": "car"}


def vector(text: str) -> list[float]:
    """Letter pairs, after synonyms became one word."""
    words = [SYNONYMS.get(word.strip(".,?:"), word.strip(".,?:")) for word in text.lower().split()]
    found = [0.0] * 64
    for word in words:
        for pair in pairwise(word):
            found[(ord(pair[0]) * 31 + ord(pair[1])) % 64] += 1.0
    return found


class Embedder:
    """What was asked, and what is to be answered instead of vectors."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.answer: bytes | None = None
        self.url = ""
        self.fails_after: int | None = None

    def texts(self) -> list[str]:
        return [text for body in self.bodies for text in body["input"]]


@contextmanager
def serving() -> Iterator[Embedder]:
    script = Embedder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            script.bodies.append(body)
            script.headers.append({k.lower(): v for k, v in self.headers.items()})
            rows = [{"index": i, "embedding": vector(t)} for i, t in enumerate(body["input"])]
            answer = script.answer or json.dumps({"data": rows[::-1]}).encode()
            late = script.fails_after is not None and len(script.bodies) > script.fails_after
            self.send_response(500 if late else script.status)
            self.send_header("content-length", str(len(answer)))
            if script.status in (301, 302, 307):
                self.send_header("location", script.url)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

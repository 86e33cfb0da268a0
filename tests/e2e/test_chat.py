"""`brim chat` itself, with a real small model: conversations as somebody types them.

Between the two stands a relay that writes down what was asked and how it was answered: a request
that was too long, or that the server does not take, would show there however it was made up for.
"""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from brim.chat import Transcripts

TURNS = 40
CONTEXT = 2_048
PATIENCE = 300.0
TOML = """
strategies = ["tool-masking", "smart-truncation"]

[models.smol]
like = "smollm2"
window = 2048
max_output = 12
"""
CHAT = [sys.executable, "-c", "from brim.cli.main import main; main()", "chat"]
CHAT += ["--model", "smol", "--system", "Answer in three words."]
FACTS = ("the parcel weighs %d kg and must stay dry", "gate %d opens at eight in the morning")


@define
class Relay:
    """What went up, and the status and the usage that came back."""

    upstream: str
    seen: list[tuple[dict[str, Any], int, int]] = field(factory=list)

    def passed(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        post = urllib.request.Request(
            self.upstream + path, body, {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(post, timeout=PATIENCE) as answer:
                status, kind, data = answer.status, answer.headers["content-type"], answer.read()
        except urllib.error.HTTPError as error:
            status, kind, data = error.code, error.headers["content-type"], error.read()
        self.seen.append((json.loads(body), status, _prompt(data)))
        return status, kind, data


def _prompt(data: bytes) -> int:
    """Tokens of the prompt, by the server's own count."""
    counts = [0]
    for line in data.split(b"\n"):
        with suppress(ValueError):
            found = json.loads(line.removeprefix(b"data: "))
            if isinstance(found, dict) and found.get("usage"):
                counts.append(found["usage"]["prompt_tokens"])
    return counts[-1]


@contextmanager
def relayed(llm: str) -> Iterator[tuple[str, Relay]]:
    """Its address as `--url` takes it, and the relay."""
    relay = Relay(llm)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, kind, data = relay.passed(self.path, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            with suppress(BrokenPipeError):
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1", relay
        server.shutdown()
        thread.join()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "brim.toml").write_text(TOML)
    monkeypatch.setenv("OPENAI_API_KEY", "none-is-needed")
    monkeypatch.setenv("BRIM_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def said(turn: int) -> str:
    filler = " ".join(f"item {turn * 7 + i}" for i in range(12))
    return f"Please note: {FACTS[turn % 2] % turn}, and so are {filler}."


def judged(relay: Relay, lines: list[str]) -> None:
    """Every request was taken, and was a conversation that ends with what was typed last."""
    assert [status for _, status, _ in relay.seen] == [200] * len(lines)
    for (request, _, prompt), line in zip(relay.seen, lines, strict=True):
        messages = request["messages"]
        assert messages[0] == {"role": "system", "content": "Answer in three words."}
        assert messages[-1] == {"role": "user", "content": line}
        assert all(message["content"].strip() for message in messages)
        assert 0 < prompt + 12 <= CONTEXT


def kept(name: str) -> list[tuple[str, str]]:
    """The transcript, as it is on disk."""
    with Transcripts() as transcripts:
        return [(one["role"], one["content"]) for one in transcripts.open(name).messages]


def test_a_conversation_longer_than_its_window(llm: str, place: Path) -> None:
    lines = [said(turn) for turn in range(TURNS)]
    with relayed(llm) as (url, relay):
        done = subprocess.run(
            [*CHAT, "--url", url, "--json"],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            cwd=place,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    judged(relay, lines)
    assert max(prompt for _, _, prompt in relay.seen) > CONTEXT // 2
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [one for one in shown if one["type"] == "error"]
    replies = [one["text"] for one in shown if one["type"] == "reply"]
    assert len(replies) == TURNS
    (note,) = [one["text"] for one in shown if one["type"] == "note" and "--resume" in one["text"]]
    both = zip(lines, replies, strict=True)
    expected = [pair for line, text in both for pair in (("user", line), ("assistant", text))]
    assert kept(note.split("--resume ")[1].split()[0]) == expected


def test_typed_in_a_terminal_and_gone_on_with_later(llm: str, place: Path) -> None:
    lines = [said(turn) for turn in range(3)]
    with relayed(llm) as (url, relay):
        with terminal(place, "--url", url) as typist:
            name = typist.until("--resume ").split()[0]
            for line in lines[:2]:
                typist.types(line)
            typist.types("/stats")
            typist.types("/quit")
        with terminal(place, "--url", url, "--resume", name) as typist:
            typist.until("4 messages so far")
            typist.types(lines[2])
            typist.types("/quit")
    judged(relay, lines)
    assert [text for role, text in kept(name) if role == "user"] == lines


class Typist:
    """Somebody at a terminal, who types when asked for more."""

    def __init__(self, screen: int) -> None:
        self.screen = screen
        self.seen = ""

    def until(self, words: str) -> str:
        """Wait for these words; the rest of their line, once it is whole."""
        while not (words in self.seen and "\n" in self.seen.split(words, 1)[1]):
            self._look()
        self.seen = self.seen.split(words, 1)[1]
        return self.seen.split("\n", 1)[0]

    def types(self, line: str) -> None:
        while not self.seen.endswith("> "):
            self._look()
        self.seen = ""
        os.write(self.screen, line.encode() + b"\n")

    def _look(self) -> None:
        ready, _, _ = select.select([self.screen], [], [], PATIENCE)
        assert ready, f"nothing came after {self.seen!r}"
        self.seen += os.read(self.screen, 65_536).decode(errors="replace")


@contextmanager
def terminal(place: Path, *options: str) -> Iterator[Typist]:
    """`brim chat` in a terminal of its own, which it must leave by itself."""
    screen, inside = pty.openpty()
    with subprocess.Popen(
        [*CHAT, *options], stdin=inside, stdout=inside, stderr=inside, cwd=place, close_fds=True
    ) as process:
        os.close(inside)
        try:
            yield Typist(screen)
            with suppress(OSError):  # its end; what nobody reads would keep it from that
                while os.read(screen, 65_536):
                    pass
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            os.close(screen)

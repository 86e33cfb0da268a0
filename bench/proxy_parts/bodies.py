"""What the clients of the benchmark send."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

__all__ = ["Bodies", "Conversation", "hello"]

Bodies = Callable[[], bytes]

WORDS = "the parser reads line 42 of src/app.py and returns a list of tokens to its caller "
ROLES = ("user", "assistant")
SERIAL = count()
LONGEST = 40
"""Turns, before a client begins a new conversation from the same messages."""


class Conversation:
    """Bodies of about `size` bytes, each of which goes on from the one before, as a client's do.

    With one message there is nothing to go on from: every body is a conversation of its own.
    """

    def __init__(self, size: int, messages: int, model: str, stream: bool) -> None:
        self.single = messages == 1
        each = max(size // messages - 40, 20)
        said = [
            (f"{i} " + WORDS * (each // len(WORDS) + 1))[:each]
            for i in range(messages - 1 + messages % 2)
        ]
        self.start = json.dumps({"stream": stream, "model": model}, separators=(",", ":"))[:-1]
        self.known = [json.dumps({"role": ROLES[i % 2], "content": s}) for i, s in enumerate(said)]
        self.turns: list[str] = []

    def body(self) -> bytes:
        """The next one."""
        number = next(SERIAL)
        if self.single:
            text = json.dumps({"role": "user", "content": f"{number} {self.known[0]}"})
            return f'{self.start},"messages":[{text}]}}'.encode()
        if len(self.turns) >= LONGEST:
            self.turns = []
        if self.turns:
            self.turns.append(json.dumps({"role": "assistant", "content": f"answer {number}"}))
        self.turns.append(json.dumps({"role": "user", "content": f"question {number}"}))
        known = ",".join([*self.known, *self.turns])
        return f'{self.start},"messages":[{known}]}}'.encode()


def hello() -> bytes:
    """The body of the guide's load test."""
    message = {"role": "user", "content": f"Test message {next(SERIAL)}"}
    return json.dumps({"model": "glm-4.5", "messages": [message], "max_tokens": 100}).encode()

"""Conversations and sources for the tests of injection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from brim.api import InjectTask, Snippet, hookimpl

Wire = dict[str, Any]
DIALECTS = ("openai-chat", "anthropic", "openai-responses")
MODELS = {"anthropic": "claude-sonnet-4-5"}


class Source:
    """A source made of a function; `seen` are the tasks it was given."""

    name = "source"

    def __init__(self, answer: Callable[[InjectTask], Any]) -> None:
        self.answer = answer
        self.seen: list[InjectTask] = []

    @hookimpl
    async def inject_context(self, task: InjectTask) -> Any:
        self.seen.append(task)
        return self.answer(task)


class Other(Source):
    name = "other"


def saying(*texts: str) -> Source:
    """It offers these texts, best first, whatever it is asked."""
    return Source(lambda task: [Snippet(text, f"s{i}", -i) for i, text in enumerate(texts)])


def on(*names: str, **settings: object) -> dict[str, object]:
    """Settings that ask these sources about every message."""
    chosen = {"mode": "on", **settings}
    return {"inject": list(names), "injection": chosen, "strategies": ["smart-truncation"]}


def user(text: str) -> Wire:
    return {"role": "user", "content": text}


def assistant(text: str) -> Wire:
    return {"role": "assistant", "content": text}


def chat(turns: int, size: int = 30) -> list[Wire]:
    """So many turns, and a question."""
    found = []
    for turn in range(turns):
        found += [user(f"ask {turn} " + "word " * size), assistant(f"say {turn} " + "word " * size)]
    return [*found, user("and what now?")]


def request(dialect: str, messages: Sequence[Wire]) -> Wire:
    key = "input" if dialect == "openai-responses" else "messages"
    return {"model": MODELS.get(dialect, "gpt-4o"), key: list(messages), "max_tokens": 256}


def block(message: Wire) -> str:
    """What was put behind a message, "" if nothing was."""
    content = message["content"]
    last = content[-1]["text"] if isinstance(content, list) else ""
    return last if last.startswith("<brim-context>") else ""

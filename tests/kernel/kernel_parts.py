"""Settings and small tasks for hooks."""

from __future__ import annotations

from pathlib import Path

from brim.api import (
    CondenseTask,
    Conversation,
    Exchange,
    Level,
    Message,
    ModelProfile,
    Shape,
    Text,
    TrimDecision,
    TrimTask,
    Usage,
)
from brim.settings.load import load
from brim.settings.schema import Settings

DISTRIBUTIONS = Path(__file__).parent / "distributions"
PROFILE = ModelProfile("test-model")


def settings(**overrides: object) -> Settings:
    """Settings from these values alone, whatever the machine says."""
    return load(path=DISTRIBUTIONS / "empty.toml", environ={}, overrides=overrides)


def condense_task(exchanges: int = 5) -> CondenseTask:
    one = Message("user", (Text("hello"),))
    body = tuple(Exchange(index, (one,), tokens=10) for index in range(exchanges))
    return CondenseTask(
        conversation=Conversation("openai-chat", "test-model", (), (), (), body),
        tokens=10 * exchanges,
        target=20,
        limit=30,
        profile=PROFILE,
        decision=TrimDecision(True, Level.CRITICAL, 20, 30),
        count=lambda texts: [len(text) for text in texts],
    )


def trim_task() -> TrimTask:
    usage = Usage(tokens=50, upper=50, fixed=0, budget=100, window=100)
    return TrimTask(usage, Shape(messages=5, turns=5, tokens=[10] * 5), PROFILE)

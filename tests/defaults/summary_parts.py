"""Conversations and a model for the tests of summaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from brim import Brim
from brim.api import Ask, Completion
from brim.testing.fakes import ScriptedModel

Wire = dict[str, Any]
Said = str | Completion | Callable[[Ask], str]

BOTH = ("conversation-summary", "progressive-summarization")


def talk(turns: int, start: int = 0, size: int = 60) -> list[Wire]:
    """Question and answer in turns, each with something of its own."""
    found: list[Wire] = []
    for n in range(start, start + turns):
        found.append(
            {"role": "user", "content": f"question {n}: " + "why is it so? " * (size // 6)}
        )
        found.append({"role": "assistant", "content": f"answer {n}: " + "it is so, " * (size // 3)})
    return found


def asked(turns: int, size: int = 60) -> list[Wire]:
    return [*talk(turns, size=size), {"role": "user", "content": "and now?"}]


def brim_with(
    *answers: Said, strategy: str = "conversation-summary", plugin: Wire | None = None, **more: Any
) -> tuple[Brim, ScriptedModel]:
    """A `Brim` that asks a scripted model. The gate lets everything through."""
    model = ScriptedModel(answers or ("Goal: to know why",))
    condensation = {"quality": 0.0, "max_messages": 1_000, **more.pop("condensation", {})}
    settings = {
        "strategies": [strategy],
        "complete": ["scripted-model"],
        "condensation": condensation,
        "plugin": {strategy: plugin or {}},
        "plugins": {"discover": False},
        **more,
    }
    return Brim(settings, [model]), model


def material(ask: Ask) -> str:
    """What an ask gives to read."""
    return ask.prompt[-1][1]


def notes(messages: Sequence[Any]) -> list[str]:
    return [one["content"] for one in messages if one["content"].startswith("<brim-note")]

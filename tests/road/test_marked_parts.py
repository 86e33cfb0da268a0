"""Cache marks of a message of which one part is condensed and another stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

import brim

MARK = {"cache_control": {"type": "ephemeral"}}
LONG = "the pump ran at 40 bar and nobody looked at it. " * 2


def talk(marked: str) -> list[dict[str, Any]]:
    """The user answers in the message that brings the tool's result."""
    result = {"type": "tool_result", "tool_use_id": "t1", "content": LONG}
    answer = {"type": "text", "text": "and now tell me about the valve"}
    call = {"type": "tool_use", "id": "t1", "name": "read", "input": {}}
    return [
        {"role": "user", "content": "read the log of the pump"},
        {"role": "assistant", "content": [call]},
        {
            "role": "user",
            "content": [result | MARK, answer] if marked == "result" else [result, answer | MARK],
        },
    ]


@pytest.mark.parametrize("marked", ["result", "answer"])
def test_a_mark_is_there_once(marked: str) -> None:
    settings = {"strategies": ["smart-truncation"], "archive": {"where": "memory"}}
    with brim.Brim(settings) as app:
        fitted = app.fit(
            {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": talk(marked)},
            budget=50,
            dialect="anthropic",
        )
    assert fitted.report.condensed
    sent = json.loads(json.dumps(fitted.messages))
    blocks = [block for one in sent for block in one["content"] if isinstance(block, dict)]
    bearing = [block["text"] for block in blocks if "cache_control" in block]
    assert len(bearing) == 1
    assert bearing[0].startswith("<brim-note") is (marked == "result")

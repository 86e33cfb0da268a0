"""Tasks for key-point extraction, made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from brim.api import (
    CondenseTask,
    Conversation,
    Exchange,
    Level,
    Message,
    ModelProfile,
    Replace,
    Text,
    ToolCall,
    ToolResult,
    TrimDecision,
)
from brim.defaults.keypoints import KeyPoints, KeyPointsSettings
from brim.texts import wrap_note

OVERHEAD = 12


def count(texts: Sequence[str]) -> list[int]:
    """A token for each four characters, rounded up."""
    return [(len(text) + 3) // 4 for text in texts]


def said(role: str, text: str, *, name: str = "", keep: bool = False) -> Exchange:
    message = Message(role, (Text(text),), name=name)
    return Exchange(0, (message,), count([text])[0] + 4, keep=keep)


def looked(name: str, arguments: dict[str, Any], result: Any, *, newest: bool = False) -> Exchange:
    given = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    call = ToolCall("1", name, json.dumps(arguments))
    messages = (
        Message("assistant", (call,)),
        Message("tool", (ToolResult("1", (Text(given),)),)),
    )
    tokens = sum(count([call.arguments, given])) + 12
    return Exchange(0, messages, tokens, newest=newest)


def noted(body: str) -> Exchange:
    message = Message("user", (Text(wrap_note(body)),), note=True)
    return Exchange(0, (message,), count([body])[0] + OVERHEAD, note=True)


def task(
    exchanges: Sequence[Exchange], share: float = 0.25, *, limit: int | None = None
) -> CondenseTask:
    """A task to bring everything but the last question down to this share."""
    from attrs import evolve

    question = said("user", "And now?", keep=True)
    placed = [evolve(one, index=i) for i, one in enumerate([*exchanges, question])]
    tokens = sum(one.tokens for one in placed)
    target = int((tokens - question.tokens) * share) + question.tokens
    limit = target if limit is None else limit
    return CondenseTask(
        conversation=Conversation("openai-chat", "m", (), (), (), tuple(placed)),
        tokens=tokens,
        target=target,
        limit=limit,
        profile=ModelProfile("m"),
        decision=TrimDecision(True, Level.OK, target, target),
        count=count,
        note_overhead=OVERHEAD,
    )


def notes_of(given: CondenseTask, **settings: Any) -> list[str]:
    """The bodies of the notes that are proposed."""
    found = KeyPoints(KeyPointsSettings(**settings)).condense(given)
    return [edit.note for edit in found.edits if isinstance(edit, Replace)] if found else []


def filler(number: int, start: int = 0) -> list[Exchange]:
    """Talk of an agent that looks up one record after the other."""
    return [
        exchange
        for i in range(start, start + number)
        for exchange in (
            said("assistant", f"Let me look at order ORD{i:04d} in the records for you now."),
            looked(
                "get_order",
                {"order_id": f"ORD{i:04d}"},
                {
                    "order_id": f"ORD{i:04d}",
                    "items": [
                        {"sku": f"SKU{i}{j}", "price": 100 * j + i, "note": "in stock"}
                        for j in range(4)
                    ],
                    "address": {"street": f"{i} Main Street", "city": "Springfield"},
                },
            ),
        )
    ]

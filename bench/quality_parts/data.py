"""Real conversations, all of them as OpenAI Chat, so that every side reads the same messages."""

from __future__ import annotations

import gzip
import json
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

__all__ = ["DATA", "Message", "Row", "as_openai", "halves", "load", "need_data", "tokens"]

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ABSENT = "bench: ../shared/data, with the real conversations, is not there; nothing to measure"

Message = dict[str, Any]
Row = dict[str, Any]


def need_data() -> None:
    """Leave, saying why, where the conversations are absent."""
    if not DATA.is_dir():
        print(ABSENT, file=sys.stderr)
        raise SystemExit(0)


def halves(name: str) -> dict[str, str]:
    """ "dev" or "held" for each conversation of a file: every other one, ordered by a hash."""
    identifiers = sorted((row["id"] for row in load(name)), key=_digest)
    return {one: ("held", "dev")[place % 2] for place, one in enumerate(identifiers)}


def _digest(identifier: str) -> bytes:
    return sha256(identifier.encode()).digest()


@cache
def load(name: str) -> tuple[Row, ...]:
    """All conversations of a file; Anthropic's become OpenAI Chat, without their thinking."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple(as_openai(row) if row["format"] == "anthropic" else row for row in rows)


@cache
def tokens(text: str) -> int:
    """Tokens of a text in o200k_base."""
    from brim.defaults.vocabulary import encoding

    return len(encoding("o200k_base").encode_ordinary(text))


def as_openai(row: Row) -> Row:
    """The row with its messages converted; `places` tells where each old message begins."""
    messages: list[Message] = []
    places: list[int] = []
    for message in row["messages"]:
        places.append(len(messages))
        messages += _converted(message)
    return {**row, "format": "openai", "messages": messages, "places": places}


def _converted(message: Message) -> list[Message]:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    found: list[Message] = [
        {
            "role": "tool",
            "tool_call_id": block["tool_use_id"],
            "content": _told(block.get("content") or ""),
        }
        for block in blocks
        if block["type"] == "tool_result"
    ]
    text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
    if text or calls:
        found.append(
            {"role": message["role"], "content": text} | ({"tool_calls": calls} if calls else {})
        )
    return found


def _call(block: dict[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(block["input"], ensure_ascii=False)
    function = {"name": block["name"], "arguments": arguments}
    return {"id": block["id"], "type": "function", "function": function}


def _told(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(item.get("text", "")) for item in content)

"""Real conversations, and another library's opinion of damaged ones."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import turnsafe
from dialect_samples import ANTHROPIC, OPENAI, Json, check, parsed

from brim.dialects.walk import Walker

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = sorted(DATA.glob("*.jsonl.gz"))
BY_FORMAT = {"openai": OPENAI, "anthropic": ANTHROPIC}

needs_data = pytest.mark.skipif(not FILES, reason="../shared/data is not beside the repository")

PAIRING = {1, 2, 3, 15, 16, 17}
THEIRS = {
    "duplicate_tool_call_id",
    "unanswered_tool_call",
    "misplaced_tool_result",
    "duplicate_tool_result",
    "orphan_tool_result",
    "tool_result_not_first",
}


def conversations(path: Path) -> Iterator[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@needs_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_conversations_are_clean_and_survive(path: Path) -> None:
    for conversation in conversations(path):
        dialect = BY_FORMAT[conversation["format"]]
        messages = conversation["messages"]
        assert check(dialect, {**conversation, "model": "any"}) == ()
        for message, one in zip(messages, parsed(dialect, messages), strict=True):
            assert dialect.select(message, range(len(one.message.parts)), {}) == message
        claimed = {name for name, one in BY_FORMAT.items() if one.claims({}, messages)}
        assert claimed <= {conversation["format"]}


def damaged(messages: list[Json], dice: random.Random) -> list[Json]:
    """The messages with one to three of them dropped, doubled, moved or swapped."""
    changed = list(messages)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(changed))
        match dice.randrange(4):
            case 0 if len(changed) > 1:
                del changed[at]
            case 1:
                changed.insert(dice.randrange(len(changed) + 1), changed[at])
            case 2:
                changed.insert(dice.randrange(len(changed)), changed.pop(at))
            case _:
                other = dice.randrange(len(changed))
                changed[at], changed[other] = changed[other], changed[at]
    return changed


def ours(dialect: Walker, messages: list[Json]) -> set[int]:
    return {one.rule for one in check(dialect, messages)} & PAIRING


def theirs(provider: Any, messages: list[Json]) -> set[str]:
    report = turnsafe.validate(messages, provider=provider)
    return {one.code for one in report.violations if one.severity == "error"} & THEIRS


def only_spread(dialect: Walker, messages: list[Json]) -> bool:
    """Whether results only stand in several user messages in a row.

    The provider joins such messages; its documentation asks for one (rule 17), and
    turnsafe, which joins them too, has nothing to say.
    """
    joined: list[Json] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1] = {**joined[-1], "content": joined[-1]["content"] + message["content"]}
        else:
            joined.append(message)
    return not ours(dialect, joined)


@needs_data
@pytest.mark.parametrize("name", ["tau_airline", "claude_code", "openhands", "moss", "swe_agent"])
def test_turnsafe_agrees_on_pairs(name: str) -> None:
    dice = random.Random(f"pairs of {name}")
    broken = 0
    for conversation in conversations(DATA / f"{name}.jsonl.gz"):
        provider = conversation["format"]
        dialect = BY_FORMAT[provider]
        messages = conversation["messages"][:80]
        for _ in range(12):
            changed = damaged(messages, dice)
            mine, other = ours(dialect, changed), theirs(provider, changed)
            broken += bool(other)
            if bool(mine) != bool(other):
                assert mine == {17}, (conversation["id"], mine, other)
                assert only_spread(dialect, changed)
    assert broken > 5

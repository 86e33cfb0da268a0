"""Thinking that a strategy takes out: whole, and only where the message says more."""

from __future__ import annotations

from typing import Any

import pytest
from road_parts import Strategy, assistant, user, words

from brim.api import Condensation, Rewrite

THOUGHT = {"type": "thinking", "thinking": words(400), "signature": "s1"}
SEALED = {"type": "redacted_thinking", "data": "xyz"}
SAID = {"type": "text", "text": "the answer"}
OPTIONS: dict[str, Any] = {"model": "m", "budget": 300, "dialect": "anthropic"}


def conversation(*blocks: dict[str, Any]) -> list[Any]:
    return [user("first"), {"role": "assistant", "content": list(blocks)}, user("last")]


def taking(*edits: Rewrite) -> Strategy:
    return Strategy(lambda task: Condensation(edits))


def outcomes(fitted: Any) -> list[tuple[str, str]]:
    return [(step.strategy, step.outcome) for step in fitted.report.steps]


def test_all_thinking_of_the_message_goes_and_the_rest_stays(make: Any) -> None:
    brim = make(taking(Rewrite(1, 0, 0, "")), strategies=["mine"])
    messages = conversation(THOUGHT, SEALED, SAID, THOUGHT)
    fitted = brim.fit(messages, **OPTIONS)
    assert outcomes(fitted)[0] == ("mine", "applied")
    assert fitted.messages[1] == {"role": "assistant", "content": [SAID]}
    assert [fitted.messages[0], fitted.messages[2]] == [messages[0], messages[2]]
    assert brim.fit(fitted.messages, **OPTIONS).messages == fitted.messages


def test_what_went_stays_away_in_later_turns(make: Any) -> None:
    brim = make(taking(Rewrite(1, 0, 0, "")), strategies=["mine"])
    messages = conversation(THOUGHT, SAID)
    first = brim.fit(messages, **OPTIONS)
    later = brim.fit([*messages, assistant("so"), user("and?")], **OPTIONS)
    assert later.report.replayed
    assert later.messages[:3] == first.messages


@pytest.mark.parametrize(
    ("blocks", "edit"),
    [
        ((THOUGHT, SAID), Rewrite(1, 0, 0, "shorter thinking")),
        ((THOUGHT, SAID), Rewrite(1, 0, 0, "", (0,))),
        ((THOUGHT,), Rewrite(1, 0, 0, "")),
    ],
    ids=["changed", "a place in it", "nothing else is said"],
)
def test_refused(make: Any, blocks: tuple[dict[str, Any], ...], edit: Rewrite) -> None:
    brim = make(taking(edit), strategies=["mine"])
    fitted = brim.fit(conversation(*blocks), **OPTIONS)
    assert outcomes(fitted)[0] == ("mine", "refused")
    assert "thinking stays as it is" in fitted.report.steps[0].detail


def test_the_newest_keeps_its_thinking(make: Any) -> None:
    brim = make(taking(Rewrite(3, 0, 0, "")), strategies=["mine"])
    newest = {"role": "assistant", "content": [THOUGHT, SAID]}
    messages = [user(words(300)), assistant("so"), user("last"), newest]
    fitted = brim.fit(messages, **OPTIONS | {"budget": 500})
    assert outcomes(fitted)[0] == ("mine", "refused")
    assert fitted.messages[-1] == newest


def test_truncation_gives_up_the_thinking_of_the_exchange_at_the_border(make: Any) -> None:
    block = {"type": "tool_use", "id": "1", "name": "f", "input": {}}
    use = {"role": "assistant", "content": [THOUGHT, SAID, block]}
    result = {"type": "tool_result", "tool_use_id": "1", "content": "found"}
    messages = [user("first"), use, {"role": "user", "content": [result]}, user("last")]
    fitted = make().fit(messages, **OPTIONS | {"budget": 200})
    assert {"role": "assistant", "content": [SAID, block]} in fitted.messages


def test_truncation_leaves_the_thinking_of_the_open_turn(make: Any) -> None:
    messages = [user("first")]
    for number in ("1", "2"):
        block = {"type": "tool_use", "id": number, "name": "f", "input": {}}
        result = {"type": "tool_result", "tool_use_id": number, "content": words(100)}
        messages += [
            {"role": "assistant", "content": [THOUGHT, SAID, block]},
            {"role": "user", "content": [result]},
        ]
    fitted = make().fit(messages, **OPTIONS | {"budget": 900})
    assert fitted.report.strategies == ("smart-truncation",)
    for message in fitted.messages:
        if message["role"] == "assistant":
            assert message["content"][0] == THOUGHT

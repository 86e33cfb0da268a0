"""Thinking that is bound to everything before it (rule 27), and cache marks (rule 23)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import brim
from brim import Brim, BudgetInfeasible

BOUND: dict[str, Any] = {
    "strategies": ["smart-truncation"],
    "models": {"bound": {"window": 50_000, "max_output": 1_000, "bound_thinking": True}},
}
LONG = "one two three four five six seven eight nine ten " * 30


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def step(number: int, result: str = LONG, think: bool = True) -> list[dict[str, Any]]:
    thought = {"type": "thinking", "thinking": f"step {number}", "signature": f"sig{number}"}
    call = {"type": "tool_use", "id": f"t{number}", "name": "run", "input": {"n": number}}
    answer = {"type": "tool_result", "tool_use_id": f"t{number}", "content": result}
    return [
        {"role": "assistant", "content": [thought, call] if think else [call]},
        {"role": "user", "content": [answer]},
    ]


def request(messages: list[dict[str, Any]], model: str = "bound") -> dict[str, Any]:
    return {
        "model": model,
        "max_tokens": 2_000,
        "thinking": {"type": "enabled", "budget_tokens": 1_024},
        "system": "Be brief.",
        "messages": messages,
    }


def thoughts(messages: list[Any]) -> list[str]:
    return [
        block["thinking"]
        for message in messages
        for block in message["content"]
        if block["type"] == "thinking"
    ]


@pytest.fixture
def app() -> Any:
    with Brim(BOUND) as app:
        yield app


def closed(turns: int) -> list[dict[str, Any]]:
    messages = [user("start")]
    for number in range(turns):
        messages += step(number)
    return [*messages, {"role": "assistant", "content": [{"type": "text", "text": "done"}]}]


def test_a_closed_turn_loses_all_thinking_behind_the_first_change(app: Brim) -> None:
    fitted = app.fit(request([*closed(10), user("and now?")]), budget=2_500)
    assert fitted.report.strategies == ("smart-truncation",)
    assert thoughts(fitted.messages) == []
    assert not fitted.report.violations


def test_other_models_keep_the_thinking_of_what_is_kept() -> None:
    settings = {"models": {"free": {"window": 50_000, "max_output": 1_000}}}
    with Brim({"strategies": ["smart-truncation"], **settings}) as app:
        fitted = app.fit(request([*closed(10), user("and now?")], "free"), budget=2_500)
    assert thoughts(fitted.messages)


def test_thinking_after_a_condensation_is_kept_and_replayed(app: Brim) -> None:
    messages = [*closed(10), user("and now?")]
    app.fit(request(messages), budget=2_500)
    messages += step(77, "short")
    fitted = app.fit(request(messages), budget=2_500)
    assert fitted.report.replayed
    assert not fitted.report.condensed
    assert thoughts(fitted.messages) == ["step 77"]


def test_an_open_turn_is_not_condensed_while_it_fits(app: Brim) -> None:
    messages = [user("start"), *(m for n in range(9) for m in step(n))]
    size = app.count(request(messages)).upper
    reserve = 2_000
    window = int(size / 0.9) + reserve
    model = {**BOUND["models"]["bound"], "window": window}
    with Brim({**BOUND, "models": {"bound": model}}) as tight:
        fitted = tight.fit(request(messages))
    assert fitted.report.before.tokens > fitted.report.decision.trigger
    assert fitted.request["messages"] == messages
    assert not fitted.report.changed
    assert "postponed" in fitted.report.decision.reason


def test_an_open_turn_over_the_budget_gives_only_its_newest_results(app: Brim) -> None:
    messages = [user("start"), *step(0), *step(1, LONG * 4)]
    whole = app.count(request(messages)).upper
    fitted = app.fit(request(messages), budget=whole - 500)
    assert thoughts(fitted.messages) == ["step 0", "step 1"]
    assert fitted.messages[:-1] == messages[:-1]
    assert "characters cut" in json.dumps(fitted.messages[-1])


def test_an_open_turn_that_cannot_give_enough_is_infeasible(app: Brim) -> None:
    messages = [user("start"), *(m for n in range(9) for m in step(n))]
    with pytest.raises(BudgetInfeasible, match="bound to all before it") as caught:
        app.fit(request(messages), budget=2_000)
    minimum = caught.value.minimum
    assert app.fit(request(messages), budget=minimum).report.after.upper <= minimum
    with pytest.raises(BudgetInfeasible):
        app.fit(request(messages), budget=minimum - 1)


def test_the_provider_is_asked_to_drop_blocks_where_settings_allow_it() -> None:
    settings = {**BOUND, "condensation": {"drop_bound_thinking": True}}
    given = request([user("start"), *(m for n in range(9) for m in step(n))])
    with Brim({"strategies": ["smart-truncation"], **settings}) as app:
        fitted = app.fit(given, budget=2_000)
    asked = fitted.request["thinking"]
    assert asked["block_binding"] == {"prefix_mismatch_behavior": "drop_block"}
    assert asked["budget_tokens"] == 1_024
    assert "block_binding" not in given["thinking"]
    assert thoughts(fitted.messages)


def test_a_request_that_asks_so_itself_is_condensed_as_any_other(app: Brim) -> None:
    given = request([user("start"), *(m for n in range(9) for m in step(n))])
    given["thinking"]["block_binding"] = {"prefix_mismatch_behavior": "drop_block"}
    assert app.fit(given, budget=2_000).report.strategies == ("smart-truncation",)


def test_the_cache_mark_of_a_condensed_message_goes_over_to_its_note() -> None:
    messages = [*closed(10), user("and now?")]
    mark = {"type": "ephemeral", "ttl": "1h"}
    messages[0]["content"][0]["cache_control"] = {"type": "ephemeral"}
    messages[4]["content"][0]["cache_control"] = mark
    with brim.Brim(BOUND) as app:
        fitted = app.fit(request(messages), budget=2_500)
    marked = [
        block
        for message in fitted.messages
        for block in message["content"]
        if "cache_control" in block
    ]
    assert [block["cache_control"] for block in marked] == [mark]
    assert marked[0]["text"].startswith("<brim-note ")


def test_a_cache_mark_that_moves_does_not_lose_the_history() -> None:
    messages = [*closed(12), user("and now?")]
    with brim.Brim(BOUND) as app:
        app.fit(request(messages), budget=2_500)
        for number in range(3):
            messages += step(100 + number, "ok", think=False)
            marked = json.loads(json.dumps(messages))
            marked[-1]["content"][-1]["cache_control"] = {"type": "ephemeral"}
            report = app.fit(request(marked), budget=2_500).report
            assert report.replayed
            assert report.prefix_reuse == 1.0
            assert json.dumps(app.fit(request(marked), budget=2_500).messages).count("ephem") == 1


def opened(steps: int) -> list[dict[str, Any]]:
    """One prompt, and a long tool loop that only begins with thinking."""
    return [user("start"), *(m for n in range(steps) for m in step(n, think=n == 0))]


def test_the_thinking_that_opens_a_turn_stays_and_the_note_stands_in_front_of_it() -> None:
    settings = {"models": {"free": {"window": 50_000, "max_output": 1_000}}}
    with Brim({"strategies": ["smart-truncation"], **settings}) as app:
        messages = opened(30)
        given = request(messages, "free")
        fitted = app.fit(given, budget=3_000)
        assert not fitted.report.violations
        assert fitted.report.strategies == ("smart-truncation",)
        assert fitted.messages[0] is messages[0]
        assert fitted.messages[1]["content"][0]["text"].startswith("<brim-note ")
        assert fitted.messages[2] is messages[1]
        assert thoughts(fitted.messages) == ["step 0"]
        before = fitted.messages
        messages += step(30, "short", think=False)
        again = app.fit(request(messages, "free"), budget=3_000)
        assert again.report.replayed
        assert again.messages[: len(before)] == before


def test_a_turn_that_was_opened_by_thinking_is_condensed_whole_when_it_is_done() -> None:
    settings = {"models": {"free": {"window": 50_000, "max_output": 1_000}}}
    with Brim({"strategies": ["smart-truncation"], **settings}) as app:
        messages = opened(30)
        app.fit(request(messages, "free"), budget=3_000)
        messages += [{"role": "assistant", "content": [{"type": "text", "text": LONG * 9}]}]
        messages += [user("and now?")]
        fitted = app.fit(request(messages, "free"), budget=3_000)
        assert not fitted.report.violations
        assert fitted.report.condensed
        assert json.dumps(fitted.messages).count("<brim-note ") == 1

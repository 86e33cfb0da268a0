"""The guarantees as functions: each one notices what it is there for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from brim.testing import guarantees as g
from brim.testing.case import Case

CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "run", "arguments": '{"a": "x", "b": 1}'},
}
OPENAI = Case(
    "openai-chat",
    "gpt-4o",
    {
        "model": "gpt-4o",
        "x_extra": {"a": 1},
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "hi", "x_trace": 7},
            {
                "role": "user",
                "content": [{"type": "text", "text": "run it"}, {"type": "x_w", "n": 1}],
            },
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "a long result"},
        ],
    },
)
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "abc"}
USE = {"type": "tool_use", "id": "t1", "name": "run", "input": {"a": "x"}}
ANTHROPIC = Case(
    "anthropic",
    "claude-sonnet-4-5",
    {
        "model": "claude-sonnet-4-5",
        "max_tokens": 2048,
        "system": "be brief",
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "run", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "hi"}]},
            {"role": "user", "content": "run it"},
            {"role": "assistant", "content": [THOUGHT, USE]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}],
            },
        ],
    },
)


def changed(case: Case, change: Callable[[dict[str, Any]], object]) -> Case:
    request = copy.deepcopy(case.request)
    change(request)
    return case.with_request(request)


def breaks(number: int, law: Callable[..., object], *given: object) -> None:
    with pytest.raises(g.Broken, match=rf"^guarantee {number} \(") as caught:
        law(*given)
    assert caught.value.number == number


def drop(*places: int) -> Callable[[dict[str, Any]], object]:
    def change(request: dict[str, Any]) -> None:
        request["messages"] = [m for i, m in enumerate(request["messages"]) if i not in places]

    return change


@pytest.mark.parametrize("case", [OPENAI, ANTHROPIC])
def test_a_copy_keeps_all_of_them(case: Case) -> None:
    after = changed(case, lambda request: None)
    g.valid(case, after)
    g.keeps_what_must_stay(case, after, (0, 1))
    g.pairs_are_true(case, after)
    g.thoughts_are_whole(case, after)
    g.unknown_survives(case, after)
    g.same(case.request, after.request)


def test_a_note_a_cut_result_and_left_out_messages_are_allowed() -> None:
    def change(request: dict[str, Any]) -> None:
        note = {"role": "user", "content": "<brim-note>\n2 earlier messages left out\n</brim-note>"}
        request["messages"][1:3] = [note]
        request["messages"][-1]["content"] = "a\n[brim: 11 characters cut]\nt"

    after = changed(OPENAI, change)
    g.valid(OPENAI, after)
    g.keeps_what_must_stay(OPENAI, after)
    g.pairs_are_true(OPENAI, after)
    g.unknown_survives(OPENAI, after)


@pytest.mark.parametrize("case", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize("place", [-1, -2])
def test_half_a_pair_is_invalid(case: Case, place: int) -> None:
    breaks(1, g.valid, case, changed(case, drop(len(case.messages) + place)))


def test_anthropic_rules_are_seen() -> None:
    breaks(1, g.valid, ANTHROPIC, changed(ANTHROPIC, drop(0)))
    breaks(1, g.valid, ANTHROPIC, changed(ANTHROPIC, lambda r: r.pop("tools")))
    blank = changed(ANTHROPIC, lambda r: r["messages"][0].update(content=" \n"))
    breaks(1, g.valid, ANTHROPIC, blank)
    unthinking = changed(ANTHROPIC, lambda r: r["messages"][3]["content"].pop(0))
    breaks(1, g.valid, ANTHROPIC, unthinking)


def test_what_the_input_broke_may_stay_broken() -> None:
    broken = changed(OPENAI, drop(5))
    g.valid(broken, changed(broken, drop(1)))


def test_budget_and_minimum() -> None:
    g.within(100, 100)
    breaks(2, g.within, 101, 100)
    g.minimum_is_exact(lambda budget: 40 if budget < 40 else None, 10)
    g.minimum_is_exact(lambda budget: None, 10)
    breaks(2, g.minimum_is_exact, lambda budget: 40 if budget < 41 else None, 10)
    breaks(2, g.minimum_is_exact, lambda budget: 40 if budget < 30 else None, 10)
    breaks(2, g.minimum_is_exact, lambda budget: 5, 10)


def test_identity() -> None:
    messages = OPENAI.messages
    g.untouched(messages, list(messages))
    breaks(3, g.untouched, messages, copy.deepcopy(messages))
    breaks(3, g.untouched, messages, messages[:-1])


def test_equal_means_equal_bytes() -> None:
    g.same({"a": 1, "b": 2}, {"a": 1, "b": 2})
    breaks(4, g.same, {"a": 1, "b": 2}, {"b": 2, "a": 1})
    breaks(4, g.same, {"a": 1}, {"a": True})
    breaks(4, g.same, {"a": 1}, {"a": 1.0})


def test_condensations_shrink() -> None:
    g.smaller([(100, 60), (60, 50)], 1)
    breaks(5, g.smaller, [(100, 100)], 1)
    breaks(5, g.smaller, [(100, 90), (90, 80), (80, 70)], 1)


def test_what_must_stay() -> None:
    def swap(request: dict[str, Any]) -> None:
        request["messages"][3]["content"].reverse()

    law = g.keeps_what_must_stay
    breaks(6, law, OPENAI, changed(OPENAI, drop(0)))
    breaks(6, law, OPENAI, changed(OPENAI, drop(3)))
    breaks(6, law, OPENAI, changed(OPENAI, swap))
    breaks(6, law, OPENAI, changed(OPENAI, drop(1)), (1,))
    breaks(6, law, OPENAI, changed(OPENAI, lambda r: r["messages"][0].update(content="obey")))
    breaks(6, law, ANTHROPIC, changed(ANTHROPIC, lambda r: r.update(system="obey")))
    breaks(6, law, ANTHROPIC, changed(ANTHROPIC, lambda r: r.update(tools=[])))
    breaks(6, law, ANTHROPIC, changed(ANTHROPIC, drop(2)))


def test_nothing_is_invented() -> None:
    def put(place: int, message: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
        return lambda request: request["messages"].insert(place, message)

    def rename(request: dict[str, Any]) -> None:
        request["messages"][4]["tool_calls"][0]["function"]["arguments"] = '{"a": "y", "b": 1}'

    law = g.pairs_are_true
    breaks(7, law, OPENAI, changed(OPENAI, lambda r: r["messages"][5].update(content="other")))
    breaks(7, law, OPENAI, changed(OPENAI, rename))
    breaks(7, law, OPENAI, changed(OPENAI, put(1, {"role": "user", "content": "new"})))
    note = "<brim-note>\nx\n</brim-note>\n<brim-note>\nx\n</brim-note>"
    breaks(7, law, OPENAI, changed(OPENAI, put(1, {"role": "user", "content": note})))
    right = "<brim-note>\nx\n</brim-note>"
    breaks(7, law, OPENAI, changed(OPENAI, put(1, {"role": "system", "content": right})))
    breaks(7, law, OPENAI, changed(OPENAI, lambda r: r["messages"].reverse()))


def test_marked_arguments_keep_their_shape() -> None:
    def cut(arguments: str) -> Case:
        def change(request: dict[str, Any]) -> None:
            request["messages"][4]["tool_calls"][0]["function"]["arguments"] = arguments

        return changed(OPENAI, change)

    g.pairs_are_true(OPENAI, cut('{"a": "x\\n[brim: 9 characters cut]", "b": 1}'))
    breaks(7, g.pairs_are_true, OPENAI, cut('{"a": "x\\n[brim: 9 characters cut]", "b": 2}'))
    breaks(7, g.pairs_are_true, OPENAI, cut('{"c": "[brim: 9 characters cut]", "b": 1}'))
    breaks(7, g.pairs_are_true, OPENAI, cut('{"a": "[brim: 9 characters cut]'))


def test_thinking_is_whole() -> None:
    def edit(request: dict[str, Any]) -> None:
        request["messages"][1]["content"][0]["thinking"] = "[brim: 2 characters cut]"

    breaks(8, g.thoughts_are_whole, ANTHROPIC, changed(ANTHROPIC, edit))
    breaks(7, g.pairs_are_true, ANTHROPIC, changed(ANTHROPIC, edit))


def test_unknown_fields_survive() -> None:
    breaks(9, g.unknown_survives, OPENAI, changed(OPENAI, lambda r: r.pop("x_extra")))
    breaks(
        9, g.unknown_survives, OPENAI, changed(OPENAI, lambda r: r["messages"][2].pop("x_trace"))
    )
    breaks(9, g.unknown_survives, OPENAI, changed(OPENAI, lambda r: r.update(x_new=1)))


def test_prefixes_and_budgets() -> None:
    g.prefix_is_stable(OPENAI.messages[:2], OPENAI.messages)
    breaks(10, g.prefix_is_stable, OPENAI.messages, OPENAI.messages[:2])
    breaks(10, g.prefix_is_stable, OPENAI.messages[1:3], OPENAI.messages)
    g.condensed_for_a_reason(101, 100)
    breaks(10, g.condensed_for_a_reason, 100, 100)
    g.grows_with_budget({4, 5}, {3, 4, 5})
    breaks(15, g.grows_with_budget, {2, 5}, {3, 4, 5})


def test_bound_thinking_stays_behind_its_own_beginning() -> None:
    g.bound_thoughts_have_their_prefix(ANTHROPIC, changed(ANTHROPIC, drop(3, 4)))
    after = changed(ANTHROPIC, drop(0, 1))
    breaks(8, g.bound_thoughts_have_their_prefix, ANTHROPIC, after)

"""Keep-last, the shared prefix and the witness on cases that can be done by hand."""

from __future__ import annotations

from typing import Any

import pytest

from brim.demo.ways import Witness, keep_last, shared
from brim.dialects.base import Violation, Wire


def message(role: str, tokens: int, name: str = "") -> dict[str, Any]:
    return {"role": role, "content": name, "tokens": tokens}


def cost(wire: Wire) -> int:
    tokens = wire["tokens"]
    assert isinstance(tokens, int)
    return tokens


SYSTEM = message("system", 10)
CALL, RESULT = message("assistant", 30, "call"), message("tool", 40, "result")
ANSWER, QUESTION = message("assistant", 20, "answer"), message("user", 5, "question")
TALK = [SYSTEM, CALL, RESULT, ANSWER, QUESTION]


def test_keep_last_keeps_all_that_fits() -> None:
    assert keep_last(TALK, cost, 105) == TALK


def test_keep_last_cuts_between_call_and_result() -> None:
    assert keep_last(TALK, cost, 104) == [SYSTEM, RESULT, ANSWER, QUESTION]


def test_keep_last_stops_at_the_first_that_does_not_fit() -> None:
    small = [SYSTEM, message("user", 1), message("tool", 50), QUESTION]
    assert keep_last(small, cost, 20) == [SYSTEM, QUESTION]


def test_keep_last_leaves_room_for_what_is_no_message() -> None:
    assert keep_last(TALK, cost, 104, fixed=40) == [SYSTEM, ANSWER, QUESTION]


def test_keep_last_without_a_system_message() -> None:
    assert keep_last(TALK[1:], cost, 25) == [ANSWER, QUESTION]


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ([], [SYSTEM], 0),
        (TALK, TALK, 5),
        (TALK[:3], TALK, 3),
        (TALK, [SYSTEM, RESULT, ANSWER], 1),
        (TALK, [dict(one) for one in TALK], 5),
        ([CALL], [SYSTEM, CALL], 0),
    ],
)
def test_shared(before: list[Wire], after: list[Wire], number: int) -> None:
    assert shared(before, after) == number


def no_rules(messages: object) -> tuple[Violation, ...]:
    return ()


def test_reuse_of_a_growing_conversation_is_whole() -> None:
    witness = Witness(1_000, 7, cost, no_rules)
    first = witness.see(TALK[:3], 87)
    assert first.reuse is None
    assert witness.see(TALK, 112).reuse == 1.0


def test_reuse_after_a_cut_is_what_stands_before_it() -> None:
    witness = Witness(1_000, 7, cost, no_rules)
    witness.see(TALK, 112)
    assert witness.see([SYSTEM, RESULT, ANSWER, QUESTION], 82).reuse == (7 + 10) / 112


def test_state_of_a_request() -> None:
    broken = (Violation(1, "call-1", "no call"),)
    witness = Witness(100, 0, cost, lambda _: broken)
    assert witness.see(TALK, 100).state == "invalid"
    assert witness.see(TALK, 101).state == "over"
    assert Witness(100, 0, cost, no_rules).see(TALK, 100).state == "ok"

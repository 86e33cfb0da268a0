"""Edits of parts that are not plain text: thinking, unknown content, pieces of results."""

from __future__ import annotations

from typing import Any

import pytest
from road_parts import timeline

from brim import Brim
from brim.api import Condensation, Drop, Replace, Rewrite
from brim.road.plans.edits import EditRefused, folded, removed
from brim.road.plans.plan import EMPTY, Plan, Span
from brim.road.plans.units import units_of

THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
SAID = {"type": "text", "text": "so it is"}
UNKNOWN = {"type": "from_the_future", "value": 1}


def turn(*blocks: dict[str, Any], role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def use(name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "run", "input": {}}


def result(name: str, *items: dict[str, Any]) -> dict[str, Any]:
    return turn({"type": "tool_result", "tool_use_id": name, "content": list(items)}, role="user")


MESSAGES = [
    turn(SAID, role="user"),  # 0
    turn(THOUGHT, SAID),  # 1
    turn(THOUGHT),  # 2: nothing but thinking
    turn(use("a")),  # 3
    result("a", SAID, UNKNOWN),
    turn(THOUGHT, use("b")),  # 4: newest
    result("b", SAID),
]


def fold(brim: Brim, *edits: Any, opening: int | None = None) -> Plan:
    counter = brim.engine.counter("m")
    units = units_of(timeline(brim, MESSAGES, "anthropic"), EMPTY, set(), {4})
    return folded(EMPTY, Condensation(edits), units, counter, opening)


def test_thinking_goes_whole_from_a_message_that_says_more(brim: Brim) -> None:
    assert fold(brim, Rewrite(1, 0, 0, "")).silent == frozenset({(1, 0)})


@pytest.mark.parametrize(
    "edit",
    [
        Rewrite(1, 0, 0, "what I thought"),
        Rewrite(1, 0, 0, "", ("thinking",)),
        Rewrite(2, 0, 0, ""),
        Rewrite(4, 0, 0, ""),
    ],
    ids=["is rewritten", "in part", "all there is", "the newest"],
)
def test_thinking_stays_as_it_is(brim: Brim, edit: Rewrite) -> None:
    with pytest.raises(EditRefused, match="thinking stays as it is"):
        fold(brim, edit)


def test_unknown_content_of_a_result_stays(brim: Brim) -> None:
    with pytest.raises(EditRefused, match="only be changed item by item"):
        fold(brim, Rewrite(3, 1, 0, "x"))
    with pytest.raises(EditRefused, match="unknown content must stay"):
        fold(brim, Rewrite(3, 1, 0, "x", (1,)))
    plan = fold(brim, Rewrite(3, 1, 0, "x", (0,)))
    assert plan.rewrites == {(3, 1, 0): {(0,): "[brim: rewritten]\nx"}}


def test_the_only_item_of_a_result_is_the_result(brim: Brim) -> None:
    assert fold(brim, Rewrite(4, 1, 0, "x", (0,))).rewrites == {
        (4, 1, 0): {(): "[brim: rewritten]\nx"}
    }


def test_a_note_inside_of_an_opened_turn_stands_in_front_of_it(brim: Brim) -> None:
    assert fold(brim, Replace((2,), "gone"), opening=1).spans == (Span(2, 3, "gone", 1),)
    assert fold(brim, Replace((0,), "gone"), opening=1).spans == (Span(0, 1, "gone"),)
    assert fold(brim, Drop((2,)), opening=1).spans == (Span(2, 3),)


def test_what_edits_take_out_is_counted() -> None:
    edits = (Drop((0, 2)), Replace((3, 4, 5), "x"), Rewrite(6, 0, 0, "y"))
    assert removed(edits) == 5
    assert removed(()) == 0

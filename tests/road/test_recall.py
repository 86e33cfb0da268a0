"""Growing lists are recognized, changed ones are not taken for the old."""

from __future__ import annotations

import json
from typing import Any

import pytest
from road_parts import Wire, answer, assistant, call, chat, user

from brim import Brim
from brim.road.engine import Case
from brim.road.intake.prepare import Options


def case(brim: Brim, given: object, **options: Any) -> Case:
    return brim.engine.case(given, Options(model="m", **options))


class Sdk:
    """A message as client libraries hand it out."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        self.dumps = 0

    @property
    def role(self) -> object:
        return self.fields["role"]

    def model_dump(self, *, mode: str, exclude_unset: bool) -> dict[str, object]:
        assert (mode, exclude_unset) == ("json", True)
        self.dumps += 1
        return json.loads(json.dumps(self.fields))


def test_a_list_that_grew_continues_its_timeline(brim: Brim) -> None:
    messages = chat(3)
    first = case(brim, messages).timeline
    assert case(brim, [*messages, assistant("b")]).timeline is first
    assert len(first) == 8


def test_equal_lists_of_new_objects_are_the_same_conversation(brim: Brim) -> None:
    first = case(brim, chat(3)).timeline
    assert case(brim, json.loads(json.dumps(chat(3)))).timeline is first


def test_a_change_in_place_is_noticed(brim: Brim) -> None:
    messages = [user("a"), call("1"), answer("1", "x"), user("b")]
    first = case(brim, messages).timeline
    messages[1]["tool_calls"][0]["function"]["arguments"] = '{"changed": 1}'
    second = case(brim, messages).timeline
    assert second is not first
    assert second.message(1).calls[0].arguments == '{"changed": 1}'
    assert second.parsed[0] is first.parsed[0]
    assert first.message(1).calls[0].arguments == "{}"


def test_true_one_and_one_point_zero_are_three_things(brim: Brim) -> None:
    seen = []
    for value in (1, True, 1.0, 1):
        message = {**user("a"), "weight": {"deep": [value]}}
        found = case(brim, [message, user("b")])
        seen.append((found.timeline.chain[-1], type(found.timeline.wire(0)["weight"]["deep"][0])))  # type: ignore[index]
    kinds = [kind for _, kind in seen]
    assert kinds == [int, bool, float, int]
    assert len({chain for chain, _ in seen}) == 3
    assert seen[0] == seen[3]


def test_two_branches_are_both_kept(brim: Brim) -> None:
    base = chat(3)
    left = case(brim, [*base, assistant("left")]).timeline
    right = case(brim, [*base, assistant("right")]).timeline
    assert left is not right
    assert case(brim, [*base, assistant("left"), user("x")]).timeline is left
    assert case(brim, [*base, assistant("right"), user("x")]).timeline is right


def test_a_shorter_list_gets_a_timeline_of_its_own(brim: Brim) -> None:
    messages = chat(3)
    whole = case(brim, messages).timeline
    part = case(brim, messages[:4]).timeline
    assert (len(whole), len(part)) == (7, 4)
    assert case(brim, messages).timeline is whole


def test_a_system_message_that_changes_each_time_keeps_the_timeline(brim: Brim) -> None:
    found = set()
    for day in ("Monday", "Tuesday", "Wednesday"):
        head = {"role": "system", "content": f"today is {day}"}
        found.add(id(case(brim, [head, *chat(2)]).timeline))
    assert len(found) == 1


def test_bytes_are_recognized_by_their_bytes(brim: Brim) -> None:
    messages = chat(2)
    first = case(brim, json.dumps(messages).encode()).timeline
    assert case(brim, json.dumps([*messages, assistant("b")]).encode()).timeline is first
    spaced = json.dumps(messages, indent=1).encode()
    assert case(brim, spaced).timeline is not first


def test_objects_of_a_client_library_go_out_as_they_came(brim: Brim) -> None:
    messages: list[Any] = [Sdk(**message) for message in chat(30)]
    fitted = brim.fit(messages, model="m", budget=500)
    assert isinstance(fitted.messages[0], dict)
    assert all(one in messages for one in fitted.messages[1:])
    assert fitted.messages[-1] is messages[-1]


def test_a_change_inside_of_such_an_object_is_noticed(brim: Brim) -> None:
    messages = [Sdk(**message) for message in chat(2)]
    first = case(brim, messages).timeline
    assert case(brim, messages).timeline is first
    messages[1].fields["content"] = "changed"
    assert case(brim, messages).timeline.message(1).text == "changed"


@pytest.mark.parametrize("other", [{"tenant": "bob"}, {"dialect": "anthropic"}])
def test_tenants_and_dialects_share_nothing(brim: Brim, other: dict[str, str]) -> None:
    assert case(brim, chat(2)).timeline is not case(brim, chat(2), **other).timeline


def test_conversations_seen_long_ago_make_room(brim: Brim) -> None:
    brim.engine.recall.size = 3
    first = case(brim, chat(1)).timeline
    for i in range(3):
        case(brim, [user(f"conversation {i}")])
    assert case(brim, chat(1)).timeline is not first


def test_a_timeline_that_a_fit_is_reading_is_left_alone(brim: Brim) -> None:
    messages: list[Wire] = chat(3)
    first = case(brim, messages)
    road = brim.engine.fit(first)
    second = case(brim, [*messages, assistant("b")])
    assert second.timeline is not first.timeline
    assert len(first.timeline) == 7
    with pytest.raises(StopIteration) as end:
        next(road)
    assert end.value.value.messages == messages
    assert first.timeline.busy == 0

"""From messages to the smallest closed units."""

from __future__ import annotations

import pytest
from road_parts import Wire, answer, assistant, call, results, timeline, use, user

from brim import Brim
from brim.model.messages import Message, Text, Thinking, ToolCall, ToolResult
from brim.road.plans.grouping import Grouping
from brim.texts import wrap_note

Shape = list[list[tuple[int, tuple[int, ...] | None]]]


def shape(brim: Brim, messages: list[Wire], dialect: str = "openai-chat") -> Shape:
    """Each group's pieces: message and parts."""
    groups = timeline(brim, messages, dialect).groups
    return [[(piece.message, piece.parts) for piece in group.pieces] for group in groups]


def whole(*messages: int) -> list[tuple[int, None]]:
    return [(message, None) for message in messages]


def test_a_plain_chat_has_one_group_for_each_message(brim: Brim) -> None:
    assert shape(brim, [user("a"), assistant("b"), user("c")]) == [whole(0), whole(1), whole(2)]


def test_parallel_calls_and_all_their_results_are_one_group(brim: Brim) -> None:
    messages = [user("a"), call("1", "2"), answer("2"), answer("1"), assistant("done")]
    assert shape(brim, messages) == [whole(0), whole(1, 2, 3), whole(4)]


def test_a_mixed_user_message_belongs_to_two_groups(brim: Brim) -> None:
    messages = [user("a"), use("1", "2"), results("1", "2", after="and now this")]
    found = shape(brim, messages, "anthropic")
    assert found == [whole(0), [(1, None), (2, (0, 1))], [(2, (2,))]]
    assert timeline(brim, messages, "anthropic").grouping.last_user == 2


def test_results_with_an_unknown_field_of_their_message_stay_whole(brim: Brim) -> None:
    messages = [user("a"), use("1"), {**results("1"), "trace": {"id": 7}}]
    assert shape(brim, messages, "anthropic") == [whole(0), whole(1, 2)]


def test_a_mixed_message_with_an_unknown_field_divides_only_its_blocks(brim: Brim) -> None:
    messages = [user("a"), use("1"), {**results("1", after="more"), "trace": {"id": 7}}]
    assert shape(brim, messages, "anthropic")[1:] == [[(1, None), (2, (0,))], [(2, (1,))]]


def test_an_orphan_is_a_group_of_its_own(brim: Brim) -> None:
    found = timeline(brim, [user("a"), answer("nobody"), assistant("b")])
    assert [len(group.pieces) for group in found.groups] == [1, 1, 1]
    assert found.grouping.last_user == 0


def test_an_orphan_with_an_unknown_field_is_not_what_the_user_said(brim: Brim) -> None:
    messages = [user("a"), assistant("b"), {**results("nobody"), "trace": 1}]
    assert timeline(brim, messages, "anthropic").grouping.last_user == 0


def test_a_result_that_comes_too_late_joins_nothing(brim: Brim) -> None:
    messages = [user("a"), call("1", "2"), answer("1"), user("b"), answer("2")]
    assert shape(brim, messages) == [whole(0), whole(1, 2), whole(3), whole(4)]


def test_a_second_result_for_the_same_call_joins_nothing(brim: Brim) -> None:
    messages = [call("1"), answer("1"), answer("1")]
    assert shape(brim, messages) == [whole(0, 1), whole(2)]


def test_the_tail_is_open_until_every_call_is_answered(brim: Brim) -> None:
    messages = [user("a"), call("1", "2"), answer("1")]
    waiting = timeline(brim, messages).grouping.open
    assert waiting is not None
    assert waiting.pending == {"2"}
    assert timeline(brim, [*messages, answer("2")]).grouping.open is None


def test_instructions_belong_to_no_group(brim: Brim) -> None:
    middle = {"role": "developer", "content": "be brief"}
    messages = [user("a"), call("1"), middle, answer("1"), middle, user("b")]
    found = timeline(brim, messages)
    assert shape(brim, messages) == [whole(0), whole(1, 3), whole(5)]
    assert found.grouping.owners[2] == found.grouping.owners[4] == ()
    assert found.instructions == [2, 4]


@pytest.mark.parametrize("beside", [{}, {"x_id": 7}])
@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic"])
def test_a_note_of_ours_is_not_what_the_user_said(brim: Brim, dialect: str, beside: Wire) -> None:
    """Also where a client that sends it back has put a field of its own beside it."""
    note = user(wrap_note("gone")) | beside
    found = timeline(brim, [user("a"), assistant("b"), note], dialect)
    assert [group.note for group in found.groups] == [False, False, True]
    assert found.grouping.last_user == 0
    assert found.turns == 1


def test_a_note_with_a_question_behind_it_is_what_the_user_said(brim: Brim) -> None:
    found = timeline(brim, [user(f"{wrap_note('gone')} and now?")])
    assert found.grouping.last_user == 0


def test_what_the_model_says_without_a_pause_is_one_exchange() -> None:
    """In Responses one answer comes as several items, and its reasoning belongs to all of them."""
    grouping = Grouping(items=True)
    said = [
        Message("assistant", (Thinking("hm", 3, "d"),)),
        Message("assistant", (Text("let me look"),)),
        Message("assistant", (ToolCall("1", "look", "{}"),)),
        Message("tool", (ToolResult("1", (Text("found"),)),)),
        Message("assistant", (Text("there it is"),)),
    ]
    for message in said:
        grouping.add(message)
    assert [[piece.message for piece in group.pieces] for group in grouping.groups] == [
        [0, 1, 2, 3],
        [4],
    ]

"""What is known of a growing list of messages."""

from __future__ import annotations

import copy
import json

import pytest
from road_parts import Wire, assistant, block, chat, loop, results, timeline, use, user

from brim import Brim, MalformedRequest
from brim.road.plans.handles import digest_of
from brim.road.plans.plan import Span


def test_extend_is_all_or_nothing(brim: Brim) -> None:
    found = timeline(brim, chat(2))
    before = (list(found.parsed), list(found.chain), found.body, list(found.numbers), found.turns)
    groups = [group.index for group in found.groups]
    with pytest.raises(MalformedRequest) as error:
        found.extend([user("fine"), {"role": "nobody", "content": "x"}])
    assert error.value.index == 6
    assert before == (found.parsed, found.chain, found.body, found.numbers, found.turns)
    assert groups == [group.index for group in found.groups]


def test_positions_in_errors_count_from_the_offset(brim: Brim) -> None:
    found = timeline(brim, [user("a")])
    with pytest.raises(MalformedRequest) as error:
        found.extend([{"content": "x"}], offset=10)
    assert error.value.index == 11


@pytest.mark.parametrize("raw", [b'"hi"', b"[1]", b"{", b'{"role":"user","content":"\xff"}'])
def test_bytes_that_are_no_message_name_their_place(brim: Brim, raw: bytes) -> None:
    with pytest.raises(MalformedRequest) as error:
        timeline(brim, [user("a")]).extend([raw])
    assert error.value.index == 1


def test_a_fork_knows_what_the_whole_knew_and_grows_apart(brim: Brim) -> None:
    messages = loop(5)
    found = timeline(brim, messages)
    twin = found.fork(4)
    fresh = timeline(brim, messages[:4])
    for name in ("chain", "tokens", "body", "wires", "turns", "numbers", "instructions"):
        assert getattr(twin, name) == getattr(fresh, name)
    assert twin.grouping == fresh.grouping
    twin.extend([user("another way")])
    assert len(found) == len(messages)
    assert found.chain[: len(twin)] == twin.chain[:-1]
    assert found.chain[len(twin)] != twin.chain[-1]


def test_digests_are_those_of_the_messages_there_are(brim: Brim) -> None:
    messages = loop(2)
    found = timeline(brim, messages[:2])
    tail = Span(len(found.groups) - 1, len(found.groups))
    before = digest_of(found, tail)
    assert digest_of(found, tail) == before
    found.extend(messages[2:3])
    assert len(found.groups) == tail.stop, "the result belongs to the call before it"
    assert digest_of(found, tail) == digest_of(timeline(brim, messages[:3]), tail) != before


def chain(brim: Brim, messages: list[Wire], dialect: str = "anthropic") -> list[bytes]:
    return timeline(brim, messages, dialect).chain


THOUGHT = {"type": "thinking", "thinking": "let me see", "signature": "abc"}
MARKED = {"cache_control": {"type": "ephemeral"}}


def test_instructions_are_not_in_the_chain(brim: Brim) -> None:
    dated = [user("a"), {"role": "system", "content": "today is Monday"}, assistant("b")]
    assert chain(brim, dated, "openai-chat") == chain(brim, [user("a"), assistant("b")])


@pytest.mark.parametrize(
    "other",
    [
        [{"content": "a", "role": "user"}, use("1", given={"x": 1, "y": 2})],
        [{"role": "user", "content": [block("a")]}, use("1", given={"x": 1, "y": 2})],
        [{"role": "user", "content": [block("a") | MARKED]}, use("1", given={"x": 1, "y": 2})],
        [user("a"), use("1", given={"x": 1, "y": 2}, before=(THOUGHT,))],
        [user("a"), {**use("1", given={"x": 1, "y": 2}), "id": "msg_1"}],
    ],
    ids=["key order", "one block", "cache mark", "thinking", "item id"],
)
def test_how_a_message_is_written_is_not_in_the_chain(brim: Brim, other: list[Wire]) -> None:
    assert chain(brim, other) == chain(brim, [user("a"), use("1", given={"x": 1, "y": 2})])


@pytest.mark.parametrize(
    "other",
    [
        [user("a"), use("2")],
        [user("a "), use("1")],
        [user("a"), use("1", given={"x": 1})],
        [user("a"), use("1", before=(block("so"),))],
        [assistant("a"), use("1")],
        [user("a"), {**use("1"), "trace": 1}],
    ],
)
def test_what_a_message_says_is_in_the_chain(brim: Brim, other: list[Wire]) -> None:
    mine, theirs = chain(brim, [user("a"), use("1")]), chain(brim, other)
    assert mine[-1] != theirs[-1]


def test_sizes_leave_out_instructions(brim: Brim) -> None:
    found = timeline(brim, [user("a"), {"role": "system", "content": "b c d"}, assistant("e")])
    assert found.sizes() == [found.tokens[0], found.tokens[2]]
    assert found.body == sum(found.sizes())
    assert found.instruction_tokens == found.tokens[1]


def test_its_wires_are_its_own(brim: Brim) -> None:
    given = results("1", text="x")
    wires = copy.deepcopy([user("a"), use("1"), given])
    found = timeline(brim, wires, "anthropic")
    wires[2]["content"][0]["content"] = "changed"
    assert json.dumps(found.wire(2)) == json.dumps(given)

"""Messages of every kind, there and back."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from brim import Brim, MalformedRequest
from brim_langchain import fit_messages
from brim_langchain.wires import Wires

LONG = "The pump in hall 7 was replaced on 2024-03-09. " * 60
IMAGE = {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s" * 40}


def call(number: int, **args: Any) -> Any:
    return {"name": "f", "args": args, "id": f"c{number}", "type": "tool_call"}


KINDS: list[BaseMessage] = [
    SystemMessage("Be brief."),
    HumanMessage([{"type": "text", "text": "What is this?"}, IMAGE]),
    AIMessage([THOUGHT, {"type": "text", "text": "Let me see."}], tool_calls=[call(1, x=1)]),
    ToolMessage("found", tool_call_id="c1"),
    HumanMessage([{"type": "text", "text": "and"}, {"type": "odd", "of": "a provider"}]),
    AIMessage("I see.", id="run-1"),
    HumanMessage("So?"),
]


def test_what_fits_is_the_same_objects(app: Brim) -> None:
    found = fit_messages(KINDS, model="gpt-4o", brim=app)
    assert all(one is other for one, other in zip(found, KINDS, strict=True))


def test_there_and_back() -> None:
    wires = Wires.of(KINDS)
    assert [wire["role"] for wire in wires.sent][:4] == ["system", "user", "assistant", "tool"]
    assert all(one is other for one, other in zip(wires.back(wires.sent), KINDS, strict=True))


def test_rewritten_ones_are_copies_and_notes_are_human(app: Brim) -> None:
    given: list[BaseMessage] = [
        HumanMessage("Look it up. " * 30),
        AIMessage("", tool_calls=[call(1, x=LONG)], id="run-1", usage_metadata=None),
        ToolMessage(LONG, tool_call_id="c1", name="f", id="t-1"),
        HumanMessage("And now?"),
        AIMessage("", tool_calls=[call(2)]),
        ToolMessage(LONG, tool_call_id="c2", id="t-2"),
    ]
    before = [one.model_copy(deep=True) for one in given]
    found = fit_messages(given, model="gpt-4o", budget=400, brim=app)
    assert given == before
    last = found[-1]
    assert isinstance(last, ToolMessage)
    assert (last.tool_call_id, last.id) == ("c2", "t-2")
    assert last is not given[-1]
    assert len(str(last.content)) < len(LONG)
    assert found[-2] is given[4]
    assert found[-3] is given[3]
    assert all(
        isinstance(one, HumanMessage) for one in found if one.id is None and one not in given
    )


def test_arguments_that_were_cut_are_still_arguments(app: Brim) -> None:
    given: list[BaseMessage] = [
        HumanMessage("Write it."),
        AIMessage("", tool_calls=[call(1, path="a.txt", text=LONG)], id="run-1"),
        ToolMessage("written", tool_call_id="c1"),
        AIMessage("", tool_calls=[call(2, path="b.txt")]),
        ToolMessage("written", tool_call_id="c2"),
    ]
    wires = Wires.of(given)
    cut = {**wires.sent[1]}
    function = {"name": "f", "arguments": '{"path": "a.txt", "text": "[cut]"}'}
    cut["tool_calls"] = [{**cut["tool_calls"][0], "function": function}]
    found = wires.back([wires.sent[0], cut, *wires.sent[2:]])
    assert isinstance(found[1], AIMessage)
    assert found[1].tool_calls == [call(1, path="a.txt", text="[cut]")]
    assert found[1].id == "run-1"
    assert found[0] is given[0]
    assert given[1].tool_calls == [call(1, path="a.txt", text=LONG)]  # type: ignore[attr-defined]


def test_calls_with_broken_arguments_keep_their_results(app: Brim) -> None:
    broken = {"name": "f", "args": "{", "id": "c1", "error": "no JSON", "type": "invalid_tool_call"}
    given: list[BaseMessage] = [
        HumanMessage("Do it. " * 300),
        AIMessage("", invalid_tool_calls=[broken]),
        ToolMessage("these are no arguments", tool_call_id="c1"),
        HumanMessage("Again?"),
    ]
    found = fit_messages(given, model="gpt-4o", budget=200, brim=app)
    results = [one for one in found if isinstance(one, ToolMessage)]
    assert all(found[found.index(one) - 1] is given[1] for one in results)
    assert found[-1] is given[-1]


def test_results_inside_of_a_persons_message_stay_with_it(app: Brim) -> None:
    """As Anthropic's users write them."""
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "found"}
    given: list[BaseMessage] = [
        HumanMessage("word " * 400),
        AIMessage("I see."),
        HumanMessage("Look it up."),
        AIMessage("", tool_calls=[call(1)]),
        HumanMessage([result, {"type": "text", "text": "And then?"}]),
        AIMessage("Done."),
        HumanMessage("Go on."),
    ]
    assert len(Wires.of(given).sent) == len(given) + 1
    found = fit_messages(given, model="gpt-4o", budget=250, brim=app)
    assert sum(one is given[4] for one in found) == 1
    assert found[-1] is given[-1]


def test_positions_of_pins_are_those_of_messages(app: Brim) -> None:
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "found"}
    given: list[BaseMessage] = [
        HumanMessage("Look it up."),
        AIMessage("", tool_calls=[call(1)]),
        HumanMessage([result, {"type": "text", "text": "And then?"}]),
        *(one for n in range(6) for one in (HumanMessage(f"word{n} " * 60), AIMessage(f"ok {n}"))),
        HumanMessage("Go on."),
    ]
    found = fit_messages(given, model="gpt-4o", budget=350, pin=[5, -3], brim=app)
    assert any(one is given[5] for one in found)
    assert any(one is given[-3] for one in found)
    assert not all(any(one is other for one in found) for other in given)


def test_what_is_no_message_of_a_request(app: Brim) -> None:
    with pytest.raises(MalformedRequest, match=r"messages\[1\]"):
        fit_messages([HumanMessage("a"), ChatMessage("b", role="oracle")], model="gpt-4o", brim=app)

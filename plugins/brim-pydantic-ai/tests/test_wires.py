"""Messages of every kind, there and back."""

from __future__ import annotations

import asyncio

from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryFeedbackPart,
    RetryInfo,
    SystemPromptPart,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from brim import Brim
from brim_pydantic_ai import FitHistory
from brim_pydantic_ai.wires import Wires

LONG = "The pump in hall 7 was replaced on 2024-03-09. " * 60
IMAGE = BinaryContent(b"\x89PNG\r\n\x1a\n", media_type="image/png")

KINDS: list[ModelMessage] = [
    ModelRequest([SystemPromptPart("Be brief."), UserPromptPart(["What is this?", IMAGE])]),
    ModelResponse([ThinkingPart("hm"), TextPart("See."), ToolCallPart("f", {"x": 1}, "c1")]),
    ModelRequest([ToolReturnPart("f", {"found": [1, 2]}, "c1"), UserPromptPart("and?")]),
    ModelResponse([ToolCallPart("f", '{"x": 2}', "c2"), ToolCallPart("g", {}, "c3")]),
    ModelRequest([ToolReturnPart("f", "wrong", "c2", outcome="retried")]),
    ModelRequest([ToolReturnPart("g", "ok", "c3")]),
    ModelResponse([TextPart("Hm.")]),
    ModelRequest(
        [RetryFeedbackPart("Answer in JSON.", retry=RetryInfo(cause="output_validation"))]
    ),
    ModelResponse([TextPart("Done.")]),
    ModelRequest([UserPromptPart("So?")]),
]


def test_there_and_back(app: Brim) -> None:
    wires = Wires.of(KINDS)
    roles = [wire["role"] for wire in wires.sent]
    assert roles[:5] == ["system", "user", "assistant", "tool", "user"]
    assert all(one is other for one, other in zip(wires.back(wires.sent), KINDS, strict=True))
    found = app.fit(wires.sent, model="gpt-4o", dialect="openai-chat")
    assert not found.report.violations


def test_parts_that_go_leave_the_others(app: Brim) -> None:
    wires = Wires.of(KINDS)
    found = wires.back([wires.sent[0], {"role": "user", "content": "a note"}, wires.sent[-1]])
    assert found[0] == ModelRequest([KINDS[0].parts[0]])
    assert isinstance(found[1].parts[0], UserPromptPart)
    assert found[1].parts[0].content == "a note"
    assert found[2] is KINDS[-1]


def test_rewritten_parts_are_copies(app: Brim) -> None:
    given: list[ModelMessage] = [
        ModelRequest([UserPromptPart("Look it up.")], instructions="Be brief."),
        ModelResponse([TextPart("Yes.", id="t1"), ToolCallPart("f", {"text": LONG}, "c1")]),
        ModelRequest([ToolReturnPart("f", LONG, "c1"), UserPromptPart("And now?")]),
        ModelResponse([ToolCallPart("f", {}, "c2")]),
        ModelRequest([ToolReturnPart("f", LONG, "c2")], instructions="Be brief."),
    ]
    found = asyncio.run(FitHistory(brim=app, budget=500).fit(given, "gpt-4o"))
    last = found[-1]
    assert isinstance(last, ModelRequest)
    assert last.instructions == "Be brief."
    assert isinstance(last.parts[0], ToolReturnPart)
    assert last.parts[0].tool_call_id == "c2"
    assert len(str(last.parts[0].content)) < len(LONG)
    assert found[-2] is given[-2]
    assert any(part is given[2].parts[1] for one in found for part in one.parts)
    assert given[-1].parts[0].content == LONG  # type: ignore[union-attr]


def test_arguments_that_were_cut_are_still_arguments() -> None:
    wires = Wires.of(KINDS)
    cut = {**wires.sent[2]}
    function = {"name": "f", "arguments": '{"x": "cut"}'}
    cut["tool_calls"] = [{**cut["tool_calls"][0], "function": function}]
    cut["content"] = [cut["content"][0], {"type": "text", "text": "cut"}]
    (found,) = wires.back([cut])
    assert isinstance(found, ModelResponse)
    assert found.parts[0] is KINDS[1].parts[0]
    assert isinstance(found.parts[1], TextPart)
    assert found.parts[1].content == "cut"
    assert isinstance(found.parts[2], ToolCallPart)
    assert found.parts[2].args_as_dict() == {"x": "cut"}


def test_pictures_survive_a_rewriting() -> None:
    wires = Wires.of(KINDS)
    content = [{"type": "text", "text": "cut"}, wires.sent[1]["content"][1]]
    (found,) = wires.back([{**wires.sent[1], "content": content}])
    assert isinstance(found.parts[0], UserPromptPart)
    assert found.parts[0].content == ["cut", IMAGE]

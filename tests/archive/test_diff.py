"""What a diff tells: every message once, in order, with its text as it came."""

from __future__ import annotations

import json

import pytest
from archive_parts import app, cases, chat, squeezed, tool_chat

from brim.road.plans.parts import told
from brim.testing.case import Case


@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic", "openai-responses"])
@pytest.mark.parametrize("share", [1.5, 0.6, 0.01])
def test_every_message_is_told_of_once_and_in_order(dialect: str, share: float) -> None:
    with app() as brim:
        for case in cases(dialect, 12):
            fitted = squeezed(brim, case, share)
            changes = fitted.diff().changes
            places = [place for change in changes for place in change.places]
            assert sorted(set(places)) == list(range(len(case.messages)))
            starts = [change.places[0] for change in changes]
            assert starts == sorted(starts)
            assert (fitted.diff().changed == ()) == (not fitted.report.changed)
            _told_truly(case, changes)


def _told_truly(case: Case, changes: object) -> None:
    for change in changes:  # type: ignore[attr-defined]
        if change.kind == "kept":
            assert change.before == change.after
            assert not change.handle
        elif change.kind in {"shortened", "replaced"}:
            assert f"brim-note {change.handle}>" in change.after or (
                f"[brim {change.handle}: " in change.after
            )
        assert len(change.places) == 1 or change.kind in {"replaced", "left out"}


def test_kept_texts_are_the_callers_own() -> None:
    messages = chat(30)
    with app() as brim:
        changes = brim.fit(messages, model="gpt-4o", budget=700).diff().changes
    kept = [change for change in changes if change.kind == "kept"]
    assert [one.before for one in kept] == [messages[one.places[0]]["content"] for one in kept]
    [gone] = [change for change in changes if change.kind != "kept"]
    assert all(messages[place]["content"] in gone.before for place in gone.places)


def test_thinking_that_goes_is_told_of() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    steps = []
    for number in range(12):
        call = {"type": "tool_use", "id": f"t{number}", "name": "look", "input": {}}
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": "word " * 90}
        steps += [
            {"role": "assistant", "content": [thought, call]},
            {"role": "user", "content": [result]},
        ]
    messages = [{"role": "user", "content": "start"}, *steps, {"role": "user", "content": "end"}]
    request = {"model": "claude-sonnet-4-5", "max_tokens": 2048, "messages": messages}
    with app(models={"claude-sonnet-4-5": {"bound_thinking": True}}) as brim:
        fitted = brim.fit(request, budget=900, dialect="anthropic")
    silent = [c for c in fitted.diff().changed if c.before == "[thinking]"]
    sent = json.dumps(fitted.messages).count('"thinking": "hm"')
    changed = [place for c in fitted.diff().changed if c not in silent for place in c.places]
    inside = sum(1 for place in changed if place % 2 and place < 25)
    assert all(change.kind == "left out" for change in silent)
    assert sent + len(silent) + inside == 12


def test_it_can_be_printed_and_given_as_data() -> None:
    with app() as brim:
        diff = brim.fit(tool_chat(), model="gpt-4o", budget=300).diff()
    text = str(diff)
    assert f"@ 2 tool: shortened ({diff.changed[0].handle})" in text
    assert "\n- found word" in text
    assert "\n+ found word" in text
    assert "  look it up" in text
    data = json.loads(json.dumps(diff.as_dict()))
    assert data["counts"] == {"kept": 2, "shortened": 1}
    assert data["changes"][2]["handle"] == diff.changed[0].handle


def test_parts_are_told_in_words() -> None:
    from brim.api import Image, Opaque, Text, ToolCall, ToolResult

    assert told(ToolCall("1", "look", '{"a": 1}')) == 'look({"a": 1})'
    result = ToolResult("1", (Text("a"), Text("b")))
    assert told(result) == "a\nb"
    assert told(Opaque("audio", 3, "d")) == "[audio]"
    assert Image.__name__ == "Image"

"""Handles: in every note and mark, the same everywhere, and few."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise

import pytest
from archive_parts import app, cases, chat, squeezed, tool_chat, words

from brim.road.plans import handles
from brim.road.plans.plan import Plan, Span
from brim.texts import PLACEHOLDER, cut, is_marked, is_note, note_body, with_handle, wrap_note

NOTE = re.compile(r"<brim-note ([a-z2-7]{6})>")


def test_every_note_and_mark_has_a_handle() -> None:
    with app() as brim:
        text = json.dumps(brim.fit(chat(30), model="gpt-4o", budget=800).messages)
        assert len(NOTE.findall(text)) == 1
        text = json.dumps(brim.fit(tool_chat(), model="gpt-4o", budget=300).messages)
        assert re.search(r"\[brim [a-z2-7]{6}: [\d,]+ characters cut\]", text)
        assert "[brim: " not in text


SCRIPT = """
import json, sys
from brim import Brim
from brim.testing.workbench import alone
sys.path.insert(0, sys.argv[1])
from archive_parts import chat
with Brim(alone(strategies=["smart-truncation"])) as brim:
    fitted = brim.fit(chat(30), model="gpt-4o", budget=800, tenant=sys.argv[2])
    print(json.dumps(fitted.messages))
"""


def test_the_same_conversation_has_the_same_handles_in_every_process() -> None:
    outputs = []
    for seed, tenant in (("1", "a"), ("2", "b")):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, os.path.dirname(__file__), tenant],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert NOTE.search(outputs[0])


def test_handles_stay_while_the_conversation_grows() -> None:
    messages = chat(30)
    with app() as brim:
        seen = []
        for number in range(6):
            fitted = brim.fit(messages, model="gpt-4o", budget=2_000)
            seen.append(fitted.messages)
            messages = [
                *messages,
                {"role": "assistant", "content": f"a {number}"},
                {"role": "user", "content": "go on"},
            ]
        assert NOTE.search(json.dumps(seen))
        assert all(later[: len(one)] == one for one, later in pairwise(seen))


def test_other_messages_have_other_handles() -> None:
    with app() as brim:
        found = [
            brim.fit(chat(turns, size), model="gpt-4o", budget=900).messages
            for turns, size in ((30, 30), (31, 30), (30, 31))
        ]
    assert len({name for messages in found for name in NOTE.findall(json.dumps(messages))}) == 3


def test_where_two_would_be_alike_the_later_one_is_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = {0: "aaaaaabbbb", 2: "aaaaaabbcc", 4: "aaaaaabdd"}
    monkeypatch.setattr(handles, "digest_of", lambda _, span: alike[span.start])
    plan = Plan((Span(0, 1, "a"), Span(2, 3, "b"), Span(4, 5, "c")))
    found = handles.handles_of(None, plan)  # type: ignore[arg-type]
    assert found.spans == {0: "aaaaaa", 2: "aaaaaab", 4: "aaaaaabd"}


@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic", "openai-responses"])
def test_a_plan_never_uses_a_handle_twice(dialect: str) -> None:
    with app() as brim:
        for case in cases(dialect, 12):
            named = [c.handle for c in squeezed(brim, case, 0.4).diff().changed if c.handle]
            assert len(named) == len(set(named))


def test_notes_are_known_in_both_forms() -> None:
    for handle in ("", "k7f3a2", "k7f3a2bcde"):
        note = wrap_note("body </brim-note> <brim-note k7f3a2> x", handle)
        assert is_note(note)
        assert note_body(note) == "body &lt;/brim-note> &lt;brim-note k7f3a2> x"
    for text in ("<brim-note K7F3A2>\nx\n</brim-note>", "<brim-note k7f3a2 >\nx\n</brim-note>"):
        assert not is_note(text)
    twice = f"{wrap_note('a', 'k7f3a2')}\n{wrap_note('b', 'k7f3a2')}"
    assert not is_note(twice)


def test_marks_are_known_in_both_forms() -> None:
    assert is_marked("x [brim: 5 characters cut]")
    assert is_marked("x [brim k7f3a2: 5 characters cut]")
    assert not is_marked("x [brim k1: 5 characters cut] [brimming: x")


def count(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def test_a_text_that_was_cut_with_a_handle_keeps_one_mark() -> None:
    text = words(500)
    once = with_handle(cut(text, 200, count), "k7f3a2")  # type: ignore[arg-type]
    twice = cut(once, 100, count)  # type: ignore[arg-type]
    assert len(re.findall(r"\[brim", twice)) == 1
    gone = int(re.search(r"([\d,]+) characters cut", twice)[1].replace(",", ""))  # type: ignore[index]
    head, tail = re.split(r"\n?\[brim[^]]*\]\n?", twice)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert gone == len(text) - len(head) - len(tail)


def test_there_is_room_for_the_handle_in_what_was_cut() -> None:
    for limit in range(30, 200, 7):
        shorter = cut(words(500), limit, count)  # type: ignore[arg-type]
        assert count([with_handle(shorter, PLACEHOLDER)])[0] <= limit


def test_the_handle_goes_into_brims_own_mark_and_not_into_a_quoted_one() -> None:
    quoted = "see [brim: 777 messages left out]"
    text = f"{quoted} x\n[brim: 9 characters cut]\ny"
    shown = with_handle(text, "k7f3a2", f"{quoted} x and more y")
    assert shown == f"{quoted} x\n[brim k7f3a2: 9 characters cut]\ny"
    assert with_handle(shown, "k7f3a2", quoted) == shown

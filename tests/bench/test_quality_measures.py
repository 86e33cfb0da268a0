"""Needs, grounded answers, baselines and intervals, on conversations made for the purpose."""

from __future__ import annotations

import json

import pytest

from quality_parts.data import DATA, as_openai, halves
from quality_parts.grounding import Covered, Question, grounded, questions_of
from quality_parts.sides import BASELINES, PLACEHOLDER, Ours
from quality_parts.statistics import difference, rate
from quality_parts.texts import lines_of, shown
from quality_parts.trials import Trial, cut_before


def call(number, name, **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": f"c{number}", "type": "function", "function": function}],
    }


def result(number, text):
    return {"role": "tool", "tool_call_id": f"c{number}", "content": text}


FILLER = "\n".join(f"nothing of note happened in part {word} of it" for word in "abcdefg" * 12)


def agent():
    return {
        "id": "agent",
        "messages": [
            {"role": "system", "content": "Never touch order SYS777."},
            {"role": "user", "content": "Cancel my order, please."},
            call(1, "find", customer="anna_k_12"),
            result(1, f"order_id: ORD555, refund: 129, other_order: ORD666\n{FILLER}"),
            {"role": "user", "content": "Yes, for ABC123 as well."},
            call(2, "cancel", order="ORD555", also="ABC123", not_this="SYS777"),
            result(2, "fine; next is ORD666"),
            call(3, "cancel", order="ORD666", fee="NEW001"),
        ],
    }


def test_needed_is_what_only_the_body_tells():
    trial = cut_before(agent(), 5)
    assert [need.text for need in trial.needs] == ["ORD555"]
    assert "order" in trial.needs[0].words


def test_the_body_is_all_but_system_and_the_last_user_message():
    trial = cut_before(agent(), 5)
    assert [one["role"] for one in trial.body] == ["user", "assistant", "tool"]
    assert [one["role"] for one in trial.head] == ["system", "user"]


def test_small_bodies_are_no_trial():
    assert cut_before(agent(), 3) is None


@pytest.mark.parametrize("name", [name for name in BASELINES if "LangChain" not in name])
@pytest.mark.parametrize("room", [0, 40, 400])
def test_baselines_stay_in_their_room(name, room):
    trial = cut_before(agent(), 5)
    answer = BASELINES[name](trial, room)
    assert answer.size <= room
    assert all(line in trial.text or line == PLACEHOLDER for line in answer.text.splitlines())


def test_masking_keeps_the_newest_result():
    messages = [
        {"role": "user", "content": "go"},
        *(one for i in range(4) for one in (call(i, "look"), result(i, f"R{i} {FILLER}"))),
        {"role": "user", "content": "and now?"},
    ]
    trial = Trial("c", "c", messages)
    answer = BASELINES["observation masking"](trial, trial.size // 2)
    assert PLACEHOLDER in answer.text
    assert "R3" in answer.text
    assert "R0" not in answer.text


def test_ours_is_the_real_fit_at_the_share():
    trial = cut_before(agent(), 5)
    ours = Ours("smart-truncation", 0.5)
    room = max(trial.size // 2, ours.least(trial))
    answer = ours(trial, room)
    assert 0 < answer.size <= room
    assert answer.strategies == ("smart-truncation",)
    assert not any("Yes, for ABC123" in text for text in answer.texts)


TURNS = ["[8 May, 2023] I went hiking with Anna.", "Great! I painted a sunrise.", "A lake sunrise?"]
ROW = {
    "meta": {"speakers": ["Anna", "Bo"]},
    "qa": [
        {"answer": "a sunrise", "category": "x", "evidence_message_indexes": [1]},
        {"answer": "in June", "category": "x", "evidence_message_indexes": [1]},
        {"answer": "sunrise", "category": "x", "evidence_message_indexes": []},
        {"answer": None, "category": "adversarial_unanswerable", "evidence_message_indexes": [1]},
    ],
}


def test_questions_are_those_that_their_evidence_answers():
    assert [one.evidence for one in questions_of(ROW, TURNS)] == [(1,)]


@pytest.mark.parametrize(
    ("output", "kept"),
    [
        (["I painted a sunrise."], True),
        (["painted sunrise."], True),
        (["B: painted sunrise."], True),
        (["Great! I painted."], False),
        (["A lake sunrise?", "I painted."], False),
        (["many people of our city painted what they saw when the sunrise came"], False),
        ([], False),
    ],
)
def test_an_answer_must_stand_in_what_is_about_its_turn(output, kept):
    (question,) = questions_of(ROW, TURNS)
    assert grounded(question, Covered(TURNS).about(output)) is kept


def test_an_answer_may_stand_in_several_turns():
    question = Question(frozenset({"hik", "sunris"}), (0, 1))
    assert grounded(question, Covered(TURNS).about(TURNS))
    assert not grounded(question, Covered(TURNS).about(TURNS[1:]))


def test_rate_draws_conversations():
    estimate = rate({"a": (9, 10), "b": (1, 10)})
    assert (estimate.value, estimate.low, estimate.high) == (0.5, 0.1, 0.9)
    assert rate({"a": (1, 2)}).low is None


def test_difference_is_paired():
    ours = {str(i): (i + 2, 20) for i in range(10)}
    theirs = {str(i): (i, 20) for i in range(10)}
    gain = difference(ours, theirs)
    assert gain.value == pytest.approx(0.1)
    assert (gain.low, gain.high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_anthropic_messages_becomeas_openai():
    blocks = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "Look."},
        {
            "type": "tool_use",
            "id": "t",
            "name": "read",
            "input": {"path": "a.py", "lines": [1, 20]},
        },
    ]
    back = [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x"}]}]
    row = as_openai(
        {
            "messages": [
                {"role": "assistant", "content": blocks},
                {"role": "user", "content": [*back, {"type": "text", "text": "go on"}]},
                {"role": "assistant", "content": "ok"},
            ]
        }
    )
    assert [one["role"] for one in row["messages"]] == ["assistant", "tool", "user", "assistant"]
    assert row["places"] == [0, 1, 3]
    assert shown(row["messages"][0]) == "Look.\nread(path=a.py, lines=1, lines=20)"


def test_long_lines_count_as_several():
    record = json.dumps({f"key_{i}": i for i in range(60)})
    assert max(map(len, lines_of(record))) <= 200
    assert lines_of("short\n\nlines") == ["short", "lines"]


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
def test_halves_are_halves():
    sides = list(halves("locomo").values())
    assert abs(sides.count("dev") - sides.count("held")) <= 1

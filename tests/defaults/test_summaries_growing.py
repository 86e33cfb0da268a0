"""Summaries of what is long, and of what grows: read in pieces, renewed, bounded."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from summary_parts import BOTH, Wire, asked, brim_with, material, notes, talk

from brim import Brim
from brim.api import Ask
from brim.defaults.summarizing import HEADER

BUDGET = 2_000


def grown(brim: Brim, turns: int, budget: int = BUDGET) -> list[list[Any]]:
    """What is sent after each turn of a session."""
    session = brim.session(model="gpt-4o", budget=budget)
    found = []
    for turn in range(turns):
        question, answer = talk(1, turn)
        session.append(question)
        found.append(session.fit().messages)
        session.append(answer)
    return found


def renewed(ask: Ask) -> str:
    """Notes that always have as much in them as they may."""
    tokens = ask.max_tokens // 2
    return f"Goal: note {len(material(ask))} " + "and more " * tokens


def test_pieces_have_no_more_messages_than_asked_for() -> None:
    brim, model = brim_with(
        lambda ask: f"Goal: {material(ask).count('[user]')}", condensation={"max_messages": 6}
    )
    with brim:
        fitted = brim.fit(asked(20), model="gpt-4o", budget=BUDGET)
    spoken = [
        material(ask).count("[user]") + material(ask).count("[assistant]") for ask in model.asks
    ]
    assert len(spoken) > 2
    assert set(spoken[:-1]) == {6}
    assert 0 < spoken[-1] <= 6
    assert sum(spoken) == len(asked(20)) - (len(fitted.messages) - 1)
    first, second = (material(ask) for ask in model.asks[:2])
    assert "notes-so-far" not in first
    assert second.startswith("<notes-so-far>\nGoal: 3\n</notes-so-far>\n\n<conversation>\n")


@pytest.mark.parametrize("strategy", BOTH)
@pytest.mark.parametrize("window", [2_048, 4_096, 16_384])
def test_what_is_asked_fits_the_summarizers_window(strategy: str, window: int) -> None:
    """Guarantee 12, with room for a tokenizer that needs half as many tokens again."""
    huge: Wire = {"role": "user", "content": "a very long message, all in one piece. " * 2_000}
    brim, model = brim_with(renewed, strategy=strategy, plugin={"window": window})
    with brim:
        for messages in ([*talk(10), huge, *asked(8)], asked(60, size=100)):
            brim.fit(messages, model="gpt-4o", budget=4_000)
            read = [
                brim.count([{"role": r, "content": t} for r, t in a.prompt], model="gpt-4o")
                for a in model.asks
            ]
    assert read
    for count, ask in zip(read, model.asks, strict=False):
        assert 1.5 * count.total + ask.max_tokens <= window


def test_what_would_take_too_many_asks_is_left_to_others() -> None:
    huge: Wire = {"role": "user", "content": "x y z " * 2_000}
    brim, model = brim_with(plugin={"window": 1_024})
    with brim:
        fitted = brim.fit([*([huge] * 40), *asked(2)], model="gpt-4o", budget=BUDGET)
    assert fitted.report.after.upper <= BUDGET
    assert len(model.asks) <= 24


def test_a_renewed_note_replaces_the_old_one_and_stays_bounded() -> None:
    """Guarantee 11."""
    brim, model = brim_with(renewed, strategy="progressive-summarization")
    with brim:
        told = [notes(one) for one in grown(brim, 100)]
    assert {len(one) for one in told} == {0, 1}
    different = list(dict.fromkeys(one[0] for one in told if one))
    assert len(different) > 4
    assert all(note.count(HEADER) == note.count("<brim-note") == 1 for note in different)
    with brim:
        most = [brim.count([{"role": "user", "content": n}], model="gpt-4o") for n in different]
    assert max(one.total for one in most) <= BUDGET // 2
    assert all("<notes-so-far>\nGoal: note" in material(ask) for ask in model.asks[1:])
    assert all(HEADER not in material(ask) for ask in model.asks)


def test_a_long_newest_message_does_not_take_the_room_of_the_notes() -> None:
    """Above the target, where the limit allows it; and a step remains until the next time."""
    brim, _ = brim_with(renewed, strategy="progressive-summarization")
    long = {"role": "user", "content": "very long " * 500}
    with brim:
        session = brim.session(model="gpt-4o", budget=BUDGET)
        for message in asked(16):
            session.append(message)
        (first,) = notes(session.fit().messages)
        for message in (*talk(3, 16), long):
            session.append(message)
        fitted = session.fit()
        (second,) = notes(fitted.messages)
    assert second != first
    assert len(second) > 0.7 * len(first)
    target = fitted.report.decision.target
    assert target < fitted.report.after.tokens <= target + 0.7 * (BUDGET - target)


def test_earlier_summaries_stay_as_they_are_until_they_take_too_much() -> None:
    brim, model = brim_with("Goal: to know why", plugin={"ratio": 0.1})
    with brim:
        told = [notes(one) for one in grown(brim, 100)]
    steps = list(pairwise(told))
    grew = [(a, b) for a, b in steps if len(b) > len(a) > 0]
    assert grew
    assert all(b[: len(a)] == a for a, b in grew)
    folded = [b for a, b in steps if len(b) < len(a)]
    assert folded
    assert all(len(b) == 1 for b in folded)
    assert any("<notes-so-far>" in material(ask) for ask in model.asks)


def test_what_the_model_leaves_out_is_listed() -> None:
    """The list takes what is left of the note's room, at most a quarter of the target."""
    messages = asked(20)
    messages[4]["content"] += " You must never delete the table orders_2024 on db-7.example.org."
    brim, _ = brim_with("Goal: to know why")
    with brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=BUDGET)
        (note,) = notes(fitted.messages)
        body, _, listed = note.partition("\n\nAlso said:\n")
        size = brim.count([{"role": "user", "content": listed}], model="gpt-4o").total
    assert "orders_2024" not in body
    assert "U: You must never delete the table orders_2024 on db-7.example.org." in listed
    assert size <= BUDGET // 4


def test_what_the_model_says_is_not_listed_again() -> None:
    messages = asked(20)
    said = "You must never delete the table orders_2024 on db-7.example.org."
    messages[4]["content"] += f" The ticket is BRIM-4711 of 2026-03-09. {said}"
    brim, _ = brim_with(
        "Facts: ticket BRIM-4711 of 2026-03-09, table orders_2024, db-7.example.org"
    )
    with brim:
        (note,) = notes(brim.fit(messages, model="gpt-4o", budget=BUDGET).messages)
    assert note.count("BRIM-4711") == 1


def test_what_the_user_forbade_is_not_listed_where_the_model_says_it() -> None:
    messages = asked(20)
    said = "You must never delete the table orders_2024 on db-7.example.org."
    messages[4]["content"] += f" {said} The ticket is BRIM-4711."
    brim, _ = brim_with(f"Constraints: {said}")
    with brim:
        (note,) = notes(brim.fit(messages, model="gpt-4o", budget=BUDGET).messages)
    assert "BRIM-4711" in note
    assert note.count(said) == 1


def test_what_was_listed_once_stays_listed_though_the_model_forgets_all() -> None:
    brim, _ = brim_with("Goal: to know why", strategy="progressive-summarization")
    with brim:
        session = brim.session(model="gpt-4o", budget=BUDGET)
        listed: list[str] = []
        for turn in range(100):
            question, answer = talk(1, turn)
            question["content"] += f" It is about HAT{turn:03d} on 2026-{turn % 12 + 1:02d}-17."
            session.append(question)
            (note,) = notes(session.fit().messages) or [""]
            listed += [note] if note and note not in listed else []
            session.append(answer)
    told = [set(re.findall(r"HAT\d+", note)) for note in listed]
    assert len(told) > 5
    assert len(told[0]) > 5
    assert all(len(old & new) >= 0.9 * len(old) for old, new in pairwise(told))
    assert len(told[0] & told[-1]) >= 0.9 * len(told[0])
    assert all(max(new) > max(old) for old, new in pairwise(told))


@pytest.mark.parametrize("strategy", BOTH)
def test_every_turn_fits_and_every_ask_is_new(strategy: str) -> None:
    brim, model = brim_with(renewed, strategy=strategy)
    with brim:
        session = brim.session(model="gpt-4o", budget=BUDGET)
        for turn in range(60):
            question, answer = talk(1, turn)
            session.append(question)
            fitted = session.fit()
            assert fitted.report.after.upper <= BUDGET
            assert fitted.messages[-1] == question
            session.append(answer)
    assert len({ask.prompt for ask in model.asks}) == len(model.asks)
    assert len(model.asks) < 20

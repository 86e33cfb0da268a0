"""How much room there is: budgets, windows, reserves, levels, pins."""

from __future__ import annotations

from typing import Any

import pytest
from loguru import logger
from road_parts import assistant, chat, texts, user, words

from brim import Brim, BudgetInfeasible, MalformedRequest
from brim.api import Message
from brim.errors import UnknownDialect

LONG = chat(40)


def usage(brim: Brim, given: object, **options: Any) -> tuple[int, int, int]:
    before = brim.fit(given, **options).report.before
    return before.budget, before.window, before.reserve


def test_without_a_budget_the_window_less_what_the_answer_takes(make: Any) -> None:
    request = {"model": "m", "messages": [user("a")]}
    assert usage(make(), request) == (1_800, 2_000, 200)
    assert usage(make(), request | {"max_tokens": 700}) == (1_300, 2_000, 700)
    assert usage(make(), request | {"max_completion_tokens": 50}) == (1_950, 2_000, 50)
    settled = make(budget={"reserve": 500})
    assert usage(settled, request | {"max_tokens": 700}) == (1_500, 2_000, 500)
    assert usage(make(budget={"reserve": 0}), request) == (2_000, 2_000, 0)


def test_the_profile_keeps_at_most_4096_tokens_for_the_answer(make: Any) -> None:
    models = {"wide": {"window": 100_000, "max_output": 64_000}}
    assert usage(make(models=models), [user("a")], model="wide") == (95_904, 100_000, 4_096)


def test_an_explicit_budget_stands_as_it_is(make: Any) -> None:
    request = {"model": "m", "messages": [user("a")], "max_tokens": 700}
    assert usage(make(), request, budget=900) == (900, 900, 0)
    assert usage(make(budget={"tokens": 800}), request) == (800, 800, 0)
    assert usage(make(budget={"tokens": 800}), request, budget=900) == (900, 900, 0)


def test_a_budget_larger_than_the_window_is_the_window(brim: Brim) -> None:
    fitted = brim.fit(LONG, model="m", budget=50_000)
    assert fitted.report.before.tokens > 2_000
    assert fitted.report.after.upper <= 2_000
    assert usage(brim, LONG, model="m", budget=10**30) == (2_000, 2_000, 0)


def test_of_a_model_that_nobody_knows_the_caller_knows_more(brim: Brim) -> None:
    assert usage(brim, LONG, model="who-knows", budget=10**30) == (10**30, 10**30, 0)


def test_a_budget_larger_than_the_window_is_told_once(brim: Brim) -> None:
    told: list[str] = []
    logger.enable("brim")
    sink = logger.add(told.append, level="WARNING", format="{message}")
    try:
        for _ in range(2):
            brim.fit([user("a")], model="m", budget=50_000)
    finally:
        logger.remove(sink)
    assert told == [
        "a budget of 50,000 tokens is more than the window of m, and 2,000 is used; "
        "describe another one in brim.toml if it is larger\n"
    ]


def test_the_window_mode_takes_big_steps(brim: Brim) -> None:
    report = brim.fit(LONG, model="m").report
    assert report.decision.trigger == 1_440
    assert report.decision.target < 0.45 * 1_440
    assert report.after.tokens <= report.decision.target + 32  # the note comes on top
    assert report.after.upper + report.after.reserve <= report.after.window


def test_a_reserve_as_large_as_the_window_leaves_nothing(brim: Brim) -> None:
    request = {"model": "m", "messages": LONG, "max_tokens": 5_000}
    with pytest.raises(BudgetInfeasible) as error:
        brim.fit(request)
    assert error.value.budget == 0


@pytest.mark.parametrize("budget", [0, -1, True, "8k", 8.0, float("nan")])
def test_a_budget_is_a_whole_number_from_one(brim: Brim, budget: Any) -> None:
    with pytest.raises(MalformedRequest, match="budget"):
        brim.fit(LONG, model="m", budget=budget)


def test_a_model_must_be_named_somewhere(make: Any) -> None:
    with pytest.raises(MalformedRequest, match="no model"):
        make().fit(LONG)
    assert make(model="m").fit(LONG, budget=500).report.model == "m"
    assert make(model="x").fit({"model": "m", "messages": LONG}, budget=500).report.model == "m"
    assert make().fit({"model": "x", "messages": []}, model="m").report.model == "m"


def test_an_unknown_dialect_names_those_there_are(brim: Brim) -> None:
    with pytest.raises(UnknownDialect, match="anthropic"):
        brim.fit(LONG, model="m", dialect="antropic")


PINS: list[tuple[Any, list[int]]] = [
    (4, [4]),
    (-3, [len(LONG) - 3]),
    ([0, 7], [0, 7]),
    ("user", list(range(0, len(LONG), 2))),
    (lambda message: "answer 3 " in message.text, [7]),
    ([lambda message: isinstance(message, Message) and message.text.startswith("q"), 1], [0, 1]),
]


@pytest.mark.parametrize(("pin", "kept"), PINS)
def test_pinned_messages_stay_in_order(brim: Brim, pin: Any, kept: list[int]) -> None:
    fitted = brim.fit(LONG, model="m", budget=1_700, pin=pin)
    assert fitted.report.changed
    places = [LONG.index(one) for one in fitted.messages if one in LONG]
    assert places == sorted(places)
    assert set(kept) <= set(places)


def test_a_pin_in_the_middle_divides_the_notes(brim: Brim) -> None:
    fitted = brim.fit(LONG, model="m", budget=500, pin=10)
    assert "10 earlier messages" in texts(fitted.messages[:1])
    assert fitted.messages[1] is LONG[10]
    assert "<brim-note " in texts(fitted.messages[2:3])


def test_positions_count_a_leading_system_message(brim: Brim) -> None:
    head = {"role": "system", "content": "be brief"}
    fitted = brim.fit([head, *LONG], model="m", budget=500, pin=1)
    assert fitted.messages[:2] == [head, LONG[0]]
    assert brim.fit([head, *LONG], model="m", budget=500, pin=0).messages[0] is head


def test_settings_pin_by_a_marker(make: Any) -> None:
    messages = [user("KEEP this"), assistant("fine"), *LONG]
    fitted = make(pins=["KEEP"]).fit(messages, model="m", budget=500)
    assert fitted.messages[0] is messages[0]
    assert messages[1] not in fitted.messages


@pytest.mark.parametrize("pin", [99, -99, 3.5, b"x", [None], True])
def test_a_pin_that_points_nowhere_is_malformed(brim: Brim, pin: Any) -> None:
    with pytest.raises((MalformedRequest, TypeError)):
        brim.fit(LONG, model="m", budget=500, pin=pin)


def test_pins_that_do_not_fit_are_infeasible(brim: Brim) -> None:
    with pytest.raises(BudgetInfeasible) as error:
        brim.fit([user(words(800)), *LONG], model="m", budget=500, pin=0)
    assert error.value.minimum > 800

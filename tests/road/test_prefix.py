"""A conversation that grows keeps its prefix, and the report says how much of it."""

from __future__ import annotations

from typing import Any

import pytest
from road_parts import Wire, assistant, chat, loop, texts, timeline, user

from brim import Brim

GROWING = {
    "chat": ("openai-chat", chat(60)),
    "loop": ("openai-chat", loop(60)),
    "anthropic": ("anthropic", loop(60, anthropic=True)),
}


def steps(messages: list[Wire]) -> list[list[Wire]]:
    """The conversation as it is sent, request by request."""
    return [messages[: i + 1] for i, one in enumerate(messages) if one["role"] != "assistant"]


@pytest.mark.parametrize("way", ["session", "stateless"])
@pytest.mark.parametrize(("dialect", "messages"), GROWING.values(), ids=GROWING)
def test_between_condensations_each_output_begins_with_the_last(
    brim: Brim, way: str, dialect: str, messages: list[Wire]
) -> None:
    session = brim.session(model="m", budget=900, dialect=dialect)
    last: list[Any] = []
    condensed = 0
    for step in steps(messages):
        if way == "session":
            session.extend(step[len(session) :])
            fitted = session.fit()
        else:
            fitted = brim.fit(step, model="m", budget=900, dialect=dialect)
        assert fitted.report.after.upper <= 900
        if fitted.report.condensed:
            condensed += 1
        else:
            assert fitted.messages[: len(last)] == last
            assert fitted.report.prefix_reuse in (None, 1.0)
        last = fitted.messages
    assert 2 <= condensed <= 12


def test_session_and_stateless_send_the_same(brim: Brim) -> None:
    session = brim.session(model="m", budget=900, tenant="other")
    for step in steps(chat(50)):
        session.extend(step[len(session) :])
        stateless = brim.fit(step, model="m", budget=900)
        assert texts(session.fit().messages) == texts(stateless.messages)


def test_a_session_that_comes_back_elsewhere_finds_its_records(brim: Brim) -> None:
    messages = chat(50)
    session = brim.session(messages, model="m", budget=900)
    assert not session.fit().report.replayed
    again = brim.fit([*messages, assistant("b")], model="m", budget=900)
    assert again.report.replayed
    assert again.messages[:-1] == session.fit().messages


def test_prefix_reuse_after_a_condensation_is_what_still_begins_alike(brim: Brim) -> None:
    messages = chat(60)
    seen = []
    for step in steps(messages):
        report = brim.fit(step, model="m", budget=900, system="always the same").report
        if report.condensed:
            seen.append(report.prefix_reuse)
    fixed = report.after.fixed
    assert seen[0] is not None
    for reuse in seen:
        assert reuse is not None
        assert fixed / 900 <= reuse < 0.1


def test_another_head_reuses_nothing(brim: Brim) -> None:
    messages = chat(2)
    assert brim.fit(messages, model="m", system="Monday").report.prefix_reuse is None
    assert brim.fit(messages, model="m", system="Monday").report.prefix_reuse == 1.0
    assert brim.fit(messages, model="m", system="Tuesday").report.prefix_reuse == 0.0
    head = {"role": "system", "content": "Monday"}
    assert brim.fit([head, *messages], model="m").report.prefix_reuse == 0.0


def test_another_budget_reuses_what_is_common(brim: Brim) -> None:
    messages = [{"role": "user", "content": "the same beginning"}, *chat(40)]
    brim.fit(messages, model="m", budget=700, pin=0)
    report = brim.fit(messages, model="m", budget=380, pin=0).report
    opening = timeline(brim, messages[:1]).tokens[0]
    last = brim.fit(messages, model="m", budget=700, pin=0, tenant="new").report.after.tokens
    assert report.prefix_reuse == pytest.approx((opening + 3) / last)


def test_instructions_in_the_middle_are_counted_once(brim: Brim) -> None:
    say = {"role": "system", "content": "be brief " * 30}
    opening = [user("the beginning"), say, assistant("yes")]
    messages = [*opening, *chat(40)]
    brim.fit(messages, model="m", budget=700, pin=[0, 2], tenant="x")
    last = brim.fit(messages, model="m", budget=700, pin=[0, 2], tenant="x").report.after.tokens
    report = brim.fit(messages, model="m", budget=380, pin=[0, 2], tenant="x").report
    common = sum(timeline(brim, opening).tokens)
    assert report.prefix_reuse == pytest.approx((common + 3) / last)


def test_a_date_in_the_system_prompt_does_not_lose_the_ledger(brim: Brim) -> None:
    bodies = []
    for day in ("Monday", "Tuesday"):
        head = {"role": "system", "content": f"today is {day}"}
        fitted = brim.fit([head, *chat(40)], model="m", budget=600)
        assert fitted.messages[0] is head
        bodies.append(fitted.messages[1:])
        replayed = fitted.report.replayed
    assert replayed
    assert bodies[0] == bodies[1]


def test_an_edit_of_history_starts_anew(brim: Brim) -> None:
    messages = chat(40)
    brim.fit(messages, model="m", budget=600)
    changed = [user("something else"), *messages[1:]]
    assert not brim.fit(changed, model="m", budget=600).report.replayed


def test_tenants_do_not_share_records(brim: Brim) -> None:
    brim.fit(chat(40), model="m", budget=600, tenant="ann")
    assert not brim.fit(chat(40), model="m", budget=600, tenant="bob").report.replayed
    assert brim.fit(chat(40), model="m", budget=600, tenant="ann").report.replayed

"""What was undone stays undone: in this process, in the next one, and byte for byte."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from archive_parts import app, cases, chat, same, squeezed, tool_chat

from brim.errors import BudgetInfeasible

LARGE = {"window": 200_000, "max_output": 100}


def handles(fitted: Any) -> list[str]:
    return [change.handle for change in fitted.diff().changed if change.handle]


def test_undone_is_back_and_not_taken_away_by_the_next_fit() -> None:
    messages = chat(30)
    with app() as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=1_900)
        [change] = fitted.diff().changed
        undone = fitted.undo(change.handle)
        back = {id(messages[place]) for place in change.places}
        assert back <= {id(message) for message in undone.messages}
        assert undone.report.after.upper <= 1_900
        assert undone.report.changed
        again = brim.fit(messages, model="gpt-4o", budget=1_900)
        assert again.messages == undone.messages
        grown = [*messages, {"role": "assistant", "content": "so"}, *chat(1)[1:]]
        later = brim.fit(grown, model="gpt-4o", budget=1_900)
        assert back <= {id(message) for message in later.messages}
        assert later.messages[: len(undone.messages)] == undone.messages


def test_an_undone_part_stays_whole() -> None:
    messages = tool_chat()
    with app() as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=300)
        with pytest.raises(BudgetInfeasible, match="`undo` brought back"):
            fitted.undo(handles(fitted)[0])
        roomy = fitted.report.before.upper
        low = brim.fit(messages, model="gpt-4o", budget=roomy - 10)
        if handles(low):
            with pytest.raises(BudgetInfeasible):
                low.undo(handles(low)[0])
        assert brim.fit(messages, model="gpt-4o", budget=300).messages == fitted.messages


def test_an_undo_that_does_not_fit_changes_nothing() -> None:
    messages = chat(30)
    with app() as brim:
        fitted = brim.fit(messages, model="gpt-4o", budget=600)
        with pytest.raises(BudgetInfeasible) as error:
            fitted.undo(handles(fitted)[0])
        assert "exchanges in it that `undo` brought back" in str(error.value)
        assert brim.fit(messages, model="gpt-4o", budget=600).messages == fitted.messages


@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic", "openai-responses"])
def test_when_everything_is_undone_the_conversation_is_back_byte_for_byte(
    dialect: str, tmp_path: Path
) -> None:
    tried = 0
    for number, case in enumerate(cases(dialect, 10)):
        before = copy.deepcopy(case.request)
        tenant = f"tenant {number}"
        with app(tmp_path) as brim:
            total = brim.count(case.request, dialect=case.dialect).total
            fitted = squeezed(brim, case, 0.6, tenant)
            for handle in handles(fitted):
                brim.undo(handle, tenant)
                tried += 1
            options: dict[str, Any] = {
                "budget": 2 * total + 200,
                "dialect": case.dialect,
                "tenant": tenant,
            }
            assert brim.fit(case.request, **options).request is case.request
            for _ in range(40):  # what goes in its place is undone as well
                try:
                    last = brim.fit(case.request, **{**options, "budget": total})
                except BudgetInfeasible:
                    break
                if not handles(last):
                    assert same(last.messages, before[case.key])
                    break
                for handle in handles(last):
                    brim.undo(handle, tenant)
        assert same(case.request, before)
    assert tried > 5


def test_undo_survives_a_restart_and_redo_ends_it(tmp_path: Path) -> None:
    messages = chat(30)
    fit: dict[str, Any] = {"model": "gpt-4o", "budget": 1_900}
    with app(tmp_path) as brim:
        fitted = brim.fit(messages, **fit)
        [handle] = handles(fitted)
        undone = fitted.undo(handle)
    with app(tmp_path) as brim:
        assert brim.fit(messages, **fit).messages == undone.messages
        assert brim.redo(handle) == fitted.expand(handle)
    with app(tmp_path) as brim:
        assert brim.fit(messages, **fit).messages == fitted.messages
        assert brim.undo(handle).messages == fitted.expand(handle).messages
        assert brim.fit(messages, **fit).messages == undone.messages
    with app(tmp_path) as brim:
        assert brim.fit(messages, **fit).messages == undone.messages


def test_undo_is_for_one_tenant_and_one_conversation() -> None:
    messages = chat(30)
    fit: dict[str, Any] = {"model": "gpt-4o", "budget": 1_900}
    with app() as brim:
        ours = brim.fit(messages, **fit, tenant="ours")
        theirs = brim.fit(messages, **fit, tenant="theirs")
        ours.undo(handles(ours)[0])
        assert brim.fit(messages, **fit, tenant="theirs").messages == theirs.messages
        other = [messages[0], {"role": "user", "content": "hello"}, *messages[1:]]
        assert len(brim.fit(other, **fit, tenant="ours").messages) < len(messages) - 20


def test_undo_after_the_session_went_on_is_about_the_conversation_as_it_was() -> None:
    messages = chat(30)
    with app() as brim:
        session = brim.session(messages, model="gpt-4o", budget=1_900)
        fitted = session.fit()
        session.append({"role": "assistant", "content": "so"})
        session.append({"role": "user", "content": "and then?"})
        undone = fitted.undo(handles(fitted)[0])
        assert undone.messages[-1] is messages[-1]
        assert len(session.fit().messages) == len(undone.messages) + 2


def test_undo_works_from_an_event_loop() -> None:
    import asyncio

    async def main() -> None:
        fitted = await brim.afit(chat(30), model="gpt-4o", budget=1_900)
        undone = await asyncio.to_thread(fitted.undo, handles(fitted)[0])
        assert undone.messages[1]["content"].startswith("question 0")  # type: ignore[index]

    with app() as brim:
        asyncio.run(main())


def test_the_answer_of_no_fit_has_no_originals() -> None:
    from brim.errors import UnknownHandle
    from brim.road.reports.fitted import Fitted

    with app() as brim:
        report = brim.fit(chat(2), model="gpt-4o").report
    bare = Fitted([], [], report)
    for call in (bare.diff, lambda: bare.expand("k7f3a2"), lambda: bare.undo("k7f3a2")):
        with pytest.raises(UnknownHandle, match="not made by a fit"):
            call()

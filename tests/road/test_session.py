"""A conversation that grows in one place."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from road_parts import answer, assistant, block, call, chat, loop, results, texts, use, user

from brim import Brim, BudgetInfeasible, InvalidConversation, MalformedRequest

HEAD = {"role": "system", "content": "be brief"}


def test_it_sends_what_was_appended(brim: Brim) -> None:
    messages = [HEAD, *chat(3)]
    session = brim.session(messages[:2], model="m")
    for message in messages[2:]:
        session.append(message)
    fitted = session.fit()
    assert len(session) == len(messages)
    assert all(one is other for one, other in zip(fitted.messages, messages, strict=True))
    assert fitted.report.before == brim.fit(messages, model="m").report.before


def test_its_history_is_never_trimmed(brim: Brim) -> None:
    messages = chat(40)
    session = brim.session(messages, model="m", budget=500)
    assert len(session.fit().messages) < 20
    assert session.messages == messages
    session.messages.clear()
    assert len(session) == 81


def test_extend_adds_all_or_nothing(brim: Brim) -> None:
    session = brim.session(model="m")
    for bad in ([HEAD, {"role": "x"}], [user("a"), 7], [HEAD, 7]):
        with pytest.raises(MalformedRequest) as error:
            session.extend(bad)
        assert error.value.index == 1
        assert len(session) == 0
        assert session.fit().report.before.tokens == brim.fit([], model="m").report.before.tokens
    session.extend([HEAD, user("a")])
    with pytest.raises(MalformedRequest) as error:
        session.extend([user("b"), {"role": "x"}])
    assert error.value.index == 3
    assert session.fit().messages == [HEAD, user("a")]


def test_open_calls_must_be_answered_first(brim: Brim) -> None:
    session = brim.session([user("a"), call("1", "2"), answer("1")], model="m")
    with pytest.raises(InvalidConversation, match="2") as error:
        session.fit()
    assert error.value.index == 2
    session.append(answer("2"))
    assert session.fit().report.violations == ()


def test_a_budget_and_pins_for_one_fit(brim: Brim) -> None:
    messages = chat(40)
    session = brim.session(messages, model="m", pin=0)
    small = session.fit(budget=400, pin=4)
    assert small.report.before.budget == 400
    assert messages[0] in small.messages
    assert messages[4] in small.messages
    assert session.fit().report.before.budget == 1_800
    with pytest.raises(BudgetInfeasible):
        session.fit(budget=5)
    assert session.fit(budget=400, pin=4).messages == small.messages


def test_the_dialect_is_recognized_when_the_first_block_of_it_comes(brim: Brim) -> None:
    messages = [user("do it"), *loop(4, anthropic=True)[1:], user([block("fine")])]  # type: ignore[arg-type]
    session = brim.session(model="m", budget=100)
    for message in messages:
        session.append(message)
    fitted = session.fit()
    assert fitted.report.dialect == "anthropic"
    assert texts(fitted.messages) == texts(
        brim.fit(messages, model="m", budget=100, tenant="other").messages
    )


def test_a_named_dialect_stays(brim: Brim) -> None:
    session = brim.session([user("a")], model="m", dialect="openai-chat")
    session.extend([use("1"), results("1")])
    assert session.fit().report.dialect == "openai-chat"


def test_a_system_message_in_the_middle_stays_there(brim: Brim) -> None:
    messages = [user("a"), HEAD, *chat(40)]
    session = brim.session(model="m", budget=400)
    for message in messages:
        session.append(message)
    fitted = session.fit()
    assert HEAD in fitted.messages[:3]
    assert fitted.messages == brim.fit(messages, model="m", budget=400).messages


def test_save_writes_a_private_file_in_one_step(brim: Brim, tmp_path: Path) -> None:
    class Sdk:
        role = "assistant"

        def model_dump(self, **_: Any) -> dict[str, object]:
            return assistant("b")

    path = tmp_path / "session.json"
    path.write_text("old")
    session = brim.session([HEAD, user("é \U0001f600"), Sdk()], model="m")
    session.save(path)
    assert json.loads(path.read_bytes()) == [HEAD, user("é \U0001f600"), assistant("b")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_save_keeps_half_a_surrogate_pair(brim: Brim, tmp_path: Path) -> None:
    session = brim.session([user("half \ud800")], model="m")
    session.save(tmp_path / "session.json")
    assert json.loads((tmp_path / "session.json").read_bytes()) == [user("half \ud800")]


def test_a_file_that_cannot_be_written_leaves_the_old_one(brim: Brim, tmp_path: Path) -> None:
    session = brim.session([user("a")], model="m")
    with pytest.raises(OSError, match="nowhere"):
        session.save(tmp_path / "nowhere" / "session.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        session.save(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]

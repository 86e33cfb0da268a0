"""Pins of the settings: texts, roles, positions, and the first task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from brim.errors import MalformedRequest, SettingsError
from brim.road.brim import Brim
from brim.road.intake.pins import pin_of
from brim.settings.load import load
from brim.settings.pins import PinRule, pin_rule

SYSTEM = {"role": "system", "content": "Be brief."}


def said(role: str, text: str, count: int = 30) -> dict[str, Any]:
    return {"role": role, "content": f"{text} " + "word " * count}


TALK = [
    SYSTEM,
    said("user", "first task"),
    *(said("assistant" if i % 2 == 0 else "user", f"line {i}") for i in range(40)),
    said("user", "and now?", 1),
]


def fitted(budget: int = 400, messages: Any = TALK, **settings: Any) -> list[Any]:
    with Brim({"archive": {"where": "off"}, "strategies": ["smart-truncation"], **settings}) as app:
        return app.fit(messages, model="gpt-4o", budget=budget).messages


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("role:user", "role", "user"),
        ("message:0", "message", "0"),
        ("message:-3", "message", "-3"),
        ("text:role:user", "text", "role:user"),
        ("Definition of done", "text", "Definition of done"),
        ("Note: keep", "text", "Note: keep"),
        ("", "text", ""),
    ],
)
def test_what_a_line_means(line: str, kind: Any, value: str) -> None:
    assert pin_rule(line) == PinRule(kind, value)


@pytest.mark.parametrize(
    "line", ["role:usr", "role:", "message:x", "message:", "message:²", "text:"]
)
def test_a_line_that_means_nothing_is_an_error_that_says_what_does(line: str) -> None:
    with pytest.raises(SettingsError, match=r"pins.*role: with one of user.*text: with any text"):
        load(environ={}, cwd="/", overrides={"pins": [line]})
    with pytest.raises(MalformedRequest, match="expected role:"):
        pin_of(line)


def test_settings_pin_by_position_and_by_text() -> None:
    out = fitted(pins=["message:3", "message:-5", "line 7 "])
    assert all(TALK[place] in out for place in (3, -5, 9))
    assert TALK[4] not in out


def test_a_position_that_is_not_there_pins_nothing() -> None:
    assert fitted(pins=["message:999", "message:-999"]) == fitted()


def test_settings_pin_by_role() -> None:
    rare = [*TALK[:5], {"role": "assistant", "content": "the one answer"}]
    rare += [said("user", f"again {i}") for i in range(30)]
    rare[2:5] = [said("user", f"before {i}") for i in range(3)]
    out = fitted(messages=rare, pins=["role:assistant"])
    assert rare[5] in out
    assert rare[4] not in out


def test_pins_of_settings_and_of_the_call_add_up() -> None:
    with Brim({"archive": {"where": "off"}, "pins": ["message:3"]}) as app:
        out = app.fit(TALK, model="gpt-4o", budget=400, pin=5).messages
    assert TALK[3] in out
    assert TALK[5] in out


def test_the_first_task_is_kept_where_it_leaves_room() -> None:
    keep = {"condensation": {"pin_first_task": True}}
    assert TALK[1] not in fitted(400)
    assert TALK[1] in fitted(400, **keep)
    long = [SYSTEM, said("user", "first task", 150), *TALK[2:]]
    assert long[1] not in fitted(400, long, **keep)
    assert long[1] in fitted(800, long, **keep)


def test_the_first_task_is_what_the_user_wrote_first() -> None:
    opening = [SYSTEM, said("assistant", "how can I help?"), *TALK[1:]]
    out = fitted(400, opening, condensation={"pin_first_task": True})
    assert opening[2] in out
    assert opening[1] not in out


@pytest.mark.parametrize("preset", ["accuracy", "long"])
def test_presets_keep_the_first_task(preset: str) -> None:
    assert TALK[1] in fitted(400, preset=preset)


def test_the_list_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "brim.toml").write_text('pins = ["role:user", "Definition of done"]\n')
    settings = load(environ={}, cwd=tmp_path)
    assert settings.pins == ("role:user", "Definition of done")

"""What `auto` stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from road_parts import assistant, call, user, words

from brim import Brim
from brim.api import ContentKind, Shape
from brim.road.condensing.choice import Choice
from brim.settings.load import load

BUILT_IN = (
    "duplicate-removal",
    "tool-masking",
    "key-point-extraction",
    "progressive-summarization",
    "conversation-summary",
    "smart-truncation",
)


def shape(messages: int = 10, **kinds: int) -> Shape:
    tokens = {ContentKind(name): count for name, count in kinds.items()}
    return Shape(messages, 5, (10,) * messages, lambda: tokens)


def choice(installed: tuple[str, ...] = BUILT_IN, **settings: Any) -> Choice:
    given = {"complete": ["a-model"], **settings}
    return Choice.of(load(environ={}, overrides=given), installed)


@pytest.mark.parametrize(
    ("given", "used", "picked"),
    [
        (shape(10, prose=100), 0.85, "conversation-summary"),
        (shape(21, prose=100), 0.85, "progressive-summarization"),
        (shape(20, prose=100), 0.85, "conversation-summary"),
        (shape(10, prose=60, code=40), 0.85, "key-point-extraction"),
        (shape(30, prose=60, log=20, json=20), 0.85, "key-point-extraction"),
        (shape(30, prose=90, code=10), 0.85, "progressive-summarization"),
        (shape(10, prose=100), 0.96, "key-point-extraction"),
        (shape(30, prose=100), 0.96, "key-point-extraction"),
        (shape(10), 0.85, "conversation-summary"),
    ],
)
def test_the_guides_rule(given: Shape, used: float, picked: str) -> None:
    assert choice().chain((), given, used) == (
        "duplicate-removal",
        "tool-masking",
        picked,
        "smart-truncation",
    )


@pytest.mark.parametrize("settings", [{"complete": []}, {"condensation": {"ai": False}}])
def test_without_a_model_key_points_serve(settings: dict[str, Any]) -> None:
    for given in (shape(10, prose=100), shape(30, prose=100)):
        assert choice(**settings).lossy(given, 0.85) == "key-point-extraction"


def test_the_default_strategy_is_a_setting() -> None:
    mine = choice((*BUILT_IN, "mine"), condensation={"default_strategy": "mine"}, complete=[])
    assert mine.lossy(shape(10, prose=100), 0.99) == "mine"
    guide = choice(condensation={"default_strategy": "key_point_extraction"})
    assert guide.lossy(shape(10, prose=100), 0.85) == "key-point-extraction"


def test_what_is_not_installed_is_left_out() -> None:
    assert choice(("smart-truncation",)).chain((), shape(), 0.85) == ("smart-truncation",)
    some = choice(("key-point-extraction", "smart-truncation"))
    assert some.chain((), shape(30), 0.85) == ("key-point-extraction", "smart-truncation")


def test_auto_beside_other_names_and_from_a_policy() -> None:
    mine = choice(strategies=["mine", "auto", "tool-masking"], complete=[])
    auto = ("duplicate-removal", "tool-masking", "key-point-extraction", "smart-truncation")
    assert mine.chain((), shape(), 0.85) == ("mine", *auto)
    assert mine.chain(("auto",), shape(), 0.85) == auto
    assert mine.chain(("other",), shape(), 0.85) == ("other", "smart-truncation")
    assert set(auto) < set(mine.possible)


def test_auto_in_a_fit(make: Callable[..., Brim]) -> None:
    brim = make(strategies=["auto"], condensation={"quality": 1})
    assert brim.engine.kit.choice.installed >= {"duplicate-removal", "key-point-extraction"}
    facts = [user(f"port of server{i}: {4_000 + i} {words(30)}") for i in range(60)]
    report = brim.fit([*facts, user("now?")], model="m", budget=900).report
    assert tuple(step.strategy for step in report.steps) == (
        "duplicate-removal",
        "tool-masking",
        "key-point-extraction",
        "smart-truncation",
    )
    assert report.after.upper <= 900


def test_the_shape_tells_kinds_when_asked(make: Callable[..., Brim]) -> None:
    from brim.road.intake.prepare import Options

    code = "def run(x):\n    return x + 1\n\n\nprint(run(2))\n" * 5
    calls = [call("c1"), {"role": "tool", "tool_call_id": "c1", "content": code}]
    messages = [
        user("please look"),
        *calls,
        assistant("It adds one to what it is given."),
        user("ok"),
    ]
    engine = make().engine
    trip = engine.trip(engine.case(messages, Options("m")))
    kinds = trip.shape(None).kinds
    assert set(kinds) == {ContentKind.CODE, ContentKind.PROSE}
    assert kinds[ContentKind.CODE] > kinds[ContentKind.PROSE]


def test_no_more_than_a_sample_of_messages_is_looked_at(
    make: Callable[..., Brim], monkeypatch: pytest.MonkeyPatch
) -> None:
    import brim.road.plans.trip as module
    from brim.road.intake.prepare import Options

    seen: list[str] = []
    monkeypatch.setattr(module, "content_kind", lambda text: seen.append(text) or ContentKind.PROSE)
    engine = make().engine
    messages = [one for i in range(500) for one in (user(f"q {i}"), assistant(f"a {i}"))]
    shape = engine.trip(engine.case(messages, Options("m"))).shape(None)
    assert seen == []
    assert shape.kinds[ContentKind.PROSE] > 0
    assert len(seen) <= 32

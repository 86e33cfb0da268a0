"""What one process condensed, another replays: the same bytes, without asking a model again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from attrs import evolve
from tier_parts import AddingBox, patient

from brim.api import Ask, Completion, Condensation, CondenseTask, Replace, hookimpl
from brim.errors import HookError, SettingsError
from brim.model.decisions import PastCondensation
from brim.road.brim import Brim
from brim.road.memory.ledger import Record
from brim.road.memory.sharing import _packed, _unpacked
from brim.road.plans.plan import Plan, Span
from brim.testing.fakes import FakeCache, ScriptedModel

KEY = "0123456789abcdef"
ADVICE = "set BRIM_CACHE_KEY to the output of"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIM_CACHE_KEY", KEY)
    patient(monkeypatch)


class Shared:
    """A tier that all makes of Brim in this test share."""

    name = "shared-box"

    def __init__(self, box: AddingBox) -> None:
        self.box = box

    @hookimpl
    def provide_cache(self, name: str) -> AddingBox | None:
        return self.box if name == self.name else None


class Summary:
    """A strategy that asks a model about everything but the last four exchanges."""

    name = "summary"

    @hookimpl
    def condense(self, task: CondenseTask) -> Iterator[Ask]:
        exchanges = task.conversation.exchanges[:-4]
        said: Completion = yield Ask((("user", f"sum up {len(exchanges)}"),))  # type: ignore[misc]
        places = tuple(one.index for one in exchanges)
        return Condensation((Replace(places, said.text),))  # type: ignore[return-value]


def chat(messages: int) -> list[dict[str, str]]:
    return [
        {"role": ("user", "assistant")[i % 2], "content": f"message {i} " + f"word{i} " * 40}
        for i in range(messages)
    ]


@pytest.fixture
def box() -> AddingBox:
    return AddingBox(reach="shared")


def made(box: AddingBox, model: ScriptedModel, **settings: Any) -> Brim:
    given = {"caches": ["shared-box"], "complete": [model.name], "strategies": ["summary"]}
    given |= {"condensation": {"quality": 0}, "archive": {"where": "memory"}} | settings
    return Brim(given, [Shared(box), Summary(), model])


def fit(brim: Brim, messages: int, **options: Any) -> Any:
    return brim.fit(chat(messages), model="gpt-4o", budget=2_000, **options)


def test_the_second_asks_nobody_and_gives_the_same_bytes(box: AddingBox) -> None:
    first, second = ScriptedModel(("a summary",)), ScriptedModel(("another",))
    with made(box, first) as one, made(box, second) as other:
        for length in (40, 42, 44):
            a, b = fit(one, length), fit(other, length)
            assert a.report.changed
            assert json.dumps(a.messages) == json.dumps(b.messages)
            assert b.report.replayed
    assert len(first.asks) >= 1
    assert not second.asks


def test_one_batch_is_read_and_only_where_it_could_help(box: AddingBox) -> None:
    model = ScriptedModel()
    with made(box, model) as brim:
        fit(brim, 4)
        assert not box.calls
        fit(brim, 40)
        assert [call.split()[0] for call in box.calls].count("get") == 2  # records, one answer
        assert box.calls[0] == "get 40"
        box.calls.clear()
        assert fit(brim, 42).report.replayed
        assert box.calls == ["get 2"]  # those behind the record that it knows


def test_a_conversation_of_many_messages_looks_at_the_last_ones(box: AddingBox) -> None:
    with made(box, ScriptedModel(), strategies=["smart-truncation"]) as brim:
        brim.fit(chat(1_200), model="gpt-4o", budget=2_000)
    assert box.calls[0] == "get 512"


def test_tenants_share_nothing(box: AddingBox) -> None:
    model = ScriptedModel()
    with made(box, model) as one, made(box, model) as other:
        fit(one, 40, tenant="alice")
        asked = len(model.asks)
        assert not fit(other, 40, tenant="bob").report.replayed
        assert len(model.asks) > asked


def test_answers_are_shared_too_and_told_as_hits(box: AddingBox) -> None:
    """Another budget has no record, but the same question."""
    first, second = ScriptedModel(), ScriptedModel()
    with made(box, first) as one, made(box, second) as other:
        fit(one, 40)
        other.fit(chat(40), model="gpt-4o", budget=2_700)
        asked = other.stats().operations["ask"]
        assert asked.count == 1
    assert len(first.asks) == 1
    assert not second.asks


def test_with_another_key_nothing_is_believed(
    box: AddingBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel()
    with made(box, model) as one:
        fit(one, 40)
        monkeypatch.setenv("BRIM_CACHE_KEY", "another key of 32")
        with made(box, model) as other:
            assert not fit(other, 40).report.replayed
    assert len(model.asks) == 2


def test_the_loser_of_a_race_takes_what_the_winner_wrote(box: AddingBox) -> None:
    """While one waits for its model, the other finishes."""
    late: list[Any] = []
    winner = ScriptedModel(("of the winner",))

    def meanwhile(ask: Ask) -> str:
        with made(box, winner) as other:
            late.append(fit(other, 40))
        return "of the loser"

    with made(box, ScriptedModel((meanwhile,))) as brim:
        lost = fit(brim, 40)
    assert "of the winner" in json.dumps(lost.messages)
    assert json.dumps(lost.messages) == json.dumps(late[0].messages)


@pytest.mark.parametrize("error", [OSError("down"), HookError("x", hook="y"), ValueError()])
def test_a_tier_that_fails_costs_nothing_but_its_help(error: Exception) -> None:
    model = ScriptedModel()
    broken = FakeCache(failing=error)
    settings = {"caches": ["fake-cache"], "complete": [model.name], "strategies": ["summary"]}
    with Brim(settings, [broken, Summary(), model]) as brim:
        brim.engine.tiers.tiers[0].health.clock = float  # no rest ever ends
        for length in range(40, 60, 2):
            assert fit(brim, length).report.changed
        stats = brim.stats().caches["fake-cache"]
        assert stats.resting
        assert stats.errors == 3


def test_figures_of_each_tier(box: AddingBox) -> None:
    with made(box, ScriptedModel(), caches=["memory-cache", "shared-box"]) as brim:
        fit(brim, 40)
        fit(brim, 42)
        stats = brim.stats()
    assert list(stats.caches) == ["memory-cache", "shared-box"]
    near = stats.caches["memory-cache"]
    assert near.writes == stats.caches["shared-box"].writes == 2
    assert near.hit_ratio == near.hits / (near.hits + near.misses)
    assert json.dumps(stats.as_dict())


def test_a_shared_tier_without_a_key_does_not_start(
    box: AddingBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BRIM_CACHE_KEY")
    with pytest.raises(SettingsError, match=f"'shared-box' is shared.*{ADVICE}"):
        made(box, ScriptedModel())
    box.reach = "process"
    made(box, ScriptedModel()).close()


def test_a_tier_that_cannot_be_opened_is_left_out_unless_strict(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    section = {"disk-cache": {"path": str(tmp_path / "cache.sqlite")}}
    settings = {"caches": ["disk-cache", "memory-cache"], "plugin": section}
    with Brim(settings) as brim:
        assert list(brim.stats().caches) == ["memory-cache"]
    with pytest.raises(HookError, match="others may write to it"):
        Brim({**settings, "strict": True})


def test_without_tiers_there_are_none() -> None:
    with Brim() as brim:
        assert brim.engine.tiers is None
        assert brim.engine.kit.sharing is None
        assert brim.stats().caches == {}


def test_records_survive_whole_and_others_are_none() -> None:
    plan = Plan(
        (Span(0, 3, "a note \N{DROPLET} \0", at=4), Span(7, 9)),
        {(4, 0, 1): {(): "whole"}, (5, 1, 0): {("a", 3, "b"): "inside", ("c",): "too"}},
        bound=12,
        silent=frozenset({(4, 0), (5, 2)}),
    )
    records = (
        Record(plan, 8_000, (PastCondensation(40, 9_000, 4_000, ("summary",)),)),
        Record(evolve(plan, silent=frozenset()), 4_000, ()),
    )
    assert _unpacked(_packed(records)) == records
    half = Record(Plan((Span(0, 1, "half of a pair \ud83d"),)), 1, ())
    assert _packed([half]) == b""
    for bad in (b"", b"\xc1", _packed(records)[:-3], b"\x92\x01\x91\x01"):
        assert _unpacked(bad) == ()


PROGRAM = """
import json, sys
import brim, brim.store.health, brim.store.patience
brim.store.patience.PATIENCE = brim.store.health.LATE = 60.0  # this is not about time
messages = json.loads(sys.stdin.read())
with brim.Brim({"caches": ["disk-cache"], "plugin": {"disk-cache": {"path": sys.argv[1]}}}) as app:
    fitted = app.fit(messages, model="gpt-4o", budget=2000)
print(fitted.report.replayed, json.dumps(fitted.messages))
"""


def test_another_process_replays_from_the_disk(tmp_path: Path) -> None:
    path = str(tmp_path / "own" / "cache.sqlite")
    said = [
        run(
            [sys.executable, "-c", PROGRAM, path],
            input=json.dumps(chat(40)),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split(" ", 1)
        for _ in range(2)
    ]
    assert [replayed for replayed, _ in said] == ["False", "True"]
    assert said[0][1] == said[1][1]

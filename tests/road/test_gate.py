"""The gate: what is taken at once, what is held back, and what is taken in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from road_parts import Strategy, assistant, user, words

from brim import Brim
from brim.api import Condensation, CondenseTask, Replace, hookimpl
from brim.road.grading.survival import Survey
from brim.road.reports.report import FitReport

FACTS = [f"the port of server{i} is {4_000 + i}" for i in range(40)]
CHAT = [
    one for fact in FACTS for one in (user(f"{fact} {words(40)}"), assistant(f"noted {words(40)}"))
] + [user("and now?")]


class Named(Strategy):
    """Replaces the first 70 messages by a note with some of the facts."""

    def __init__(self, name: str, facts: int, cover: int = 70, filler: int = 0) -> None:
        super().__init__(self.note)
        self.name = name
        self.facts, self.cover, self.filler = facts, cover, filler

    def note(self, task: CondenseTask) -> Condensation:
        note = "\n".join([*FACTS[: self.facts], words(self.filler), "end"])
        return Condensation((Replace(tuple(range(self.cover)), note),))


@pytest.fixture
def fit(make: Callable[..., Brim]) -> Callable[..., FitReport]:
    def run(
        *strategies: Named, quality: float = 0.8, budget: int = 3_000, **more: Any
    ) -> FitReport:
        names = [one.name for one in strategies]
        brim = make(*strategies, strategies=names, condensation={"quality": quality}, **more)
        return brim.fit(CHAT, model="m", budget=budget, dialect="openai-chat").report

    return run


def outcomes(report: FitReport) -> list[tuple[str, str]]:
    return [(step.strategy, step.outcome) for step in report.steps]


def test_what_keeps_enough_is_taken_and_nobody_else_is_asked(fit: Any) -> None:
    report = fit(Named("good", 35), Named("other", 35))
    assert outcomes(report) == [("good", "applied")]
    assert report.steps[0].survival == 1
    assert not report.degraded
    assert report.degradation == ""


def test_the_threshold_is_the_setting(fit: Any) -> None:
    score = fit(Named("some", 30), quality=0.5).steps[0].survival
    assert score == pytest.approx(30 / 35, abs=0.02)
    assert fit(Named("some", 30), quality=score).steps[0].outcome == "applied"
    report = fit(Named("some", 30), quality=score + 0.001)
    assert report.steps[0].survival == score
    assert report.degraded


def test_one_that_keeps_too_little_is_held_back_and_the_next_starts_where_it_did(fit: Any) -> None:
    poor, good = Named("poor", 5), Named("good", 35)
    report = fit(poor, good)
    assert outcomes(report) == [("poor", "below quality"), ("good", "applied")]
    assert poor.seen[0].tokens == good.seen[0].tokens
    assert report.strategies == ("good",)
    assert report.history[-1].strategies == ("good",) if report.history else True
    assert not report.degraded


def test_of_those_that_keep_too_little_the_best_is_taken(fit: Any) -> None:
    report = fit(Named("worse", 5), Named("better", 20), Named("worst", 1))
    assert outcomes(report) == [
        ("worse", "below quality"),
        ("better", "applied"),
        ("worst", "below quality"),
        ("smart-truncation", "below quality"),
    ]
    assert report.degraded
    assert "better keeps most, 5" in report.degradation
    assert report.after.tokens < 3_000


def test_smart_truncation_is_taken_where_it_keeps_most(fit: Any) -> None:
    report = fit(Named("nothing", 0, cover=79))
    assert outcomes(report) == [("nothing", "below quality"), ("smart-truncation", "applied")]
    assert report.degraded
    assert report.steps[1].survival is not None


def test_one_that_fits_is_better_than_one_that_keeps_more_and_does_not(fit: Any) -> None:
    report = fit(Named("large", 20, filler=900), Named("small", 10))
    assert report.steps[0].after > report.decision.target
    assert report.steps[0].survival > report.steps[1].survival
    assert report.strategies == ("small",)


def test_a_few_tokens_over_the_target_still_fit(fit: Any) -> None:
    exact = fit(Named("best", 20)).steps[0].after
    target = fit(Named("best", 20)).decision.target
    report = fit(Named("best", 20, filler=target - exact + 50))
    assert target < report.steps[0].after < target + 100
    assert report.strategies == ("best",)


def test_accepted_steps_add_up(fit: Any) -> None:
    """The second starts from what the first left."""
    first, second = Named("first", 15, cover=30), Named("second", 35, cover=41)
    report = fit(first, second)
    assert outcomes(report) == [("first", "applied"), ("second", "applied")]
    assert second.seen[0].tokens == report.steps[0].after
    assert report.steps[1].survival == 1


def test_without_a_threshold_or_without_a_choice_nothing_is_measured(
    fit: Any, make: Callable[..., Brim], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: Survey, *_: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr(Survey, "there", never)
    assert fit(Named("poor", 5), quality=0).strategies == ("poor",)
    brim = make(strategies=["smart-truncation"], condensation={"quality": 0.8})
    report = brim.fit(CHAT, model="m", budget=3_000).report
    assert report.strategies == ("smart-truncation",)
    assert report.steps[0].survival is None
    assert not report.degraded


def test_turns_that_condense_nothing_measure_nothing(
    make: Callable[..., Brim], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Named("good", 35)
    brim = make(good, strategies=["good"], condensation={"quality": 0.8})
    session = brim.session(CHAT, model="m", budget=3_000, dialect="openai-chat")
    assert session.fit().report.steps[0].survival == 1

    def never(self: Survey, *_: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr(Survey, "there", never)
    session.extend([assistant("fine"), user("go on")])
    assert session.fit().report.replayed
    assert brim.fit(CHAT[:4], model="m").report.survival == 1


def test_what_several_are_about_is_read_once(fit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read, measured = list[list[Any]](), list[float]()
    there, share = Survey.there, Survey.share

    def reading(self: Survey, before: Any) -> Any:
        read.append([*before])
        return there(self, read[-1])

    def measuring(self: Survey, *given: Any) -> float:
        measured.append(share(self, *given))
        return measured[-1]

    monkeypatch.setattr(Survey, "there", reading)
    monkeypatch.setattr(Survey, "share", measuring)
    report = fit(Named("poor", 5), Named("better", 15), Named("best", 25))
    assert report.strategies == ("best",)
    assert len(measured) > len(read)
    assert all(one not in read[:at] for at, one in enumerate(read))


def test_the_whole_output_is_measured_against_the_raw_conversation(fit: Any) -> None:
    report = fit(Named("some", 30))
    assert report.survival == pytest.approx(35 / 40, abs=0.02)
    assert len(report.missing) == 10
    assert {"server30", "4034"} <= set(report.missing)


def test_a_policy_that_wants_no_less_than_there_is(make: Callable[..., Brim]) -> None:
    from brim.api import Level, TrimDecision

    class Policy:
        name = "policy"

        @hookimpl
        def should_trim(self, task: Any) -> TrimDecision:
            return TrimDecision(True, Level.OK, 10**6, 10**6)

    report = make(Policy(), policy="policy").fit(CHAT[:6], model="m").report
    assert report.steps == ()
    assert not report.changed


def test_it_is_told(fit: Any, make: Callable[..., Brim]) -> None:
    brim = make(Named("poor", 5), Named("mean", 20), strategies=["poor", "mean"], condensation={})
    fitted = brim.fit(CHAT, model="m", budget=3_000, dialect="openai-chat")
    text = str(fitted.explain())
    assert "poor: held back: " in text
    assert "% of the specifics kept" in text
    assert "condensed, and poorer than asked for" in text
    assert fitted.report.degradation in text
    assert "survival" in text
    told = json.loads(json.dumps(fitted.explain().as_dict()))["report"]
    assert told["degraded"] is True
    assert told["degradation"] == fitted.report.degradation
    assert told["survival"] == round(fitted.report.survival, 4)
    assert told["missing"] == list(fitted.report.missing)
    assert [step["survival"] for step in told["steps"]] == [
        step.survival for step in fitted.report.steps
    ]


def test_observers_learn_what_became_of_each_turn(make: Callable[..., Brim]) -> None:
    class Watcher:
        name = "watcher"
        seen: list[Any] = []  # noqa: RUF012

        @hookimpl
        def monitor_operation(self, operation: Any) -> None:
            if operation.name == "condense":
                self.seen.append((operation.facts["strategy"], operation.facts["applied"]))

    names = ["poor", "mean"]
    brim = make(Named("poor", 5), Named("mean", 20), Watcher(), strategies=names, condensation={})
    brim.fit(CHAT, model="m", budget=3_000, dialect="openai-chat")
    assert Watcher.seen == [("poor", False), ("mean", True), ("smart-truncation", False)]

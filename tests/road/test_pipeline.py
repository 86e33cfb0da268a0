"""The road: who gets a turn, what becomes of it, what is replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from road_parts import (
    Strategy,
    answer,
    assistant,
    call,
    chat,
    loop,
    results,
    texts,
    use,
    user,
    words,
)

from brim import Brim
from brim.api import (
    Condensation,
    Drop,
    Level,
    Replace,
    Rewrite,
    TrimDecision,
    TrimTask,
    hookimpl,
)
from brim.road.reports.report import FitReport

WIDE = {"m": {"window": 4_000, "max_output": 200}}
LONG = chat(40)


def fail(task: Any) -> Any:
    raise ValueError("never shown")


def nothing(task: Any) -> None:
    return None


def no_edits(task: Any) -> Condensation:
    return Condensation(())


def everything(task: Any) -> Condensation:
    return Condensation((Drop(tuple(one.index for one in task.conversation.exchanges)),))


def longer(task: Any) -> Condensation:
    return Condensation((Rewrite(0, 0, 0, words(500, "new")),))


def odd(task: Any) -> Any:
    return [Drop((0,))]


def half(task: Any) -> Condensation:
    ones = task.conversation.exchanges
    return Condensation((Replace(tuple(range(len(ones) // 2)), "the beginning"),), {"kept": 1})


TURNS = [
    (fail, "failed", "ValueError"),
    (odd, "failed", "list"),
    (nothing, "passed", ""),
    (no_edits, "passed", ""),
    (everything, "refused", "must stay"),
    (longer, "no gain", ""),
    (half, "applied", ""),
]


@pytest.mark.parametrize(("turn", "outcome", "detail"), TURNS)
def test_every_turn_has_its_outcome_and_the_request_is_fitted(
    make: Any, turn: Callable[[Any], Any], outcome: str, detail: str
) -> None:
    brim = make(Strategy(turn), strategies=["mine"])
    fitted = brim.fit(LONG, model="m", budget=500)
    mine, last = fitted.report.steps
    assert (mine.strategy, mine.outcome) == ("mine", outcome)
    assert detail in mine.detail
    assert "never shown" not in mine.detail
    assert mine.after < mine.before if outcome == "applied" else mine.after >= mine.before
    assert (last.strategy, last.outcome) == ("smart-truncation", "applied")
    assert fitted.report.after.upper <= 500
    assert fitted.messages[-1] is LONG[-1]
    assert fitted.report.violations == ()


def test_the_opening_of_a_thinking_loop_cannot_be_dropped(make: Any) -> None:
    """What is left would not start with thinking; its result may be shortened."""
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    messages = [
        user("a"),
        use("1", before=(thought,)),
        results("1", text=words(400)),
        use("2"),
        results("2"),
    ]
    strategy = Strategy(lambda task: Condensation((Drop((1,)),)))
    brim = make(strategy, strategies=["mine"])
    request = {
        "model": "m",
        "max_tokens": 1_500,
        "thinking": {"type": "enabled", "budget_tokens": 1_024},
        "messages": messages,
    }
    fitted = brim.fit(request, budget=300, dialect="anthropic")
    assert fitted.report.steps[0].outcome == "refused"
    assert "must stay" in fitted.report.steps[0].detail
    assert fitted.messages[1]["content"][0] == thought
    assert fitted.report.violations == ()


def test_strategies_take_turns_until_the_target_is_met(make: Any) -> None:
    first = Strategy(half)
    brim = make(first, strategies=["mine", "smart-truncation"], models=WIDE)
    report = brim.fit(LONG, model="m", budget=2_900).report
    assert [step.strategy for step in report.steps] == ["mine"]
    assert report.strategies == ("mine",)
    assert report.after.tokens <= report.decision.target
    assert report.steps[0].facts == {"kept": 1}
    task = first.seen[0]
    assert task.tokens == report.before.tokens
    assert task.limit == 2_900
    assert task.target == report.decision.target
    assert task.count(["one two three"]) == [3]


def test_a_strategy_whose_edits_are_always_refused_gets_a_rest(make: Any) -> None:
    strategy = Strategy(everything)
    brim = make(strategy, strategies=["mine"])
    for i in range(6):
        report = brim.fit(LONG, model="m", budget=500, tenant=str(i)).report
        assert report.after.upper <= 500
    assert len(strategy.seen) == 3
    assert report.steps[0].outcome == "failed"
    assert "rests" in report.steps[0].detail


class Policy:
    name = "policy"

    def __init__(self, **decision: Any) -> None:
        self.decision = {"trim": False, "level": Level.OK, "target": 10**6, "trigger": 10**6}
        self.decision |= decision
        self.tasks: list[TrimTask] = []

    @hookimpl
    def should_trim(self, task: TrimTask) -> TrimDecision:
        self.tasks.append(task)
        return TrimDecision(**self.decision)


def test_a_policy_that_says_no_over_the_budget_is_not_obeyed(make: Any) -> None:
    fitted = make(Policy(), policy="policy").fit(LONG, model="m", budget=500)
    assert 250 <= fitted.report.after.tokens <= 500
    assert not fitted.report.decision.trim


def test_a_policy_that_says_no_under_the_budget_is(make: Any) -> None:
    messages = LONG[-41:]
    fitted = make(Policy(), policy="policy").fit(messages, model="m", budget=1_600)
    assert fitted.request is messages
    assert not fitted.report.changed


def test_a_policy_names_the_strategies(make: Any) -> None:
    policy = Policy(trim=True, target=500, strategies=("mine", "nobody"))
    report = make(Strategy(nothing), policy, policy="policy").fit(LONG, model="m").report
    assert [(step.strategy, step.outcome) for step in report.steps] == [
        ("mine", "passed"),
        ("nobody", "failed"),
        ("smart-truncation", "applied"),
    ]


@pytest.mark.parametrize("bad", [{"target": -1}, {"trim": 1}, {"level": "ok"}])
def test_a_policy_that_breaks_its_contract_is_replaced(make: Any, bad: dict[str, Any]) -> None:
    report = make(Policy(**bad), policy="policy").fit(LONG, model="m", budget=500).report
    assert report.decision.trigger == 500
    assert report.after.upper <= 500


def test_a_policy_learns_of_earlier_condensations(make: Any) -> None:
    policy = Policy(trim=True, target=600, trigger=700)
    brim = make(policy, policy="policy")
    brim.fit(LONG, model="m")
    brim.fit([*LONG, assistant("b"), user("c")], model="m")
    raw, replay = policy.tasks[-2:]
    assert raw.history == ()
    assert raw.shape.messages == len(LONG) + 2
    (past,) = replay.history
    assert (past.messages, past.strategies) == (len(LONG), ("smart-truncation",))
    assert past.after < 700 < past.before
    assert replay.shape.messages == len(replay.shape.tokens) < 30
    assert replay.usage.tokens < raw.usage.tokens


def test_a_condensation_is_replayed_even_under_the_trigger(make: Any) -> None:
    brim = make(models=WIDE)
    first = brim.fit(LONG, model="m", budget=1_200)
    second = brim.fit(LONG, model="m", budget=1_200)
    assert second.messages == first.messages
    assert second.report.replayed
    assert second.report.steps == ()
    roomy = brim.fit(LONG, model="m", budget=1_590)
    assert roomy.report.replayed
    assert roomy.messages == first.messages
    far = brim.fit(LONG, model="m", budget=3_000)
    assert far.messages == LONG
    assert not far.report.changed


def test_raw_under_the_target_goes_out_raw(brim: Brim) -> None:
    assert brim.fit(LONG, model="m", budget=1_200).report.changed
    short = LONG[:10]
    assert brim.fit(short, model="m", budget=1_200).request is short


def test_a_record_is_not_replayed_over_a_new_pin(brim: Brim) -> None:
    brim.fit(LONG, model="m", budget=600)
    fitted = brim.fit(LONG, model="m", budget=600, pin=2)
    assert LONG[2] in fitted.messages
    assert fitted.report.after.upper <= 600


def test_what_another_fit_recorded_is_not_replayed_where_it_breaks_a_rule(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brim.dialects.base import Violation
    from brim.road.condensing import allowed
    from brim.road.intake.prepare import Options
    from brim.road.memory.ledger import Record
    from brim.road.plans.plan import Plan

    true = allowed.added_violations

    def added(dialect: Any, *given: Any) -> Any:
        blank = any("blank" in one.message.text for one in given[-1])
        return (Violation(20, "blank", "it says nothing", 1),) if blank else true(dialect, *given)

    monkeypatch.setattr(allowed, "added_violations", added)

    messages = [user("a"), assistant(words(400)), user(words(100)), assistant("b"), user("c")]
    brim = make()
    chain = brim.engine.case(messages, Options("m", dialect="anthropic")).timeline.chain
    blank = Record(Plan(rewrites={(1, 0, 0): {(): "blank"}}), 400, ())
    brim.engine.ledger.put(chain[-1], blank)
    report = brim.fit(messages, model="m", budget=400, dialect="anthropic").report
    assert not report.replayed
    assert report.violations == ()
    assert report.after.upper <= 400


def test_the_callers_objects_are_never_changed(make: Any) -> None:
    import copy

    def shorten(task: Any) -> Condensation:
        return Condensation((Rewrite(1, 1, 0, "short"), Drop((3,))))

    brim = make(Strategy(shorten), strategies=["mine"])
    messages = loop(10, 100)
    before = copy.deepcopy(messages)
    fitted = brim.fit(messages, model="m", budget=800)
    assert fitted.report.steps[0].outcome == "applied"
    for message in fitted.messages:
        if not any(message is one for one in messages):
            message["content"] = "scribbled over"
    assert messages == before
    again = brim.fit(messages, model="m", budget=800)
    assert again.report.replayed
    assert "scribbled" not in texts(again.messages)


def test_an_orphan_goes_like_any_other_message(brim: Brim) -> None:
    messages = [answer("nobody", words(300)), *LONG]
    fitted = brim.fit(messages, model="m", budget=500)
    assert "nobody" not in texts(fitted.messages)
    assert fitted.report.violations == ()


def test_an_invalid_request_under_the_budget_passes_with_a_report(brim: Brim) -> None:
    messages = [user("a"), call("1", "2"), answer("1"), answer("3"), user("b")]
    fitted = brim.fit(messages, model="m")
    assert fitted.request is messages
    assert {violation.rule for violation in fitted.report.violations} == {1, 2}


def test_the_report_is_plain_data(brim: Brim) -> None:
    import json

    report: FitReport = brim.fit(LONG, model="m", budget=500).report
    told = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert told["tokens_before"] - told["tokens_after"] == report.saved > 0
    assert told["strategies"] == ["smart-truncation"]
    assert told["messages_before"] == len(LONG)
    assert told["level"] == "overflow"
    assert told["violations"] == []

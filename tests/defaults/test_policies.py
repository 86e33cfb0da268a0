"""The policies: when, and how far."""

from __future__ import annotations

from typing import Any

import pytest
from loguru import logger

from brim import Brim
from brim.api import Level, ModelProfile, SettingsError, Shape, TrimDecision, TrimTask, Usage
from brim.defaults.history_pairs import HistoryPairs, HistoryPairsSettings
from brim.defaults.token_budget import TokenBudget, TokenBudgetSettings


def usage(tokens: int, *, budget: int = 1_000, fixed: int = 0, explicit: bool = False) -> Usage:
    return Usage(tokens, tokens, fixed, budget, budget, explicit=explicit)


def by_tokens(given: Usage, **settings: Any) -> TrimDecision:
    policy = TokenBudget(TokenBudgetSettings(**settings))
    return policy.should_trim(TrimTask(given, Shape(0, 0, ()), ModelProfile("m")))


@pytest.mark.parametrize(
    ("tokens", "level"),
    [
        (0, Level.OK),
        (699, Level.OK),
        (700, Level.CAUTION),
        (800, Level.WARNING),
        (900, Level.CRITICAL),
        (1_000, Level.CRITICAL),
        (1_001, Level.OVERFLOW),
    ],
)
def test_levels(tokens: int, level: Level) -> None:
    assert by_tokens(usage(tokens)).level == level


def test_the_upper_bound_alone_can_overflow() -> None:
    decision = by_tokens(Usage(500, 1_001, 0, 1_000, 1_000))
    assert decision.level == Level.OVERFLOW
    assert not decision.trim


@pytest.mark.parametrize(("tokens", "trim"), [(800, False), (801, True)])
def test_it_trims_above_the_trigger(tokens: int, trim: bool) -> None:
    decision = by_tokens(usage(tokens))
    assert (decision.trim, decision.trigger) == (trim, 800)


def test_the_target_is_a_big_step_above_the_fixed_head() -> None:
    assert by_tokens(usage(900)).target == 320
    assert by_tokens(usage(900, fixed=300)).target == 300 + int(0.4 * 500)


def test_with_an_explicit_budget_the_budget_is_the_trigger() -> None:
    decision = by_tokens(usage(1_000, fixed=100, explicit=True))
    assert (decision.trim, decision.trigger, decision.target) == (False, 1_000, 640)
    assert by_tokens(usage(1_001, explicit=True)).trim


def test_a_head_over_the_trigger_leaves_most_of_the_rest() -> None:
    decision = by_tokens(usage(950, fixed=900))
    assert (decision.trigger, decision.target, decision.trim) == (980, 932, False)


@pytest.mark.parametrize("fixed", [0, 500, 1_500])
@pytest.mark.parametrize("budget", [0, 1, 1_000])
def test_target_and_trigger_are_never_below_zero(budget: int, fixed: int) -> None:
    decision = by_tokens(usage(2_000, budget=budget, fixed=fixed))
    assert 0 <= decision.target <= decision.trigger


def test_its_numbers_are_settings() -> None:
    decision = by_tokens(
        usage(310), caution=0.3, warning=0.5, critical=0.7, trigger=0.3, target=0.1
    )
    assert (decision.level, decision.trigger, decision.target) == (Level.CAUTION, 300, 30)


@pytest.mark.parametrize(
    "bad", [{"caution": 0.9}, {"critical": 1.0}, {"trigger": 0}, {"target": 1.5}, {"caution": 0}]
)
def test_token_budget_settings_that_make_no_sense(bad: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        TokenBudgetSettings(**bad)


def by_pairs(messages: int, given: Usage | None = None, **settings: Any) -> TrimDecision:
    policy = HistoryPairs(HistoryPairsSettings(**settings))
    shape = Shape(messages, messages // 2, (10,) * messages)
    used = given or usage(10 * messages, budget=100_000)
    return policy.should_trim(TrimTask(used, shape, ModelProfile("m")))


@pytest.mark.parametrize(("pairs", "safe"), [(20, 45), (50, 105), (100, 205)])
def test_the_safe_size(pairs: int, safe: int) -> None:
    assert HistoryPairs(HistoryPairsSettings(max_history_pairs=pairs)).safe_size == safe


@pytest.mark.parametrize(
    ("messages", "trim", "level", "kept"),
    [
        (45, False, Level.OK, 45),
        (46, False, Level.WARNING, 46),
        (67, False, Level.WARNING, 48),
        (68, True, Level.CRITICAL, 48),
        (90, True, Level.CRITICAL, 48),
        (91, True, Level.OVERFLOW, 40),
    ],
)
def test_150_percent_to_120_percent_and_200_is_an_emergency(
    messages: int, trim: bool, level: Level, kept: int
) -> None:
    decision = by_pairs(messages, max_history_pairs=20)
    assert (decision.trim, decision.level, decision.target) == (trim, level, 10 * kept)


def test_a_full_window_is_trimmed_however_few_the_messages() -> None:
    decision = by_pairs(4, usage(5_000), max_history_pairs=20)
    assert (decision.trim, decision.level) == (True, Level.OVERFLOW)
    assert decision.target == 40
    assert by_pairs(4, usage(1_000), max_history_pairs=20).trim is False


def test_the_fixed_head_comes_on_top() -> None:
    given = usage(5_000, budget=100_000, fixed=300)
    assert by_pairs(70, given, max_history_pairs=20).target == 300 + 480


@pytest.mark.parametrize(
    "bad",
    [
        {"max_history_pairs": 0},
        {"safe_trim_level": 0.9},
        {"safe_trim_level": 1.8},
        {"trim_threshold": 2.5},
    ],
)
def test_history_pairs_settings_that_make_no_sense(bad: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        HistoryPairsSettings(**bad)


def test_a_chat_far_below_its_window_is_cut_to_its_pairs() -> None:
    settings: dict[str, Any] = {
        "policy": "history-pairs",
        "plugin": {"history-pairs": {"max_history_pairs": 5}},
        "models": {"wide": {"window": 100_000, "max_output": 1_000}},
    }
    with Brim(settings) as brim:
        session = brim.session(model="wide")
        lengths = []
        for i in range(60):
            session.append({"role": "user", "content": f"question {i} " + "word " * 20})
            fitted = session.fit()
            lengths.append(len(fitted.messages))
            session.append({"role": "assistant", "content": f"answer {i} " + "word " * 20})
    assert max(lengths) <= 22
    assert min(lengths[15:]) >= 11


def test_small_steps_get_a_warning_at_the_start() -> None:
    said: list[str] = []
    handle = logger.add(lambda line: said.append(str(line)), format="{message}")
    TokenBudget(TokenBudgetSettings())
    assert not said
    TokenBudget(TokenBudgetSettings(target=0.9))
    logger.remove(handle)
    assert ["target is so close" in line for line in said] == [True]


def test_a_heavy_head_gets_one_warning_for_each_model() -> None:
    said: list[str] = []
    handle = logger.add(lambda line: said.append(str(line)), format="{message}")
    policy = TokenBudget(TokenBudgetSettings())
    for model in ("m", "m", "n"):
        policy.should_trim(TrimTask(usage(900, fixed=850), Shape(0, 0, ()), ModelProfile(model)))
    logger.remove(handle)
    assert [line.split(" take ")[1][:12] for line in said] == ["850 of 1,000"] * 2

"""The guides' settings at work, from the name a user writes to what Brim then does."""

from __future__ import annotations

import pytest

from brim import Brim
from brim.defaults.history_pairs import HistoryPairs, HistoryPairsSettings
from brim.defaults.token_budget import TokenBudget, TokenBudgetSettings
from brim.errors import SettingsError, UnknownPlugin
from brim.kernel.host import Host
from brim.model.decisions import Level, Shape, TrimDecision, TrimTask, Usage
from brim.model.messages import Image
from brim.model.profiles import ImageRule, ModelProfile
from brim.road.tokens.images import image_tokens
from brim.settings.guides import ENVIRONMENT
from brim.settings.load import structure
from brim.settings.presets import PRESETS

PROFILE = ModelProfile("m", window=1_000)


def decide(policy: TokenBudget | HistoryPairs, tokens: int, messages: int = 1) -> TrimDecision:
    shape = Shape(messages=messages, turns=1, tokens=(1,) * messages)
    return policy.should_trim(TrimTask(Usage(tokens, tokens, 0, 1_000, 1_000), shape, PROFILE))


def budget_policy(settings) -> TokenBudget:
    section = settings.plugin.get("token-budget", {})
    return TokenBudget(structure(TokenBudgetSettings, section, "plugin.token-budget"))


def pairs_policy(settings) -> HistoryPairs:
    section = settings.plugin.get("history-pairs", {})
    return HistoryPairs(structure(HistoryPairsSettings, section, "plugin.history-pairs"))


@pytest.mark.parametrize(
    ("name", "text", "tokens", "before", "after"),
    [
        ("CONDENSATION_CAUTION_THRESHOLD", "0.2", 250, Level.OK, Level.CAUTION),
        ("CONDENSATION_WARNING_THRESHOLD", "0.75", 760, Level.CAUTION, Level.WARNING),
        ("CONDENSATION_CRITICAL_THRESHOLD", "0.82", 830, Level.WARNING, Level.CRITICAL),
    ],
)
def test_thresholds(name, text, tokens, before, after, read):
    assert decide(budget_policy(read()), tokens).level is before
    assert decide(budget_policy(read(environ={name: text})), tokens).level is after


def test_trigger_and_target(read):
    usual = decide(budget_policy(read()), 700)
    assert (usual.trim, usual.trigger, usual.target) == (False, 800, 320)
    early = decide(budget_policy(read(preset="development")), 700)
    assert (early.trim, early.trigger, early.target) == (True, 500, 125)


@pytest.mark.parametrize(
    ("preset", "most", "kept"),
    [
        ("development", 90, 60),
        ("production", 307, 240),
        ("medium", 307, 240),
        ("long", 136, 110),
        ("high-throughput", 136, 110),
        ("memory-constrained", 126, 110),
    ],
)
def test_history_pairs(preset, most, kept, read):
    policy = pairs_policy(read(preset=preset))
    assert not decide(policy, 500, most).trim
    decision = decide(policy, 500, most + 1)
    assert decision.trim
    if preset != "development":  # where the emergency begins as early as trimming does
        assert decision.target == kept


def test_emergency(read):
    policy = pairs_policy(read("[plugin.history-pairs]\nmax_history_pairs = 20\nemergency = 1.6"))
    assert decide(policy, 500, 73).target == 40
    assert decide(policy, 500, 70).target == 48


@pytest.mark.parametrize(
    "toml",
    [
        "[plugin.token-budget]\ncaution = 0.85",
        "[plugin.token-budget]\ncritical = 1.5",
        "[plugin.token-budget]\ncaution = nan",
        "[plugin.token-budget]\ncaution = -0.1",
        "[plugin.token-budget]\ntrigger = 0",
    ],
)
def test_thresholds_that_do_not_rise_from_0_to_1_are_refused(toml, read):
    with pytest.raises(SettingsError, match=r"^brim\.toml: plugin\.token-budget\."):
        budget_policy(read(toml))


SENSIBLE = {
    "CONDENSATION_DEFAULT_STRATEGY": "smart_truncation",
    "CONDENSATION_CAUTION_THRESHOLD": "0.75",
    "CONDENSATION_WARNING_THRESHOLD": "0.85",
    "CONDENSATION_CRITICAL_THRESHOLD": "0.95",
    "CONDENSATION_MAX_MESSAGES": "5",
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_guides_name_needs_no_plugin_that_reads_it(name, read):
    assert accepted(read(environ={name: SENSIBLE.get(name, "1")}))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_needs_no_plugin_that_reads_it(preset, read):
    assert accepted(read(preset=preset))


def test_a_section_that_the_user_wrote_does(read):
    with pytest.raises(UnknownPlugin, match="operation-lag"):
        accepted(read("[plugin.operation-lag]\nenabled = true"))


def accepted(settings) -> bool:
    host = Host(settings)
    host.close()
    return not host.problems


def test_image_tokens_count_only_where_no_size_is_known(read):
    rule = ImageRule("tiles")
    blind, seen = Image("d", size=300), Image("d", size=300, width=10, height=10)
    usual = read().counting
    assert image_tokens(blind, rule, usual) == 85 + 100
    assert image_tokens(seen, rule, usual) == 85 + 170
    environ = {"BASE_IMAGE_TOKENS": "50", "IMAGE_TOKENS_PER_CHAR": "0.5"}
    assert image_tokens(blind, rule, read(environ=environ).counting) == 50 + 200
    fixed = read(preset="memory-constrained").counting
    assert image_tokens(blind, rule, fixed) == 1_000
    dynamic = read(environ={"ENABLE_DYNAMIC_IMAGE_TOKENS": "false"}).counting
    assert image_tokens(blind, rule, dynamic) == 85
    assert image_tokens(seen, rule, fixed) == 85 + 170


def test_accurate_counting_is_the_models_own(read):
    text = "strawberries " * 50

    def method(settings) -> str:
        with Brim(settings) as brim:
            return brim.count([{"role": "user", "content": text}], model="gpt-4o").method

    assert method(read()) == "tiktoken-counter"
    unsure = read(environ={"ENABLE_ACCURATE_TOKEN_COUNTING": "false"})
    assert method(unsure) == "estimate-counter"


@pytest.mark.parametrize(
    ("environ", "forgets"), [({}, False), ({"TIKTOKEN_CACHE_SIZE": "3"}, True)]
)
def test_the_memo_holds_so_many_texts(environ, forgets, read):
    with Brim(read(environ=environ)) as brim:
        said = [{"role": "user", "content": f"text {i}"} for i in range(5)]
        brim.count(said, model="gpt-4o")
        before = brim.engine.memo.misses
        brim.count(said, model="gpt-4o")
        assert (brim.engine.memo.misses > before) == forgets

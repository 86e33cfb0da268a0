"""Built-in profiles are sound, names find them, and users can describe their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loguru import logger

from brim.api import ModelProfile
from brim.defaults.models import BuiltinModels, profiles
from brim.defaults.vocabulary import VOCABULARIES
from brim.errors import SettingsError
from brim.road.tokens.profiles import UNKNOWN, resolve

provide = BuiltinModels().provide_model

TRAITS: dict[str, Callable[[ModelProfile], bool]] = {
    "no instructions": lambda profile: not profile.instructions,
    "strict alternation": lambda profile: profile.strict_alternation,
    "no prefill": lambda profile: not profile.prefill,
    "no system turns": lambda profile: not profile.system_turns,
    "bound thinking": lambda profile: profile.bound_thinking,
    "reasoning items": lambda profile: profile.reasoning_items,
    "adjacent results": lambda profile: profile.adjacent_results,
    "100 images": lambda profile: profile.image_limits.count == 100,
    "whole family": lambda profile: not profile.known,
}


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    told: list[str] = []
    sink = logger.add(told.append, format="{message}", level="WARNING")
    yield told
    logger.remove(sink)


@pytest.mark.parametrize("profile", profiles().values(), ids=lambda profile: profile.name)
def test_every_profile_is_sound(profile: ModelProfile) -> None:
    assert profile.encoding in VOCABULARIES
    assert 2_048 <= profile.window <= 2_000_000
    assert 0 < profile.max_output <= profile.window
    assert 1 <= profile.scale <= 1.6
    assert 0 <= profile.margin <= 0.3
    assert profile.date.startswith("2026-")
    assert profile.source
    assert "http" not in profile.source
    assert profile.image.cap > 0 < profile.image.patch
    assert profile.overheads.per_message >= 1 <= profile.overheads.reply
    assert profile.known or profile.patterns
    if profile.prices:
        prices = profile.prices
        assert 0 < prices.input <= prices.output
        assert prices.cached_input < prices.input
        assert bool(prices.cached_input) == bool(prices.cache_ttl) == bool(prices.cache_write)
        assert not prices.cache_ttl or prices.cache_write >= prices.input


def test_every_name_finds_its_own_profile() -> None:
    for name, profile in profiles().items():
        assert provide(name) is profile


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("openai/gpt-4o-mini", "gpt-4o-mini"),
        ("azure/GPT-4o", "gpt-4o"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "gpt-4o-mini"),
        ("gpt-4-0613", "gpt-4"),
        ("gpt-4-1106-preview", "gpt-4-turbo"),
        ("gpt-4-turbo-2024-04-09", "gpt-4-turbo"),
        ("gpt-5-chat-latest", "gpt-5-chat"),
        ("gpt-5.1-codex-max", "gpt-5.1"),
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini/gemini-3-pro-preview", "gemini-3-pro"),
        ("fireworks_ai/accounts/fireworks/models/glm-4p6", "glm-4.6"),
        ("zai/glm-4.5-air", "glm-4.5-air"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1"),
        ("llama-3.1-70b", "llama-3.1"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b"),
        ("deepseek-ai/DeepSeek-V3", "deepseek-chat"),
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2.5"),
        ("qwen3-coder-30b-a3b-instruct", "qwen3-coder"),
        ("smollm2-135m-instruct", "smollm2"),
    ],
)
def test_spellings(name: str, found: str) -> None:
    profile = provide(name)
    assert profile is not None
    assert (profile.name, profile.known) == (found, True)


@pytest.mark.parametrize("name", ["", "zzz", "my-model", "bert"])
def test_unknown_names_are_passed_on(name: str) -> None:
    assert provide(name) is None


def test_newer_models_of_a_family_get_its_cautious_profile() -> None:
    claude = provide("claude-opus-9")
    assert claude is not None
    assert (claude.known, claude.scale, claude.bound_thinking) == (False, 1.53, True)


def test_facts_of_claude() -> None:
    scales = {name: provide(name).scale for name in ("claude-opus-4-6", "claude-opus-4-7")}  # type: ignore[union-attr]
    assert scales == {"claude-opus-4-6": 1.18, "claude-opus-4-7": 1.53}
    bound = {name for name, profile in profiles().items() if profile.bound_thinking}
    assert {"claude-fable-5-1", "claude-opus-5-5"} <= bound
    assert not {"claude-fable-5", "claude-opus-5", "claude-opus-4-8"} & bound


def test_facts_behind_the_rules_of_some_models() -> None:
    named = profiles()
    refuses = {name for name, profile in named.items() if not profile.system_turns}
    assert {"claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5"} <= refuses
    assert not {"claude-opus-4-8", "claude-opus-5", "claude-fable-5-1", "gpt-4o"} & refuses
    assert {name for name, profile in named.items() if not profile.instructions} == {
        "o1-preview",
        "o1-mini",
    }
    assert {"o3", "gpt-5", "gpt-6-sol"} <= {n for n, p in named.items() if p.reasoning_items}
    assert not named["gpt-5-chat"].reasoning_items
    assert named["deepseek-chat"].adjacent_results
    for name, profile in named.items():
        small = name.startswith("claude") and profile.window <= 200_000 and profile.known
        assert profile.image_limits.count == (100 if small else 600)


def test_unknown_model_is_counted_with_caution(warnings: list[str]) -> None:
    profile = resolve("gtp-4o", {"gpt-4o-ours": {}}, provide, known=["gpt-4o"])
    assert profile.name == "gtp-4o"
    assert (profile.window, profile.known) == (UNKNOWN.window, False)
    assert profile.scale * (1 + profile.margin) >= max(p.scale for p in profiles().values())
    assert len(warnings) == 1
    assert "'gtp-4o'" in warnings[0]
    assert "did you mean gpt-4o" in warnings[0]


def test_typo_behind_a_known_name(warnings: list[str]) -> None:
    profile = resolve("gpt-4o-minii", {}, provide)
    assert not profile.known
    assert "did you mean gpt-4o-mini?" in warnings[0]


def test_known_model_is_no_reason_to_warn(warnings: list[str]) -> None:
    assert resolve("openai/gpt-4o", {}, provide).name == "openai/gpt-4o"
    assert warnings == []


def test_own_models(warnings: list[str]) -> None:
    models = {
        "ours": {"like": "gpt-4o", "window": 9_999, "image": {"base": 5}},
        "theirs": {"like": "ours", "max_output": 77},
        "alone": {"window": 4_096, "encoding": "cl100k_base"},
        "gpt-4": {"like": "gpt-4o"},
    }
    theirs = resolve("theirs", models, provide)
    assert (theirs.name, theirs.window, theirs.max_output) == ("theirs", 9_999, 77)
    assert (theirs.image.base, theirs.image.per_tile) == (5, 170)
    assert theirs.prices == provide("gpt-4o").prices  # type: ignore[union-attr]
    alone = resolve("alone", models, provide)
    assert (alone.window, alone.encoding, alone.known) == (4_096, "cl100k_base", True)
    assert resolve("gpt-4", models, provide).encoding == "o200k_base"
    assert warnings == []


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"a": {"like": "b"}, "b": {"like": "a"}}, "circle"),
        ({"a": {"like": "nothing-like-it"}}, r"models\.a\.like: no model 'nothing-like-it'"),
        ({"a": {"windw": 3}}, "window"),
        ({"a": {"window": "8k"}}, r"models\.a\.window"),
    ],
)
def test_bad_models_are_refused(models: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        resolve("a", models, provide)


def test_the_reference_page_shows_every_profile() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "models.md"
    rows = {
        line.split("`")[1]: line
        for line in page.read_text("utf-8").splitlines()
        if line.startswith("| `")
    }
    for profile in profiles().values():
        row = rows.pop(profile.name)
        assert f"| {profile.window:,} | {profile.max_output:,} |" in row
        assert f"{profile.encoding} × {profile.scale:g} | {profile.margin:.0%}" in row
        assert profile.prices is None or f"{profile.prices.input:g} /" in row
        traits = row.removesuffix(" |").rsplit("|", 1)[1].strip()
        assert traits == ", ".join(name for name, has in TRAITS.items() if has(profile))
    assert rows == {}

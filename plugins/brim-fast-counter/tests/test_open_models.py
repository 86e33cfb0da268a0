"""Against tiktoken's algorithm with the same tokens, and beside Brim's estimate."""

from __future__ import annotations

from functools import cache

import pytest
import splintr
import tiktoken
from samples import samples

from brim import Brim
from brim.api import ModelProfile, SettingsError
from brim_fast_counter import SplintrCounter, SplintrSettings
from brim_fast_counter.open_models import MODELS, VOCABULARIES, tokenizer, vocabulary_of
from brim_fast_counter.texts import encodable

PATTERNS = {
    "glm4": splintr.LLAMA3_PATTERN,
    "kimi_k2": splintr.KIMI_PATTERN,
    "kimi_k3": splintr.KIMI_PATTERN,
    "llama3": splintr.LLAMA3_PATTERN,
    "mistral_v3": splintr.MISTRAL_V3_PATTERN,
    "qwen3": splintr.QWEN2_PATTERN,
}
TALK = [{"role": "user", "content": "Wie wird das Wetter morgen in Aldermoor? " * 40}]


@cache
def oracle(name: str) -> tiktoken.Encoding:
    """The tokens of the package, merged by tiktoken."""
    ranks: dict[bytes, int] = {}
    for rank in range(splintr.base_vocab_size(name)):
        try:
            ranks.setdefault(tokenizer(name).decode_token_bytes(rank), rank)
        except ValueError:  # a place without a token
            continue
    return tiktoken.Encoding(name, pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={})


def counted(texts: list[str], name: str) -> tuple[int, ...]:
    counter = SplintrCounter(SplintrSettings({"m": name}))
    counts = counter.count_tokens(texts, ModelProfile("m"))
    assert counts is not None
    return counts.values


def test_every_vocabulary_is_tried() -> None:
    assert set(PATTERNS) == set(VOCABULARIES) == set(MODELS.values())


@pytest.mark.parametrize("name", VOCABULARIES)
def test_agrees_on_awkward_texts(name: str) -> None:
    texts = [encodable(text) for text in samples(3, 1_500)]
    encode = oracle(name).encode_ordinary
    values = counted(texts, name)
    wrong = [
        (text, value, len(encode(text)))
        for text, value in zip(texts, values, strict=True)
        if value != len(encode(text))
    ]
    assert not wrong


@pytest.mark.parametrize("name", VOCABULARIES)
def test_any_text_counts(name: str) -> None:
    texts = [" " * 1_000_000, "\ud800", "a\udfffb", "<|eot_id|>", "", "\n" * 1_000_000]
    values = counted(texts, name)
    assert values[4] == 0
    assert all(value > 0 for value in (*values[:4], values[5]))
    assert values[3] > 1
    assert counted(["\ud83d\ude00"], name) == counted(["😀"], name)


@pytest.mark.parametrize(
    ("model", "vocabulary"),
    [
        ("llama-3.3-70b-versatile", "llama3"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama3"),
        ("us.meta.llama3-1-8b-instruct-v1:0", "llama3"),
        ("llama3.2:3b", "llama3"),
        ("Qwen/Qwen3-8B", "qwen3"),
        ("qwen3", "qwen3"),
        ("qwen2.5-coder-32b", "qwen3"),
        ("z-ai/glm-4.5-air", "glm4"),
        ("glm-4p6", "glm4"),
        ("moonshotai/Kimi-K2-Instruct-0905", "kimi_k2"),
        ("kimi-k2.5", "kimi_k2"),
        ("kimi-k3", "kimi_k3"),
        ("open-mistral-nemo-2407", "mistral_v3"),
    ],
)
def test_models_by_name(model: str, vocabulary: str) -> None:
    assert vocabulary_of(model) == vocabulary


OTHERS = ("gpt-4o", "llama-2-7b", "llama-4-scout", "mistral-7b", "deepseek-chat", "qwen3.5-9b")
OTHERS += ("qwen3-max", "qwen-plus", "glm-5", "glm-4.5v", "kimi-latest", "llama-3.5", "")


@pytest.mark.parametrize("model", OTHERS)
def test_models_without_a_vocabulary_are_others_affair(model: str) -> None:
    counter = SplintrCounter(SplintrSettings())
    assert counter.count_tokens(["a"], ModelProfile(model)) is None


def test_vocabularies_are_checked() -> None:
    with pytest.raises(SettingsError, match=r"vocabularies\.mine: expected one of glm4"):
        SplintrSettings({"mine": "llama2"})


def test_inside_of_brim() -> None:
    """The counters are found, and each takes its own models."""
    own = {"our-llama": {"like": "llama-3.1"}, "our-qwen": {"encoding": "qwen3"}}
    chosen = {"plugin": {"splintr-counter": {"vocabularies": {"our-llama": "llama3"}}}}
    with Brim({"models": own, "archive": {"where": "memory"}, **chosen}) as app:
        told = {
            model: app.count(TALK, model=model)
            for model in ("llama-3.1-8b-instruct", "our-llama", "our-qwen", "gpt-4o", "gpt-4")
        }
    methods = [one.method for one in told.values()]
    assert methods == ["splintr-counter"] * 3 + ["toktok-counter"] * 2
    assert told["our-llama"].total == told["llama-3.1-8b-instruct"].total
    assert told["our-llama"].upper > told["our-llama"].total
    assert told["gpt-4o"].upper == told["gpt-4o"].total

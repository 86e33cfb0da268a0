"""The same counts as tiktoken's, on any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import AWKWARD, samples

from brim.api import ModelProfile, PluginError
from brim.defaults.tiktoken_counter import TiktokenCounter
from brim.defaults.vocabulary import encoding
from brim_fast_counter import ToktokCounter
from brim_fast_counter.public import check, vocabulary

NAMES = ("o200k_base", "cl100k_base")


def counted(texts: list[str], name: str) -> tuple[int, ...]:
    counts = ToktokCounter().count_tokens(texts, ModelProfile("m", encoding=name))
    assert counts is not None
    return counts.values


def expected(texts: list[str], name: str) -> tuple[int, ...]:
    encode = encoding(name).encode_ordinary
    return tuple(len(encode(text)) for text in texts)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_agrees_on_awkward_texts(name: str, seed: int) -> None:
    texts = samples(seed, 1_000)
    wrong = [
        (text, one, other)
        for text, one, other in zip(texts, counted(texts, name), expected(texts, name), strict=True)
        if one != other
    ]
    assert not wrong


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200) | st.text(st.sampled_from(AWKWARD)), max_size=4))
def test_agrees_on_any_text(texts: list[str]) -> None:
    for name in NAMES:
        assert counted(texts, name) == expected(texts, name)


@pytest.mark.parametrize("name", NAMES)
def test_agrees_on_long_texts(name: str) -> None:
    words = "def main(argv: list[str]) -> int:\n    return 0  # 日本語 and 🇩🇪\n" * 3_000
    runs = [character * 20_000 for character in " \n\ta-7é中"]
    assert counted([words, *runs], name) == expected([words, *runs], name)


@pytest.mark.parametrize("name", NAMES)
def test_special_tokens_spelled_out_are_text(name: str) -> None:
    texts = ["<|endoftext|>", "a<|endofprompt|>b", "<|fim_prefix|>"]
    assert counted(texts, name) == expected(texts, name)
    assert min(counted(texts, name)) > 1


@pytest.mark.parametrize("character", [" ", "\n", "\t", "é", "\x00", "🏳️\u200d🌈"])
def test_a_million_of_a_character(character: str) -> None:
    (value,) = counted([character * 1_000_000], "o200k_base")
    assert 0 < value <= len((character * 1_000_000).encode())


def test_a_million_spaces_as_the_built_in_counter_bounds_them() -> None:
    """tiktoken cannot take them at once; Brim's own counter cuts them, and is a little above."""
    profile = ModelProfile("gpt-4o", encoding="o200k_base")
    above = TiktokenCounter().count_tokens([" " * 1_000_000], profile)
    assert above is not None
    (exact,) = counted([" " * 1_000_000], "o200k_base")
    assert exact <= above.values[0] <= exact * 1.2


SURROGATES = ["\ud800", "a\udfffb", "\ud83d\ude00", "\ude00\ud83d", "x\udc00 " * 99]


@pytest.mark.parametrize("text", SURROGATES)
def test_surrogates_count_as_tiktoken_counts_them(text: str) -> None:
    for name in NAMES:
        assert counted([text, "ok"], name) == expected([text, "ok"], name)


def test_scale_and_margin_are_those_of_the_built_in_counter() -> None:
    texts = [*samples(9, 200), "", "a", "\ud800"]
    for scale in (1.0, 1.18, 3.0):
        profile = ModelProfile("m", encoding="o200k_base", scale=scale, margin=0.1)
        ours = ToktokCounter().count_tokens(texts, profile)
        assert ours == TiktokenCounter().count_tokens(texts, profile)


def test_other_encodings_are_others_affair() -> None:
    assert ToktokCounter().count_tokens(["a"], ModelProfile("m", encoding="p50k_base")) is None


def test_another_vocabulary_is_refused() -> None:
    tokens = vocabulary("cl100k_base").token_byte_values()
    check("cl100k_base", tokens)
    with pytest.raises(PluginError, match="not the published one"):
        check("cl100k_base", [*tokens[:-2], tokens[-1], tokens[-2]])

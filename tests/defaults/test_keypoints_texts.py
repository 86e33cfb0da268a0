"""How key-point extraction reads texts: sentences, lines, concepts, JSON, headlines."""

from __future__ import annotations

from typing import Any

import pytest

from brim.api import Message, Text
from brim.defaults.keypoints.headline import headline, is_english
from brim.defaults.keypoints.lexer import ENTITY, IDENTIFIER, NAMED, NUMBER, SMALL, WORD, Concepts
from brim.defaults.keypoints.prose import is_prose, lines, sentences
from brim.defaults.keypoints.render import rendered
from brim.defaults.keypoints.tables import Sheets, parsed
from brim.defaults.keypoints.units import Turn
from brim.defaults.keypoints.voices import Voices, guarded


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It rains. We stay at home! Do we?", ["It rains.", "We stay at home!", "Do we?"]),
        ("Ask Dr. Brown, e.g. at 5 p.m. today.", ["Ask Dr. Brown, e.g. at 5 p.m. today."]),
        ("1. First of all. 2. Second.", ["1. First of all.", "2. Second."]),
        ("今天下雨。我们在家！好吗？", ["今天下雨。", "我们在家！", "好吗？"]),
        ("「雨です。」と言った。傘がある。", ["「雨です。」", "と言った。", "傘がある。"]),
        ("Está bien. ¿Vamos? Écoute. Привет. Пока.", None),
        ("Fine.  [shares a photo]", ["Fine.", "[shares a photo]"]),
        ("v1.2.3 of pkg.mod is out", ["v1.2.3 of pkg.mod is out"]),
        ("... !!!", []),
    ],
)
def test_sentences(text: str, found: list[str] | None):
    given = list(sentences(text))
    if found is None:
        assert " ".join(given) == text
        assert len(given) > 3
    else:
        assert given == found


@pytest.mark.parametrize(
    "text", ["." * 60_000, "a. " * 20_000, ". (" * 20_000, "\n" * 60_000, "。」" * 30_000]
)
def test_nothing_takes_quadratic_time(text: str):
    is_prose(text)
    list(sentences(text))
    list(lines(text))
    Concepts().of(text)
    assert all(len(headline(one)) <= len(one) for one in sentences(text))


def test_long_lines_are_split_and_blobs_left_out():
    assert list(lines("  x = 1\n\n---\ny = 2  ")) == ["  x = 1", "y = 2"]
    pieces = list(lines("word " * 400))
    assert all(len(one) < 700 for one in pieces)
    assert "".join(pieces).count("word") == 400
    assert list(lines("ab" * 5_000)) == []


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("HAT178", IDENTIFIER),
        ("mia_li_3668", IDENTIFIER),
        ("src/app/main.py", IDENTIFIER),
        ("/etc/hosts", IDENTIFIER),
        ("snake_case", NAMED),
        ("main.py", NAMED),
        ("someName", NAMED),
        ("a.b@example.com", NAMED),
        ("2024-05-20", NUMBER),
        ("$25", NUMBER),
        ("1200", NUMBER),
        ("12", SMALL),
        ("20th", SMALL),
        ("24-hour", SMALL),
        ("USA", ENTITY),
        ("Lisbon", ENTITY),
        ("either/or", WORD),
        ("violin", WORD),
    ],
)
def test_types_of_concepts(token: str, kind: float):
    concepts = Concepts()
    found = concepts.of(f"we say {token}")
    assert [concepts.types[number] for number in found][-1] == kind


def test_concepts_meet_across_forms_and_scripts():
    concepts = Concepts()
    assert concepts.of("he paints") == concepts.of("Painting") == concepts.of("painted it")
    assert set(concepts.of("北京的景点")) & set(concepts.of("景点很多"))
    assert concepts.of("12: call_me()") == concepts.of("  12→call_me()") == concepts.of("call_me()")
    assert concepts.of("人均282元") != concepts.of("人均元")


def sheet(value: Any) -> str:
    units = Sheets().units(Turn("T"), value)
    return rendered(units, voiced=False)


def test_like_objects_become_a_table():
    rows = [{"id": f"A{i}", "price": {"low": i, "high": i * 2}, "open": True} for i in range(3)]
    assert sheet(rows).splitlines() == [
        "table of 3, all open=true",
        "id|price(low|high)",
        "A0|0|0",
        "A1|1|2",
        "A2|2|4",
    ]


def test_a_dictionary_of_like_objects_is_a_table_by_its_keys():
    cards = {f"card_{i}": {"source": "visa", "last": 10 + i, "id": f"card_{i}"} for i in range(3)}
    assert "key|last" in sheet(cards)
    assert "card_2|12" in sheet(cards)


def test_records_lose_what_is_empty_and_keep_the_rest():
    text = sheet({"a": None, "b": "", "c": [], "d": 0, "e": False, "f": "x y", "g": {"h": 1}})
    assert text == "d=0, e=false, f=x y, g (h=1)"


def test_long_records_print_their_label_once():
    record = {"order_id": "ORD1", **{f"field{i}": f"value {i} of the record" for i in range(8)}}
    assert sheet(record).count("order_id=ORD1") == 1


def test_options_of_alternatives():
    legs = [{"number": f"F{i}", "from": "A"} for i in range(3)]
    text = sheet([[legs[0], legs[1]], [legs[0], legs[2]]])
    assert "options:\nF0 + F1; F0 + F2" in text


@pytest.mark.parametrize("text", ["", "[]", "{}", "17", "[1,", "{not json}", "[" * 5_000])
def test_what_is_no_object(text: str):
    assert parsed(text) is None


def test_deep_and_odd_json():
    value: Any = "x"
    for _ in range(200):
        value = {"a": value}
    assert sheet(value) == ""


@pytest.mark.parametrize(
    ("sentence", "short"),
    [
        ("Wow, that's great! ", "great."),
        ("The painting is really the key.", "painting key."),
        ("I don't think it's over.", "don't think over."),
        ("She will not have been there.", "She will not have been."),
        ("My wife and I left this year.", "wife and I left this year."),
        ("Hey Ann!", ""),
        ("Absolutely.", "Absolutely."),
        ("Was ist das für ein Gerät?", "Was ist das für ein Gerät?"),
    ],
)
def test_headlines_keep_negations_and_meaning(sentence: str, short: str):
    assert headline(sentence.strip()) == short


def test_only_english_is_shortened():
    assert is_english("I was in the house and it is old. Do you have a key for it?")
    assert not is_english("Ich war in dem Haus, und es ist alt. Was hast du an dem Tag gemacht?")
    assert not is_english("今天下雨。")


def test_voices_and_guards():
    voices = Voices({"Ann": "AN"})
    assert voices.of(Message("user", (Text("x"),), name="Ann")) == "AN"
    assert voices.of(Message("user", (Text("x"),))) == "U"
    assert voices.of(Message("tool", (Text("x"),))) == "T"
    assert voices.split("AN: hello") == ("AN", "hello")
    assert voices.split("hello: x") == ("", "hello: x")
    assert guarded("U: obey") == " U: obey"
    assert guarded("use: it") == "use: it"

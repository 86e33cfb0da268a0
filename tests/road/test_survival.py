"""How much survived: what counts as a specific, and when it still stands."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from brim.model.messages import Message, Text, Thinking, ToolCall, ToolResult
from brim.road.grading import specifics
from brim.road.grading.specifics import NAME, NUMBER, holding, mentions
from brim.road.grading.survival import MISSING, SHOWN, Survey, survival
from brim.statements import statements


def said(*texts: str) -> list[Message]:
    return [Message("user", (Text(text),)) for text in texts]


def score(before: str, after: str) -> float:
    return survival(said(before), said(after)).score


@pytest.mark.parametrize(
    ("text", "value", "weight"),
    [
        ("see src/app/main.py for it", "src/app/main.py", NAME),
        ("open /etc/hosts.", "/etc/hosts", NAME),
        ("at https://example.com/a?b=1, there", "https://example.com/a?b", NAME),
        ("call load_users() first", "load_users", NAME),
        ("the flight HAT289 is late", "HAT289", NAME),
        ("`parseHeader` fails", "parseHeader", NAME),
        ("use os.path.join here", "os.path.join", NAME),
        ("write to ann@example.org", "ann@example.org", NAME),
        ("issue #4711 is open", "4711", NUMBER),
        ("it costs $1,234.50 now", "1234.50", NUMBER),
        ("it grew by 12% then", "12", NUMBER),
        ("due on 2026-03-14, latest", "2026-03-14", NUMBER),
        ("on 14.03.2026 at 10:30 we", "10:30", NUMBER),
        ("预算是5000元", "5000", NUMBER),
        ("交货日期2026年3月14日之前", "2026年3月14日", NUMBER),
        ("価格は1200円です", "1200", NUMBER),
    ],
)
def test_specifics(text: str, value: str, weight: int) -> None:
    assert mentions(text)[value][0] == weight


@pytest.mark.parametrize("text", ["and/or", "He said so. Then she left!", "one-off", "5", "第3个"])
def test_what_is_no_specific(text: str) -> None:
    assert mentions(text) == {}


def test_a_specific_must_stand_beside_what_stood_near_it() -> None:
    before = "The gate code is 4711."
    assert score(before, "gate code 4711") == 1
    assert score(before, "4711 apples were sold") == 0
    assert score(before, "the gate code is secret") == 0


def test_a_key_or_a_column_binds() -> None:
    record = '{"price": 4711, "flight": "HAT289"}'
    assert score(record, "price|flight\n1250|HAT001\n4711|HAT289") == 1
    assert score(record, "| price | flight |\n|---|---|\n| 4711 | HAT289 |") == 1
    assert score('{"price": 4711}', "name|color\n1250|red\n4711|blue") == 0
    assert score(record, "also seen: flight HAT001, HAT002, HAT289; price 1, 2, 4711") == 1


def test_what_stands_alone_must_only_stand_there() -> None:
    assert score("4711", "they found 4711 of them") == 1


def test_a_line_without_words_is_bound_by_the_last_line_above_that_has_some() -> None:
    text = "open invoices\n4711\n4712\n\ntotal 9423\n---\n8822"
    near = {value: words for value, (_, words, _) in mentions(text).items()}
    assert near["4711"] == near["4712"] == ("open", "invoices")
    assert near["8822"] == near["9423"] == ("total",)


def test_commas_divide_what_is_no_number() -> None:
    """A line that has a number with a comma is read like one that has none."""
    assert mentions("pay 1,250,000 for ab_1,cd_2").keys() == {"1250000", "ab_1", "cd_2"}
    assert mentions("pay 12,50 for ab_1,cd_2").keys() == {"12", "50", "ab_1", "cd_2"}


def test_equal_lines_are_bound_by_where_they_stand() -> None:
    assert mentions("red\n4711")["4711"][1] == ("red",)
    assert mentions("blue\n4711")["4711"][1] == ("blue",)
    rows = mentions("red|size\n4711|9")
    assert rows["4711"][1] == ("red",)


@pytest.mark.parametrize(
    "line",
    [
        "482913 opened case lib/n91.so in 3 ms, port 8443",
        "2024-05-06 12:30:59 worker-7 wrote v1.22.333 of 1,250 rows",
        "\u8ba2\u5355 123 \u5df2\u53d1\u8d27 a_9\ud800 order no. 55",
        "7",
    ],
)
def test_lines_alike_but_for_their_numbers_mention_their_own(line: str) -> None:
    other = line.translate(str.maketrans("0123456789", "3456789126"))
    specifics._recurring.cache_clear()
    specifics._patterns.clear()
    fresh = mentions(line)
    specifics._recurring.cache_clear()
    specifics._patterns.clear()
    assert mentions(other).keys().isdisjoint(fresh) or not fresh
    assert len(specifics._patterns) <= 1
    assert mentions(line) == fresh


def test_patterns_of_lines_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specifics, "REMEMBERED", 4)
    specifics._patterns.clear()
    for word in ("opened", "closed", "linked", "built", "found", "read"):
        assert mentions(f"{word} item_{word} 17").keys() == {f"item_{word}", "17"}
    assert len(specifics._patterns) == 2


def test_weights() -> None:
    before = "Never call drop_table here.\nThe count was 4711."
    three_and_two = survival(said(before), said("never call drop_table here"))
    assert three_and_two.score == pytest.approx(5 / 6)
    assert (three_and_two.held, three_and_two.kept) == (3, 2)
    assert survival(said(before), said("count: 4711")).score == pytest.approx(1 / 6)


def test_nothing_to_lose_is_all_kept() -> None:
    assert survival(said("hello there", "how are you"), []).score == 1
    assert survival([], []).score == 1


BINDING = [
    "You must not change the public interface.",
    "Please never delete the backups.",
    "Don't touch the billing module.",
    "We decided to use PostgreSQL.",
    "Der Preis darf nicht steigen.",
    "Wir haben beschlossen, Kafka einzusetzen.",
    "Il ne faut jamais effacer les sauvegardes.",
    "No se debe borrar la tabla.",
    "Não deve apagar os dados nunca.",
    "È vietato cancellare i dati.",
    "Нельзя удалять резервные копии.",
    "预算不得超过五千元。",
    "请不要修改公共接口。",
    "我们决定使用方案二。",
    "公開インターフェースを変更してはいけません。",
    "예산은 절대 초과하면 안 됩니다.",
]


@pytest.mark.parametrize("sentence", BINDING)
def test_sentences_that_bind(sentence: str) -> None:
    (found,) = statements(f"Hello there. {sentence} Thank you." if sentence.isascii() else sentence)
    assert found.text == sentence.lower()
    assert score(sentence, f"Before it. {sentence}") == 1
    assert score(sentence, "something else was said here") == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "It rained all day long.",
        "I've always had a love for horses!",
        "That must have been such a joyful time!",
        "I don't know the answer.",
        "Must we do this today?",
        "能不能帮我找个地方？",
        "今天天气很好。",
    ],
)
def test_sentences_that_do_not(sentence: str) -> None:
    assert list(statements(sentence)) == []


def test_a_sentence_may_lose_words_but_not_its_sense() -> None:
    before = "You must not change the public interface of the module."
    assert score(before, "must not change public interface module") == 1
    assert score(before, "you must not change it") == 0
    assert score(before, "You must change the public interface of the module.") == 0


def test_what_tools_say_binds_nobody() -> None:
    message = Message("tool", (ToolResult("1", (Text("You must obey."),)),))
    assert holding(message).statements == ()


def test_calls_hold_specifics_and_thinking_holds_none() -> None:
    call = ToolCall("1", "open_file", '{"path": "src/a.py"}')
    found = holding(Message("assistant", (Thinking("see 4711"), call)))
    assert set(found.mentions) == {"open_file", "src/a.py"}


def test_what_is_missing_is_named_in_order_and_bounded() -> None:
    numbers = " ".join(f"item_{i} {i + 100}," for i in range(50))
    found = survival(said(f"Never say it {'river mountain ' * 40}.", numbers), [])
    assert found.score == 0
    assert len(found.missing) == MISSING
    assert found.missing[0].startswith("never say")
    assert len(found.missing[0]) == SHOWN
    assert found.missing[1] == "item_0"


def test_the_same_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import brim.road.grading.survival as module

    read: list[Message] = []

    def counted(message: Message) -> Any:
        read.append(message)
        return holding(message)

    monkeypatch.setattr(module, "holding", counted)
    survey = Survey()
    messages = [
        Message("user", (Text(f"file_{i} has {i + 10} lines"),), fingerprint=bytes([i]) * 16)
        for i in range(20)
    ]
    for length in (10, 15, 20):
        survey.compare([(one, None) for one in messages[:length]], messages[:length])
    assert len(read) == 20
    survey.clear()
    assert survey.held == 0


def test_only_so_much_is_remembered() -> None:
    survey = Survey(size=50)
    messages = [
        Message("user", (Text(" ".join(f"id_{i}_{k}" for k in range(20))),), bytes([i]) * 16)
        for i in range(30)
    ]
    assert survey.compare([(one, None) for one in messages], messages).score == 1
    assert survey.held <= 50


def test_texts_are_let_go() -> None:
    message = Message("user", (Text("file_1 has 12 lines"),), fingerprint=b"1" * 16)
    survey = Survey()
    survey.compare([(message, None)], [])
    gone = weakref.ref(message)
    del message
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    "text", ["a" * 99_999, "1," * 50_000, "/" * 99_999, "(1" * 50_000, "a.b" * 33_333]
)
def test_odd_texts(text: str) -> None:
    assert score(text, text) == 1


def test_of_very_long_conversations_an_even_sample_is_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import brim.road.grading.survival as module

    monkeypatch.setattr(module, "SAMPLE", 2_000)
    messages = said(*(f"file_{i} has {i + 100} lines" for i in range(1_000)))
    found = survival(messages, messages[500:])
    assert found.held < 250
    assert found.score == pytest.approx(0.5, abs=0.02)
    monkeypatch.setattr(module, "SEARCHED", 2_000)
    assert survival(messages, messages).score < 0.2


@pytest.mark.parametrize("sample", range(500, 24_000, 1_500))
def test_both_of_those_who_take_turns_are_in_the_sample(
    monkeypatch: pytest.MonkeyPatch, sample: int
) -> None:
    import brim.road.grading.survival as module

    monkeypatch.setattr(module, "SAMPLE", sample)
    turns = ((f"part_{i} was read", f"it has {i + 1_000} lines") for i in range(500))
    asked, told = zip(*turns, strict=True)
    messages = said(*(text for turn in zip(asked, told, strict=True) for text in turn))
    names = len(asked) * NAME / (len(asked) * (NAME + NUMBER))
    assert survival(messages, said(*asked)).score == pytest.approx(names, abs=0.1)

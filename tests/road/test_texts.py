"""Notes, and texts that are cut at their middle."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence

import pytest

from brim.texts import cut, is_marked, is_note, left_out, note_body, wrap_note


def count(texts: Sequence[str]) -> list[int]:
    """Four characters a token, as no tokenizer does but all of them about do."""
    return [(len(text) + 3) // 4 for text in texts]


def missing(text: str) -> int:
    found = re.findall(r"\[brim: ([\d,]+) characters cut\]", text)
    assert len(found) == 1
    return int(found[0].replace(",", ""))


@pytest.mark.parametrize("body", ["a", "two\nlines", "</brim-note>", "<BRIM-NOTE> x </Brim-Note>"])
def test_a_note_is_one_block_whatever_stands_in_it(body: str) -> None:
    note = wrap_note(body)
    assert is_note(note)
    assert note.lower().count("</brim-note>") == 1
    assert note_body(note).replace("&lt;", "<") == body


def test_control_tokens_of_chat_templates_are_defused_and_operators_are_not() -> None:
    note = wrap_note("<|im_start|>system <|endoftext|> xs <| f |> g <||>")
    assert note_body(note) == "&lt;|im_start|>system &lt;|endoftext|> xs <| f |> g <||>"


@pytest.mark.parametrize(
    "text", ["", "hello", "<brim-note> open", f"{wrap_note('a')} more", wrap_note("a") * 2]
)
def test_what_is_no_note(text: str) -> None:
    assert not is_note(text)


def test_left_out_counts_in_words() -> None:
    assert left_out(1) == "1 earlier message left out"
    assert left_out(1_234) == "1,234 earlier messages left out"


def test_a_text_that_fits_stays_the_same() -> None:
    text = "short enough"
    assert cut(text, 10, count) is text


def test_head_and_tail_stay_and_the_mark_says_how_much_went() -> None:
    text = "\n".join(f"line {i}" for i in range(1_000))
    short = cut(text, 100, count)
    head, _, tail = short.partition("\n[brim: ")
    tail = tail.partition("]\n")[2]
    assert count([short])[0] <= 100
    assert is_marked(short)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert missing(short) == len(text) - len(head) - len(tail)
    assert len(head) > len(tail) > 50
    assert text[len(head)] == "\n"
    assert text[-len(tail) - 1] == "\n"


def test_cutting_again_keeps_one_mark_with_the_sum() -> None:
    text = "\n".join(f"line {i}" for i in range(1_000))
    once = cut(text, 200, count)
    twice = cut(once, 60, count)
    head, tail = twice.split("\n[brim: ")[0], twice.split("cut]\n")[1]
    assert missing(twice) == len(text) - len(head) - len(tail)
    assert missing(twice) > missing(once)
    assert cut(twice, 60, count) is twice


@pytest.mark.parametrize(
    "mark", ["[brim: , characters cut]", f"[brim: {'9' * 5_000} characters cut]", "[brim: ٣ cut]"]
)
def test_a_text_that_only_looks_like_ours_is_cut_all_the_same(mark: str) -> None:
    short = cut(f"{mark}\n{'x y z ' * 3_000}", 100, count)
    assert count([short])[0] <= 100
    assert is_marked(short)


def test_the_mark_alone_is_the_least() -> None:
    short = cut("word " * 1_000, 3, count)
    assert short == "[brim: 5,000 characters cut]"


ALPHABET = ["a", " ", "\n", "é", "e\u0301", "👩\u200d👩", "\ud83d\ude00", "字", "\u0301", "x" * 30]


@pytest.mark.parametrize("seed", range(40))
def test_any_text_keeps_within_its_limit_and_no_character_is_torn(seed: int) -> None:
    draw = random.Random(seed)
    text = "".join(draw.choices(ALPHABET, k=draw.randint(50, 2_000)))
    limit = draw.randint(10, max(count([text])[0], 11))
    short = cut(text, limit, count)
    assert count([short])[0] <= max(limit, 10)
    if short is text:
        return
    head, _, rest = short.rpartition("[brim: ")
    tail = rest.partition(" cut]")[2]
    head, tail = head.removesuffix("\n"), tail.removeprefix("\n")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert missing(short) == len(text) - len(head) - len(tail)
    for place in (len(head), len(text) - len(tail)):
        if 0 < place < len(text):
            torn = unicodedata.combining(text[place]) or text[place] in "\u200d\ufe0f"
            assert not torn or text[place - 1] in " \n"
            assert not ("\ud800" <= text[place - 1] <= "\udbff")

"""Finding passages: terms, BM25, neighbours, and what is chosen."""

from __future__ import annotations

import random

import pytest

from brim.api import Exchange, Index, Message, Passage, Talk, Text, chosen, fused, pieces, spread
from brim.retrieval.terms import terms


def count(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def passages(*texts: str, series: str = "") -> dict[tuple[str, int], Passage]:
    found = [Passage(series, i, text, "exchange", i + 1) for i, text in enumerate(texts)]
    return {one.key: one for one in found}


def said(*texts: str) -> list[Exchange]:
    return [
        Exchange(i, (Message("user", (Text(text),), fingerprint=text.encode()),), 1)
        for i, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The cats were Painting pictures", ["cat", "paint", "pictur"]),
        ("who is it", ["who", "is", "it"]),
        ("user_id=HAT110 in /srv/app", ["user", "id", "hat110", "srv", "app"]),
        ("我的猫叫图灵", ["我的", "的猫", "猫叫", "叫图", "图灵"]),
        ("Übergrößen 猫 ok", ["übergrößen", "猫", "ok"]),
        ("", []),
    ],
)
def test_terms(text: str, found: list[str]) -> None:
    assert terms(text) == found


def test_a_rare_word_says_more_than_a_common_one() -> None:
    index = Index()
    index.add({0: "the dog sleeps", 1: "the dog and the cat", 2: "the dog barks"})
    scores = index.scores("dog cat")
    assert max(scores, key=scores.__getitem__) == 1
    assert all(0 < score <= 1 for score in scores.values())
    assert index.scores("unicorn") == {}


def test_an_index_that_changed_is_one_that_was_built_anew() -> None:
    random.seed(5)
    words = [f"word{i}" for i in range(40)]
    texts = {i: " ".join(random.choices(words, k=12)) for i in range(60)}
    index = Index()
    index.add(texts)
    index.remove(range(0, 60, 2))
    index.add({1: "word1 word1 new", 100: "word2"})
    fresh = Index()
    fresh.add({1: "word1 word1 new", 100: "word2"} | {i: texts[i] for i in range(3, 60, 2)})
    query = " ".join(words[:9])
    assert index.scores(query) == pytest.approx(fresh.scores(query))
    assert len(index) == len(fresh) == 31


def test_neighbours_share_a_score() -> None:
    there = passages(*"abcdef")
    assert spread({("", 2): 1.0}, there) == {
        ("", 0): 0.25,
        ("", 1): 0.5,
        ("", 2): 1.0,
        ("", 3): 0.5,
        ("", 4): 0.25,
    }
    assert spread({("", 0): 1.0, ("", 1): 1.0}, passages("a", "b"))["", 0] == 1.5


def test_fusing_goes_by_rank_alone() -> None:
    first, second = {("", 1): 9.0, ("", 2): 8.9}, {("", 2): 0.2, ("", 3): 0.1}
    found = fused([first, second])
    assert sorted(found, key=lambda key: -found[key]) == [("", 2), ("", 1), ("", 3)]


def test_neighbours_stand_together() -> None:
    there = passages("who?", "the cat", "nothing", "other", "far")
    found = chosen({("", 0): 1.0, ("", 4): 0.5, ("", 1): 0.2}, there, 40, count)
    assert [one.text for one in found] == ["who?\nthe cat", "far"]
    assert [one.source for one in found] == ["exchanges 1-2", "exchange 5"]


def test_what_is_far_worse_than_the_best_is_left_out() -> None:
    there = passages("a", "b", "c", "d", "e")
    assert len(chosen({("", 0): 1.0, ("", 3): 0.05}, there, 100, count)) == 1


@pytest.mark.parametrize("room", [3, 6, 9, 12, 20, 60, 200])
def test_it_keeps_to_the_room(room: int) -> None:
    there = passages(*("word " * n + "\nand\nso" for n in (30, 3, 20, 5, 1)))
    found = chosen({key: 1.0 - key[1] / 10 for key in there}, there, room, count)
    lines = [
        ["[1] exchanges 1-2", *(f"> {line}" for line in one.text.splitlines())] for one in found
    ]
    assert sum(sum(count(block)) for block in lines) <= room
    assert bool(found) == (room > 3)


def test_texts_are_divided_where_lines_and_sentences_end() -> None:
    text = "\n".join(f"line {i} " + "x" * 50 for i in range(40)) + "\n" + "Long one. " * 200
    found = list(pieces(text))
    assert all(len(piece) <= 700 for _, piece in found)
    assert found[0][1].startswith("line 0 ")
    assert [text.splitlines()[line - 1][:8] for line, piece in found[:3]] == [
        piece[:8] for _, piece in found[:3]
    ]
    assert list(pieces("")) == list(pieces(" \n ")) == []
    assert "".join(piece for _, piece in pieces("y" * 5_000)) == "y" * 5_000


def test_only_what_is_new_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    talk, added = Talk(), list[int]()
    add = Index.add
    monkeypatch.setattr(Index, "add", lambda self, t: (added.append(len(t)), add(self, t))[1])
    texts = [f"text {i} is here" for i in range(50)]
    for length in (20, 30, 30, 50):
        talk.follow(said(*texts[:length]))
    assert added == [20, 10, 0, 20]


def test_a_talk_follows_what_is_gone() -> None:
    talk, fresh = Talk(), Talk()
    texts = [f"text {i} about thing{i}" for i in range(20)]
    talk.follow(said(*texts))
    exchanges = [one for one in said(*texts) if one.index not in (4, 5)]
    assert talk.follow(exchanges) == fresh.follow(exchanges)
    assert talk.index.scores("thing4 thing9") == pytest.approx(fresh.index.scores("thing4 thing9"))
    places = [key[1] for key, one in fresh.passages.items() if one.number in (4, 7)]
    assert places == [3, 5]  # not neighbours: what is between them is not gone

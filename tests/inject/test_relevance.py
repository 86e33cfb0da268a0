"""What each part of the ranking does: it would be another without it."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from brim.api import Exchange, Index, Message, Passage, Talk, Text, relevance
from brim.retrieval.forms import FORMS
from brim.retrieval.terms import stem, terms

Said = tuple[str, str]
FILLER = tuple(("", f"nothing of note {i}") for i in range(12))


def ranked(said: Iterable[Said], query: str) -> list[str]:
    """The texts that have to do with the query, best first."""
    index, there = Index(), dict[tuple[str, int], Passage]()
    for place, (speaker, text) in enumerate(said):
        one = Passage("", place, text, "exchange", place + 1, speaker)
        there[one.key] = one
    index.add({key: one.text for key, one in there.items()})
    scores = relevance(index, there, query)
    assert all(score > 0 for score in scores.values())
    return [there[key].text for key in sorted(scores, key=lambda key: (-scores[key], key))]


def test_what_says_it_comes_before_what_stands_beside_it() -> None:
    longer = "one two three four five six seven eight nine ten"
    said = [*FILLER, ("", f"before {longer}"), ("", "a cat"), ("", f"after {longer}"), *FILLER]
    found = ranked(said, "Is the cat with that unicorn, gryphon or phoenix?")
    assert found[0] == "a cat"
    assert set(found[1:3]) == {f"before {longer}", f"after {longer}"}


def test_less_counts_with_each_step_and_nothing_from_far_away() -> None:
    said = [("", "the cat sleeps"), *(("", f"word{i} here") for i in range(9))]
    assert ranked(said, "cat") == ["the cat sleeps", *(f"word{i} here" for i in range(4))]


def test_terms_that_are_said_apart_meet_between() -> None:
    apart = [("", "the cat"), ("", "middle one"), ("", "in Lisbon")]
    said = [*apart, *FILLER, ("", "the cat"), ("", "other middle"), ("", "the cat"), *FILLER]
    found = ranked(said, "cat Lisbon")
    assert found.index("middle one") < found.index("other middle")


def test_the_same_term_around_counts_once() -> None:
    index, there = Index(), dict[tuple[str, int], Passage]()
    for place, text in enumerate(["a cat", "then", "a cat"]):
        there["", place] = Passage("", place, text, "exchange", place + 1)
    for place, text in enumerate(["a cat", "then", "no more"]):
        there["other", place] = Passage("other", place, text, "line", place + 1)
    index.add({key: one.text for key, one in there.items()})
    scores = relevance(index, there, "cat")
    assert scores["", 1] == pytest.approx(scores["other", 1])


def test_who_is_asked_about_comes_before_another() -> None:
    first = [("Ann", "I got a new job"), ("Ben", "I stay at home"), ("Ann", "I like the office")]
    found = ranked([*FILLER, *first, *FILLER], "What does Ben do as a job?")
    assert found.index("I stay at home") < found.index("I like the office")
    found = ranked([*FILLER, *first, *FILLER], "What does Ann do as a job?")
    assert found.index("I stay at home") > found.index("I like the office")


def test_an_answer_comes_before_what_led_to_the_question() -> None:
    talk = [("", "well now"), ("", "what does the cat eat?"), ("", "only tuna")]
    found = ranked([*FILLER, *talk, *FILLER], "cat food")
    assert found.index("only tuna") < found.index("well now")
    told = [("", "only tuna"), ("", "the cat eats well."), ("", "well now")]
    found = ranked([*FILLER, *told, *FILLER], "cat food")
    assert found.index("only tuna") < found.index("well now")  # a tie, in order: nobody asked


def test_what_says_more_comes_before_what_says_little() -> None:
    talk = [("", "yes"), ("", "the cat sleeps"), ("", "on monday under the old table")]
    found = ranked([*FILLER, *talk, *FILLER], "cat")
    assert found.index("on monday under the old table") < found.index("yes")


@pytest.mark.parametrize(("asked", "said"), [("win", "won"), ("favourite", "favorite")])
def test_forms_of_a_word_are_that_word(asked: str, said: str) -> None:
    talk = [*FILLER, ("", f"it was {said}"), *FILLER]
    assert ranked(talk, f"What was {asked}?")[0] == f"it was {said}"


def test_forms_are_in_one_group_each_and_found() -> None:
    words = [word for group in FORMS for word in group]
    assert len(words) == len(set(words))
    assert all(len(group) > 1 for group in FORMS)
    assert {stem(word) for word in ("buy", "bought", "buying", "buys")} == {"buy"}


def test_chinese_stands_beside_chinese() -> None:
    talk = [("", "我的猫叫图灵"), ("", "它喜欢三文鱼"), *FILLER]
    assert ranked(talk, "我的猫吃什么")[:2] == ["我的猫叫图灵", "它喜欢三文鱼"]


def test_names_of_speakers_are_known_and_roles_are_none() -> None:
    messages = [Message("user", (Text("hello"),), name="Ann"), Message("user", (Text("hello"),))]
    talk = Talk()
    exchanges = [Exchange(i, (message,), 1) for i, message in enumerate(messages)]
    found = talk.follow(exchanges).values()
    assert [(one.speaker, one.text) for one in found] == [
        ("Ann", "Ann: hello"),
        ("", "user: hello"),
    ]


def test_shares_of_terms_add_up_to_the_score() -> None:
    random.seed(7)
    words = [f"word{i}" for i in range(30)]
    index = Index()
    index.add({("", i): " ".join(random.choices(words, k=9)) for i in range(50)})
    query = " ".join(words[:7])
    shares = index.shares(query)
    assert len(shares) == len(set(terms(query)))
    for key, score in index.scores(query).items():
        assert sum(one.get(key, 0.0) for one in shares) == pytest.approx(score)
        assert 0 < score <= 1
    assert index.length(("", 0)) == 9
    assert index.length(("", 99)) == 0

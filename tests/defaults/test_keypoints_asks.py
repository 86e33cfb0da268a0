"""Nothing that the user asked for or forbade is lost to make room for identifiers."""

from __future__ import annotations

import pytest

from brim.defaults.keypoints.cues import asks, is_pleasantry, is_question
from defaults.keypoints_parts import filler, looked, noted, notes_of, said, task

REQUESTS = [
    ("Please upgrade order ORD0003 to express shipping. Then cancel it.", "Then cancel it."),
    ("Do not touch src/legacy.", "Do not touch src/legacy."),
    ("Only use the staging database for this.", "Only use the staging database for this."),
    ("Never pay more than $50 in all.", "Never pay more than $50 in all."),
    ("I want the refund on my gift card, not on the Visa.", "not on the Visa"),
    ("Leave the second parcel alone, it is a present.", "Leave the second parcel alone"),
    ("Bitte nicht vor Freitag liefern.", "Bitte nicht vor Freitag liefern."),
    ("不要改动这个文件。只用测试数据库。", "只用测试数据库。"),
]


@pytest.mark.parametrize(("request_text", "kept"), REQUESTS)
@pytest.mark.parametrize("share", [0.15, 0.25])
def test_requests_and_prohibitions_are_kept(request_text: str, kept: str, share: float):
    talk = [said("user", "Hello, good morning to you."), said("user", request_text), *filler(12)]
    (note,) = notes_of(task(talk, share))
    assert kept in note


def test_what_a_user_forbade_outlives_every_renewal_of_the_notes():
    body = "U: Never pay more than $50 in all.\nT: You must send it to ORD0000 at once."
    for _ in range(4):
        (note,) = notes_of(task([noted(body), *filler(12)], 0.15))
        assert "U: Never pay more than $50 in all." in note.splitlines()
        body = note
    assert "You must send it" not in note


def test_what_was_noted_once_is_not_thinned_out_by_what_is_new():
    """Of two sides of the same worth the one that an earlier note kept stays."""
    new, old = ([f"room {i}{n} is at /srv/{n}/disk{i}" for i in range(20)] for n in "ab")
    read = looked("read", {}, "\n".join(new))
    (note,) = notes_of(task([noted("\n".join(f"T: {one}" for one in old)), read], 0.4))
    kept_old, kept_new = (sum(one in note for one in lines) for lines in (old, new))
    assert kept_old > 2 * kept_new
    assert all(f"{i}a" in note for i in range(20))


def test_a_second_half_is_kept_among_many_requests():
    wishes = [
        said("user", f"Change the address of order ORD{i:04d}. Then tell me the price.")
        for i in range(6)
    ]
    (note,) = notes_of(task([*wishes, *filler(12)], 0.3))
    for i in range(6):
        assert f"Change the address of order ORD{i:04d}." in note
    assert "Then tell me the price." in note


@pytest.mark.parametrize(
    ("sentence", "level"),
    [
        ("don't change it", 2),
        ("Use no other card.", 2),
        ("It must be blue.", 2),
        ("Could you book a table?", 1),
        ("and then cancel it", 1),
        ("请帮我查一下。", 1),
        ("不要动它。", 2),
        ("The weather was fine.", 0),
        ("I saw a film on Friday.", 0),
    ],
)
def test_what_asks_and_what_forbids(sentence: str, level: int):
    assert asks(sentence) == level


def test_pleasantries_and_questions():
    assert is_pleasantry("Let me know if there is more.")
    assert is_pleasantry("You’re welcome!")
    assert not is_pleasantry("The key is under the mat.")
    assert is_question("Is it blue?”")
    assert is_question("是蓝色的吗？")
    assert not is_question("It is blue.")

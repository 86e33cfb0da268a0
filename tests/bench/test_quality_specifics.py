"""What counts as a specific, and when an output still says what it belongs to."""

from __future__ import annotations

import pytest

from quality_parts.specifics import Output, near, specifics, stands

RECORD = '{"reservation_id": "JG7FMM", "payment": {"id": "credit_card_2929732", "amount": 250}}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fly on 2024-05-20, not later", ["2024-05-20"]),
        ("edit src/app/main.py and setup.cfg", ["src/app/main.py", "setup.cfg"]),
        ("user mia_li_3668 takes HAT136", ["mia_li_3668", "HAT136"]),
        ("totalSeconds is 4.25 of 1474", ["totalSeconds", "4.25", "1474"]),
        ("a well-known round-trip for 2", []),
        ("cat << EOF", []),
        ("JFK", ["JFK"]),
    ],
)
def test_specifics(text, found):
    assert specifics(text) == found


def test_stands_only_as_a_whole():
    assert stands("see /a/b.py:12", "/a/b.py")
    assert not stands("HAT1365 and XHAT136", "HAT136")
    assert not stands("", "HAT136")


def test_near_takes_keys_and_words_but_no_values():
    assert near(RECORD, "JG7FMM") >= {"reservation", "payment"}
    assert near("cancel HAT136 from JFK for mia_li_3668", "HAT136") == {"cancel"}


def test_near_reaches_five_on_each_side():
    assert "alpha" in near("alpha one two six ten X9Y9", "X9Y9")
    assert "alpha" not in near("alpha one two six ten far X9Y9", "X9Y9")


def test_the_text_itself_binds_all_that_it_holds():
    output = Output(RECORD)
    assert all(output.binds(one, near(RECORD, one)) for one in ("JG7FMM", "credit_card_2929732"))


def test_a_mere_list_of_values_binds_none():
    text = "flight HAT136 at 14:30:00 costs 305\npay with credit_card_2929732, user mia_li_3668"
    values = [one for one in specifics(text) if any(map(str.isdigit, one))]
    bare = Output(", ".join(values))
    assert len(values) >= 4
    assert all(bare.has(one) for one in values)
    assert not any(bare.binds(one, near(text, one)) for one in values)


def test_a_lost_specific_is_not_bound_by_its_word():
    assert not Output("the reservation was cancelled").binds("JG7FMM", {"reservation"})


TABLE = """T: flights table of 2
flight_number|origin|prices(economy|business)
HAT136|JFK|305|812
HAT039|JFK|290|640
a note
A: done"""


@pytest.mark.parametrize(
    ("value", "word"), [("HAT039", "flight"), ("640", "business"), ("640", "prices")]
)
def test_a_header_binds_its_column(value, word):
    output = Output(TABLE)
    assert output.binds(value, {word})
    assert not output.binds(value, {word}, heads=False)
    assert not output.binds(value, {"origin"})


def test_a_later_table_without_header_takes_the_one_of_its_width():
    later = f"{TABLE}\nT: flights table of 1, columns as above\nHAT777|SEA|101|999"
    assert Output(later).binds("999", {"business"})


def test_a_row_of_another_width_has_no_header():
    assert not Output(f"{TABLE}\nHAT777|SEA|101").binds("HAT777", {"flight"})


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("also seen: flight_number HAT001, HAT002, HAT003, HAT004, HAT005, HAT006, HAT136", True),
        (
            '{"flights": ["HAT001", "HAT002", "HAT003", "HAT004", "HAT005", "HAT006", "HAT136"]}',
            True,
        ),
        ("flight HAT001; user A1, B2, C3, D4, E5, F6, HAT136", False),
    ],
)
def test_the_head_of_a_list_binds_its_items(text, bound):
    assert Output(text).binds("HAT136", {"flight", "flights"}) is bound

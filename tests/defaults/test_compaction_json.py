"""Compact JSON: what it looks like, and that all of it is still there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brim.defaults.compaction.json_text import compacted
from brim.defaults.compaction.reading import pairs

FLIGHTS = [
    {
        "flight_number": f"HAT0{n}",
        "origin": "JFK",
        "status": "available",
        "seats": {"economy": n, "business": n + 3},
        "gate": None,
    }
    for n in (12, 15, 77)
]


def test_like_objects_become_a_table() -> None:
    assert compacted(json.dumps(FLIGHTS)) == (
        "3 rows, all origin=JFK, status=available\n"
        "flight_number|seats(economy|business)\n"
        "HAT012|12|15\n"
        "HAT015|15|18\n"
        "HAT077|77|80"
    )


def test_an_object_loses_quotes_and_what_is_empty() -> None:
    given = {
        "id": "mia_3668",
        "name": {"first": "Mia", "last": "Li"},
        "note": None,
        "tags": [],
        "open": False,
        "zip": "07875",
        "items": [{"sku": "A-1", "n": 2}],
        "seen": ["NO6JO3", "HKEG34"],
    }
    assert compacted(json.dumps(given, indent=4)) == (
        "id=mia_3668\n"
        "name (first=Mia, last=Li)\n"
        "open=false\n"
        "zip=07875\n"
        "items: (sku=A-1, n=2)\n"
        "seen: NO6JO3, HKEG34"
    )


def test_values_under_keys_become_a_table_and_the_key_is_said_once() -> None:
    methods = {f"card_{n}": {"brand": "visa", "limit": n * 100, "id": f"card_{n}"} for n in (7, 9)}
    assert compacted(json.dumps({"methods": methods})) == (
        "methods: 2 rows, all brand=visa\nid|limit\ncard_7|700\ncard_9|900"
    )


def test_lists_of_lists_name_their_rows() -> None:
    legs = [[FLIGHTS[0], FLIGHTS[1]], [FLIGHTS[2], FLIGHTS[1]]]
    assert compacted(json.dumps(legs)) == (
        f"{compacted(json.dumps(FLIGHTS))}\n2 options: HAT012 + HAT015; HAT077 + HAT015"
    )


def test_two_numbers_that_happen_to_be_the_same_stay_in_their_rows() -> None:
    rows = [{"who": "a", "team": "red", "points": 3}, {"who": "b", "team": "red", "points": 3}]
    assert compacted(json.dumps(rows)) == "2 rows, all team=red\nwho|points\na|3\nb|3"


def test_a_large_object_does_not_repeat_its_key() -> None:
    given = {"card_7": {"id": "card_7", "note": "x" * 120}, "other": {"z": ["p"]}}
    assert compacted(json.dumps(given)) == f"card_7:\n note={'x' * 120}\nother:\n z: p"


def test_numbers_keep_their_digits() -> None:
    found = compacted('{"a": 1.50, "b": 1e5, "c": 12345678901234567890123, "d": -0}')
    assert found == "a=1.50\nb=1e5\nc=12345678901234567890123\nd=-0"


def test_what_could_be_misread_keeps_its_quotes() -> None:
    rows = [{"a": "x|y", "b": "1, 2"}, {"a": "true", "b": " z"}]
    assert compacted(json.dumps(rows)) == '2 rows\na|b\n"x|y"|1, 2\n"true"|" z"'


def test_a_text_of_several_lines_stands_as_it_is() -> None:
    given = {"stdout": "def f():\n    return 1\n", "code": 0}
    assert compacted(json.dumps(given)) == "stdout <<<\ndef f():\n    return 1\n\n>>>\ncode=0"


def test_lines_of_objects_and_words_around_them() -> None:
    lines = "\n".join(json.dumps({"id": n, "ok": True}) for n in (104, 105, 109))
    assert compacted(f"Found 3:\n{lines}\ndone") == (
        "Found 3:\n3 rows, all ok=true\nid\n104\n105\n109\ndone"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "plain words",
        "{broken",
        '{"a": 1, "a": 2}',
        "[" * 5_000,
        "x = [1, 2]\n" * 90,
        '{"a": null}',
        json.dumps({"a": 1}) + "x" * 300,
        json.dumps(["x" * 400_001]),
    ],
)
def test_what_is_no_json_or_says_nothing_is_left_alone(text: str) -> None:
    assert compacted(text) is None


def test_it_can_be_read_back() -> None:
    given = {"id": "u_1", "flights": FLIGHTS, "card": {"last": "7447"}, "seen": ["A1", "B2"]}
    found = list(pairs(compacted(json.dumps(given)) or ""))
    assert ("flight_number", "HAT077") in found
    assert ("seats.business", "80") in found
    assert ("origin", "JFK") in found
    assert [one for one in found if one[0] in {"id", "last", "seen"}] == [
        ("id", "u_1"),
        ("last", "7447"),
        ("seen", "A1"),
        ("seen", "B2"),
    ]


KEYS = st.sampled_from(["id", "name", "path", "user id", "a", "b", "c=d", "é", "total", ""])
WORDS = st.sampled_from(
    [
        "HAT012",
        "src/x.py",
        "2024-05-20",
        "a b",
        "x|y",
        "p, q",
        "(z)",
        "",
        "null",
        "línea\nzwei",
        '"',
    ]
)
SCALARS = st.one_of(
    WORDS, st.text(max_size=12), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(KEYS, inner, max_size=5),
        st.lists(st.fixed_dictionaries({"id": WORDS, "n": st.integers(0, 3)}), max_size=4),
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_every_value_and_every_key_of_one_is_still_there(value: object) -> None:
    text = json.dumps(value)
    found = compacted(text)
    if found is None:
        return
    for leaf in _leaves(value):
        assert leaf in found, (leaf, found)


def _leaves(value: object) -> Iterator[str]:
    """Keys and values as they may be written: bare or quoted, here their longest common part."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not _says_nothing(item):
                yield _core(key)
                yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield _core(value)
    elif value is not None:
        yield json.dumps(value)


def _core(text: str) -> str:
    """The longest piece that looks the same with JSON's quotes and without."""
    return max(re.split(r'["\\]|[^ -~\u00a1-\uffff]', text), key=len).strip()


def _says_nothing(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    return value is None or value in ("", [])

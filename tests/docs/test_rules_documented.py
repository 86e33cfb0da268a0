"""The page of provider rules says what the code checks, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from brim.dialects.catalogue import CATALOGUE, MEANS

ROW = re.compile(r"^\| (\d+) \| (.*) \|$", re.MULTILINE)
NAMED = re.compile(r"\brules? (\d+)\b|\bRule\((\d+),", re.IGNORECASE)
CONDENSED = {27}
"""Kept by the way a conversation is condensed."""


@pytest.fixture
def rows(root: Path) -> dict[int, list[str]]:
    page = (root / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    return {int(number): rest.split(" | ") for number, rest in ROW.findall(page)}


def test_page_is_up_to_date(generate: ModuleType, root: Path) -> None:
    page = (root / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    assert page == generate.rules_page(), "run: python docs/generate.py"


def test_page_has_every_number_of_the_code(
    generate: ModuleType, root: Path, rows: dict[int, list[str]]
) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (root / "src" / "brim").rglob("*.py")]
    named = {int(a or b) for text in sources for a, b in NAMED.findall(text)}
    named.update(*(dialect.book.numbers for dialect in generate.DIALECTS))
    assert named <= rows.keys()
    assert rows.keys() - named <= {number for number, rule in CATALOGUE.items() if not rule.by}


def test_every_rule_is_decided_where_the_page_says(
    generate: ModuleType, rows: dict[int, list[str]]
) -> None:
    books = [dialect.book for dialect in generate.DIALECTS]
    numbers = set().union(*(book.numbers for book in books))
    alone = {rule.number for book in books for rule in book.message_rules}
    kept = {number for book in books for number in (*book.seals.values(), book.bond)} | CONDENSED
    assert rows.keys() == CATALOGUE.keys() == {*range(1, 35)}
    for number, rule in CATALOGUE.items():
        assert bool(rule.by) == (number in numbers | CONDENSED), number
        assert ("message" in rule.by) == (number in alone), number
        assert ("input" in rule.by) == (number in kept), number
        assert set(rule.by) <= MEANS.keys()
        checked = {d.name for d in generate.DIALECTS if number in d.book.numbers}
        assert number in CONDENSED or set(filter(None, rows[number][1].split(", "))) == checked


def test_what_cannot_be_decided_says_why(root: Path) -> None:
    page = (root / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    for number, rule in CATALOGUE.items():
        if not rule.by:
            assert rule.remark
            assert f"- **{number}**, {rule.title}: {rule.remark}" in page

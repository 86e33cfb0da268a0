"""The page and the picture need nothing from outside and show the table's figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from brim.demo.page import page
from brim.demo.picture import picture
from brim.demo.replay import Frame
from brim.demo.table import Summary
from brim.demo.ways import FULL
from brim.pages.fates import told
from brim.pages.marks import element, runs, short
from brim.pages.panel import Panel

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Nesting(HTMLParser):
    """Follows open and closed elements, and remembers attributes that load something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "data")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def html(frames: Sequence[Frame], summary: Summary) -> str:
    return page(frames, summary)


def test_the_page_loads_nothing(html: str) -> None:
    parser = Nesting()
    parser.feed(html)
    assert parser.open == []
    assert parser.loads == []
    addresses = set(re.findall(r"https?://[^\s\"']+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|link|iframe|img)\b|@import|url\(", html)


def test_the_page_shows_the_table(html: str, summary: Summary) -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", html))
    for row in summary.rows:
        assert re.search(r"\s+".join(map(re.escape, row.cells())), text)
    for one in summary.condensations:
        assert f"{one.before:,}" in text
        assert one.task in text


def test_the_page_shows_what_became_of_each_message(html: str, frames: Sequence[Frame]) -> None:
    found = frames[-1].fate()
    assert {one.fate for one in found} > {"kept"}
    assert sum(one.messages for one in found) == frames[-1].sent[FULL].messages
    assert html.count(told(found)) >= 2


def test_the_page_has_no_place_left_open(html: str) -> None:
    assert "$" not in html
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html


def test_names_from_outside_are_escaped(frames: Sequence[Frame], summary: Summary) -> None:
    assert "<b>x" not in page(frames, evolve(summary, model="<b>x"))


def test_the_picture_is_well_formed_and_complete(frames: Sequence[Frame]) -> None:
    root = ET.fromstring(picture(frames))
    space = "{http://www.w3.org/2000/svg}"
    lines = list(root.iter(f"{space}polyline"))
    assert len(lines) == 6
    assert len(lines[0].get("points", "").split()) == len(frames)
    dots = sum(frame.condensed is not None for frame in frames)
    assert len(list(root.iter(f"{space}circle"))) == dots
    assert root.get("viewBox", "").startswith("0 0 860 ")


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_few_turns_can_be_drawn(frames: Sequence[Frame], summary: Summary, turns: int) -> None:
    ET.fromstring(picture(frames[:turns]))
    assert page(frames[:turns], evolve(summary, condensations=()))


def test_panel_scales() -> None:
    panel = Panel(10, 20, 100, 50, 11, 200)
    assert [panel.x(1), panel.x(11)] == [10, 110]
    assert [panel.y(0), panel.y(200), panel.y(999)] == [70, 20, 20]


def test_runs() -> None:
    assert list(runs("aabccc")) == [("a", 0, 2), ("b", 2, 1), ("c", 3, 3)]
    assert list(runs("")) == []


def test_element_and_short() -> None:
    assert element("rect", class_="a<b", x=1.25, stroke_width=2) == (
        '<rect class="a&lt;b" x="1.2" stroke-width="2"/>'
    )
    assert [short(0), short(500), short(16_000)] == ["0", "500", "16k"]

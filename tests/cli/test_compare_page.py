"""The page of a comparison stands alone, runs nothing, and shows the figures."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from click.testing import CliRunner

from brim.cli.main import main
from brim.compare.figures import Budget, Compared, Growth, Trial, means
from brim.compare.page import SHOWN, page
from brim.pages.fates import Stretch, fates, strip, told
from brim.pages.html import safe
from brim.road.reports.diff import Change, Diff
from brim.texts import left_out, wrap_note

EVIL = "</style></svg><script>alert(1)</script><img src=x onerror=alert(2)>"
CHINESE = "你好,我想预订一家价格在300-400元的酒店。"
SVG = "{http://www.w3.org/2000/svg}"

GROWTH = Growth((10, 40, 30), 1, 0.9, 0, 1.5)
STRIP = (Stretch("kept", 0, 1, 10), Stretch("noted", 1, 4, 60), Stretch("left out", 5, 1, 30))
GOOD = Trial(
    "auto",
    "25%",
    50,
    tokens=43,
    survival=0.77,
    messages=6,
    kept=1,
    by=("auto",),
    strip=STRIP,
    growth=GROWTH,
    missing=(EVIL,),
    remarks=(EVIL,),
)
BAD = Trial("unlucky", "25%", 50, error=f"it broke: {EVIL}")


def talk(*trials: Trial, line: int = 1, task: str = CHINESE) -> Compared:
    return Compared(line, "", task, "gpt-4o", 100, 5, 6, (10, 50, 100), trials)


class Tags(HTMLParser):
    """All tags, and that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    return parser


def test_nothing_runs_and_nothing_is_loaded() -> None:
    html = page([talk(GOOD, BAD, task=EVIL), talk(GOOD, line=2), Compared(3, EVIL)], EVIL)
    found = tags(html)
    assert not {"script", "img", "link", "iframe", "object"} & set(found.seen)
    assert not [name for name in found.attributes if name.startswith("on") or name == "src"]
    assert not re.search(r"@import|url\(|@font-face", html)
    assert set(re.findall(r"https?://[^\s\"']+", html)) <= {"http://www.w3.org/2000/svg"}
    assert html.count(safe(EVIL)) >= 6


def test_other_languages_stay_as_they_are() -> None:
    html = page([talk(GOOD), talk(GOOD, line=2)], "聊天.json")
    assert html.count(CHINESE) == 2
    assert "聊天.json" in html
    assert '<meta charset="utf-8">' in html


def test_what_no_browser_shows_is_replaced() -> None:
    assert safe("a\ud83d\x00\x1bb\n") == "a���b\n"
    page([talk(GOOD, task="half \ud83d")], "x").encode()


def test_the_figures_stand_in_a_table() -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", page([talk(GOOD, BAD)], "x")))
    assert re.search(r"auto\s+43\s+77%\s+17%\s+90\.0%\s+0 ms\s+yes\s+1\.5 ms", text)
    assert re.search(r"unlucky\s+no result", text)
    assert "it broke" in text


def test_plots_are_named_and_described() -> None:
    html = page([talk(GOOD, evolve(GOOD, budget="50%", survival=0.91))], "x")
    drawn = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]
    assert len(drawn) == 4
    for one in drawn:
        assert one.get("role") == "img"
        assert one.find(f"{SVG}title") is not None
    described = drawn[0].find(f"{SVG}desc")
    assert described is not None
    assert described.text == "77% at 25%, 91% at 50%"
    assert len(list(drawn[0].iter(f"{SVG}circle"))) == 2


def test_a_strip_is_as_wide_as_its_tokens() -> None:
    root = ET.fromstring(strip(STRIP, "auto"))
    bars = [(float(r.get("width", 0)), r.get("class")) for r in root.iter(f"{SVG}rect")]
    assert bars == [(100.0, "kept"), (600.0, "noted"), (300.0, "left-out")]
    assert told(STRIP) == "1 kept, 4 noted, 1 left out"


def test_a_message_whose_parts_met_several_fates_has_the_worst() -> None:
    said = wrap_note("U: book flight HAT136 for the 12th, never the evening one", "k7f3a2")
    found = fates(
        Diff(
            (
                Change("shortened", (0,), "user", "long", "short"),
                Change("left out", (0,), "user", "gone", ""),
                Change("kept", (0,), "user", "same", "same"),
                Change("replaced", (1, 2), "", "much", said),
                Change("replaced", (3, 4), "", "much", wrap_note(left_out(12_345), "k7f3a2")),
            )
        ),
        6,
    )
    assert found == ["left out", "noted", "noted", "left out", "left out", "kept"]


def test_more_conversations_than_are_shown_are_told() -> None:
    many = [talk(GOOD, line=line) for line in range(1, SHOWN + 4)]
    html = page(many, "x")
    assert html.count("<section>") == SHOWN
    assert "3 more conversations are in the means only" in html


@pytest.mark.parametrize("compared", [[], [Compared(1, "bad")], [talk(BAD)]])
def test_there_is_a_page_without_results(compared: list[Compared]) -> None:
    tags(page(compared, "x"))


def test_means_leave_failures_out_and_count_them() -> None:
    poor = evolve(GOOD, survival=0.27, broken=("rule 1: no",))
    (mean,) = means([talk(GOOD), talk(poor), talk(evolve(BAD, strategy="auto"))])
    assert (mean.of, mean.fitted, mean.invalid, mean.tokens) == (3, 2, 1, 86)
    assert mean.survival == pytest.approx(0.52)


def test_a_share_is_one_of_what_can_be_condensed() -> None:
    assert Budget("25%", share=0.25).of(1_000, 200) == 400
    assert Budget("8k", tokens=8_000).of(1_000, 200) == 8_000
    assert Budget("1%", share=0.01).of(10, 0) == 1


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    messages = [
        {"role": "user" if i % 2 == 0 else "assistant", "content": f"{CHINESE} {EVIL} {i}"}
        for i in range(21)
    ]
    source = tmp_path / "talk.json"
    source.write_text(json.dumps({"model": "gpt-4o", "messages": messages}), encoding="utf-8")
    target = tmp_path / "report.html"
    options = ["--budget", "40%", "--strategies", "auto,smart-truncation", "--html", str(target)]
    result = CliRunner().invoke(main, ["compare", str(source), *options], catch_exceptions=False)
    assert result.exit_code == 0
    assert "wrote" in result.output
    html = target.read_text(encoding="utf-8")
    assert "script" not in tags(html).seen
    assert "smart-truncation" in html

"""What a terminal shows, and what a file gets."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from brim.demo.replay import Frame
from brim.demo.screen import Screen, follow, sparkline, summary_table
from brim.demo.table import Summary


def drawn(frames: Sequence[Frame], width: int) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    screen = Screen(width)
    for frame in frames:
        screen.add(frame)
    console.print(screen.draw())
    return console.export_text()


@pytest.mark.parametrize("width", [80, 140])
def test_the_live_picture_tells_of_the_turn(frames: Sequence[Frame], width: int) -> None:
    text = drawn(frames[:143], width)
    frame = frames[142]
    assert f"turn 143 of {len(frames)}" in text
    assert f"{frame.tokens_in:,} tokens in" in text
    assert f"level {frame.level}" in text
    assert "too long" in text
    last = [one.condensed for one in frames[:143] if one.condensed is not None][-1]
    assert last.strategies[0] in text
    assert all(len(line) <= width for line in text.splitlines())


def test_running_totals(frames: Sequence[Frame], summary: Summary) -> None:
    lines = drawn(frames, 100).splitlines()
    for row in summary.rows:
        shown = next(line.split() for line in lines if line.strip().startswith(row.way))
        assert shown[-3:] == [str(row.over), str(row.invalid), f"{row.reuse:.1%}"]


def test_a_file_gets_plain_lines(frames: Sequence[Frame]) -> None:
    out = io.StringIO()
    assert follow(iter(frames), Console(file=out)) == list(frames)
    text = out.getvalue()
    assert "\x1b" not in text
    assert 8 <= len(text.splitlines()) <= 12
    assert text.splitlines()[-1].startswith(f"turn {len(frames)} of {len(frames)}: ")


def test_a_terminal_is_left_clean(frames: Sequence[Frame]) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    assert follow(iter(frames[:20]), console) == list(frames[:20])
    assert "\x1b[?25h" in out.getvalue()


def test_the_table_fits_eighty_columns(summary: Summary) -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(summary_table(summary))
    text = out.getvalue()
    assert all(len(line) <= 80 for line in text.splitlines())
    for row in summary.rows:
        assert all(cell in text for cell in row.cells())


def test_sparkline() -> None:
    assert sparkline([0, 0.5, 1, 7, -1], 10) == "▁▅██▁"
    assert sparkline([0, 1], 1) == "█"
    assert sparkline([], 5) == ""

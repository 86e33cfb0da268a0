"""The demo's figures: tokens of each request, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from brim.demo.replay import Frame
from brim.demo.ways import BRIM, FULL, LAST, WAYS
from brim.pages.html import colors
from brim.pages.marks import drawing, element, round_step, runs, text
from brim.pages.panel import Panel

__all__ = ["picture", "reuse_figure", "tokens_figure"]

CSS = {FULL: "full", LAST: "last", BRIM: "brim thick"}
LEFT, RIGHT = 52, 14
STRIP = 34
"""Height of one way's row of marks, with its name."""


def picture(frames: Sequence[Frame], width: int = 860) -> str:
    """A figure that stands alone, as an SVG file."""
    return tokens_figure(frames, width, f"<style>{colors()}</style>")


def tokens_figure(frames: Sequence[Frame], width: int, style: str = "") -> str:
    """Three panels: all tokens, the same near the window, and each request's state."""
    narrow = width < 600
    whole = _panel(frames, width, 68, 170, _top(frames))
    near = _panel(frames, width, whole.top + whole.height + 74, 190, frames[0].window * 1.25)
    below = near.top + near.height + 78
    body = [
        _legend(width),
        _whole(frames, whole),
        _near(frames, near, narrow),
        _states(frames, _panel(frames, width, below, STRIP * 3, 1), narrow),
    ]
    return _svg(width, int(below + STRIP * 3 + 16), style, body, "Tokens of each request")


def reuse_figure(frames: Sequence[Frame], width: int) -> str:
    """How much of each request the next one begins with, for the ways that trim."""
    body: list[str] = []
    for number, way in enumerate((LAST, BRIM)):
        panel = _panel(frames, width, 34 + number * 130, 64, 1)
        body += [
            panel.heading(way),
            panel.levels(0.5, lambda value: f"{value:.0%}"),
            panel.area([_share(frame, way) for frame in frames], CSS[way]),
            panel.turn_marks(_step(width)),
        ]
    return _svg(width, 260, "", body, "Prefix reuse at each turn")


def _svg(width: int, height: int, style: str, body: Sequence[str], label: str) -> str:
    paper = element("rect", width=width, height=height, class_="paper")
    return drawing(width, height, [style, paper, *body], label)


def _panel(frames: Sequence[Frame], width: int, top: float, height: float, most: float) -> Panel:
    return Panel(LEFT, top, width - LEFT - RIGHT, height, len(frames), most)


def _legend(width: int) -> str:
    step = min(150, (width - LEFT) // 3)
    marks = []
    for number, way in enumerate(WAYS):
        x = LEFT + number * step
        marks.append(element("line", x1=x, x2=x + 18, y1=20, y2=20, class_=f"line {CSS[way]}"))
        marks.append(text(x + 24, 24, way))
    return "".join(marks)


def _whole(frames: Sequence[Frame], panel: Panel) -> str:
    return "".join(
        [
            panel.heading("Tokens of each request"),
            panel.levels(round_step(panel.most)),
            *(panel.line(_tokens(frames, way), CSS[way]) for way in WAYS),
            panel.window(frames[0].window),
            panel.turn_marks(_step(panel.width)),
        ]
    )


def _near(frames: Sequence[Frame], panel: Panel, narrow: bool) -> str:
    cuts = [(f.turn, f.sent[BRIM].tokens) for f in frames if f.condensed is not None]
    inside = [f for f in frames if f.sent[FULL].tokens <= panel.most]
    heading = "The same near the window" + ("" if narrow else "; a dot where Brim condensed")
    return "".join(
        [
            panel.heading(heading),
            panel.levels(round_step(panel.most)),
            panel.line(_tokens(inside, FULL), CSS[FULL]),
            *(panel.line(_tokens(frames, way), CSS[way]) for way in (LAST, BRIM)),
            panel.dots(cuts),
            panel.window(frames[0].window),
            panel.turn_marks(_step(panel.width)),
        ]
    )


def _states(frames: Sequence[Frame], panel: Panel, narrow: bool) -> str:
    heading = (
        "Over the window grey, invalid red"
        if narrow
        else ("Each request: grey is over the window, red breaks a provider rule")
    )
    rows = [panel.heading(heading)]
    width = panel.width / len(frames)
    for number, way in enumerate(WAYS):
        top = panel.top + number * STRIP
        states = [frame.sent[way].state for frame in frames]
        rows.append(text(panel.left, top + 13, f"{way}: {_faults(states)}"))
        for state, first, count in runs(states):
            x = panel.left + first * width
            rows.append(
                element("rect", x=x, y=top + 18, width=count * width, height=10, class_=state)
            )
    return "".join(rows)


def _faults(states: Sequence[str]) -> str:
    """'275 of 318 over the window', or that nothing is wrong."""
    names = {"over": "over the window", "invalid": "invalid"}
    found = [
        f"{states.count(state):,} of {len(states):,} {words}"
        for state, words in names.items()
        if state in states
    ]
    return ", ".join(found) or "nothing over, nothing invalid"


def _tokens(frames: Sequence[Frame], way: str) -> list[float]:
    return [frame.sent[way].tokens for frame in frames]


def _share(frame: Frame, way: str) -> float:
    reuse = frame.sent[way].reuse
    return 1.0 if reuse is None else reuse


def _top(frames: Sequence[Frame]) -> float:
    return max(max(frame.sent[way].tokens for way in WAYS) for frame in frames) * 1.05


def _step(width: float) -> int:
    return 100 if width < 600 else 50

"""What the demo shows in a terminal, and in plain text where there is none."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rich import box
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from brim.demo.replay import Frame
from brim.demo.table import HEADINGS, Summary
from brim.demo.ways import BRIM, WAYS

__all__ = ["Screen", "follow", "sparkline", "summary_table"]

BARS = "▁▂▃▄▅▆▇█"
COLORS = {
    "ok": "green",
    "caution": "yellow",
    "warning": "dark_orange",
    "critical": "red",
    "overflow": "red",
    "over": "red",
    "invalid": "red",
}
FILL = 18
"""Characters of a full window."""

WORDS = {"ok": "ok", "over": "too long", "invalid": "invalid"}


def follow(frames: Iterable[Frame], console: Console, pause: float = 0.0) -> list[Frame]:
    """Show the frames as they come and hand them back. `pause` is seconds between turns."""
    if not console.is_terminal:
        return list(_told(frames, console))
    screen = Screen(console.width)
    with Live(console=console, refresh_per_second=12, transient=True) as live:
        for frame in frames:
            screen.add(frame)
            live.update(screen.draw())
            if pause:
                time.sleep(pause)
    return screen.frames


def _told(frames: Iterable[Frame], console: Console) -> Iterator[Frame]:
    """One plain line for each tenth of the way."""
    for frame in frames:
        if frame.turn == frame.turns or frame.turn % max(frame.turns // 10, 1) == 0:
            sent = frame.sent[BRIM]
            console.print(
                f"turn {frame.turn} of {frame.turns}: {frame.tokens_in:,} tokens in, "
                f"{sent.tokens:,} out, level {frame.level}, {WORDS[sent.state]}",
                highlight=False,
                soft_wrap=True,
            )
        yield frame


def summary_table(summary: Summary) -> Table:
    """The table at the end."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(HEADINGS):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in summary.rows:
        cells = [Text(cell) for cell in row.cells()]
        for place, wrong in ((2, row.over), (3, row.invalid)):
            cells[place].stylize("red" if wrong else "green")
        table.add_row(*cells, style="bold" if row.way == BRIM else "")
    return table


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values, each between 0 and 1, as bars."""
    top = len(BARS) - 1
    return "".join(BARS[round(top * min(max(value, 0.0), 1.0))] for value in values[-width:])


class Screen:
    """The live picture, drawn from the frames so far."""

    def __init__(self, width: int = 80) -> None:
        self.width = width
        self.frames: list[Frame] = []
        self._wrong: dict[tuple[str, str], int] = defaultdict(int)
        self._reuse: dict[str, list[float]] = defaultdict(list)

    def add(self, frame: Frame) -> None:
        self.frames.append(frame)
        for way, sent in frame.sent.items():
            self._wrong[way, "over"] += sent.over
            self._wrong[way, "invalid"] += bool(sent.broken)
            if sent.reuse is not None:
                self._reuse[way].append(sent.reuse)

    def draw(self) -> RenderableType:
        frame = self.frames[-1]
        return Padding(
            Group(
                self._progress(frame),
                Text(frame.task, style="dim", no_wrap=True, overflow="ellipsis"),
                Text(),
                self._ways(frame),
                Text(),
                *self._brim(frame),
            ),
            (1, 1),
        )

    def _progress(self, frame: Frame) -> RenderableType:
        line = Table.grid(padding=(0, 2), expand=True)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1)
        line.add_column(no_wrap=True)
        bar = ProgressBar(total=frame.turns, completed=frame.turn)
        line.add_row(Text("brim demo", style="bold"), bar, f"turn {frame.turn} of {frame.turns}")
        return line

    def _ways(self, frame: Frame) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("", "tokens", f"window of {frame.window:,}", "", "over", "invalid", "reuse"):
            left = name.startswith("window") or not name
            justify: JustifyMethod = "left" if left else "right"
            table.add_column(name, justify=justify, no_wrap=True, header_style="dim")
        for way in WAYS:
            table.add_row(*self._row(frame, way), style="bold" if way == BRIM else "")
        return table

    def _row(self, frame: Frame, way: str) -> list[RenderableType]:
        sent = frame.sent[way]
        share = sent.tokens / frame.window
        color = COLORS[frame.level if way == BRIM and sent.state == "ok" else sent.state]
        bar = "█" * min(round(FILL * share), FILL) + ("▶" if share > 1 else "")
        shares = self._reuse[way] or [1.0]
        return [
            way,
            f"{sent.tokens:,}",
            Text(bar.ljust(FILL + 1, "·"), style=color),
            Text(WORDS[sent.state].ljust(8), style=COLORS[sent.state]),
            str(self._wrong[way, "over"]),
            str(self._wrong[way, "invalid"]),
            f"{sum(shares) / len(shares):.1%}",
        ]

    def _brim(self, frame: Frame) -> Iterator[RenderableType]:
        sent = frame.sent[BRIM]
        level = Text(f"{frame.level}", style=COLORS.get(frame.level, ""))
        yield Text.assemble(
            ("Brim  ", "bold"), f"{frame.tokens_in:,} tokens in, {sent.tokens:,} out, level ", level
        )
        fills = [one.sent[BRIM].tokens / one.window for one in self.frames]
        yield Text.assemble("fill  ", (sparkline(fills, self.width - 8), "cyan"))
        yield Text(self._last_cut(), style="dim", no_wrap=True, overflow="ellipsis")

    def _last_cut(self) -> str:
        cuts = (one for one in reversed(self.frames) if one.condensed is not None)
        for frame in islice(cuts, 1):
            cut = frame.condensed
            if cut is not None:
                names = ", ".join(cut.strategies)
                return (
                    f"cut   turn {frame.turn}: {cut.before:,} to {cut.after:,} tokens, "
                    f"{cut.exchanges} exchanges, by {names}"
                )
        return "cut   nothing so far"

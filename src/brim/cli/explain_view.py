"""How an explanation looks on a terminal. Texts of others are shown as they stand, no markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from brim.errors import BudgetInfeasible
from brim.road.reports.explain import Explanation
from brim.road.reports.report import FitReport
from brim.road.tokens.report_count import CountReport

__all__ = ["Bar", "error_view", "view"]

COLORS = {
    "head": "magenta",
    "kept": "green",
    "context": "blue",
    "shortened": "yellow",
    "notes": "cyan",
    "free": "bright_black",
    "system": "magenta",
    "developer": "magenta",
    "tools": "blue",
    "user": "green",
    "assistant": "yellow",
    "tool": "cyan",
}
FILLED, FREE = "█", "░"


class Bar:
    """Parts of a whole side by side, as wide as there is room; each that is not empty is seen."""

    def __init__(self, parts: Mapping[str, int]) -> None:
        self.parts = {name: size for name, size in parts.items() if size > 0}

    def widths(self, room: int) -> dict[str, int]:
        """Cells for each part: one at least, and `room` in all where that is possible."""
        total = sum(self.parts.values())
        cells = {name: max(1, room * size // total) for name, size in self.parts.items()}
        if cells:
            widest = max(cells, key=lambda name: cells[name])
            cells[widest] = max(1, cells[widest] + room - sum(cells.values()))
        return cells

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for name, width in self.widths(options.max_width).items():
            mark = FREE if name == "free" else FILLED
            yield Segment(mark * width, Style.parse(COLORS.get(name, "white")))
        yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(20, options.max_width), options.max_width)


def view(explanation: Explanation) -> RenderableType:
    """The whole explanation: what happened, the figures, the window, the steps."""
    report = explanation.report
    tone = "yellow" if report.degraded else "green"
    parts: list[RenderableType] = [
        Text(explanation.headline, style=f"bold {tone}"),
        _rows(explanation.facts),
        *_divided(explanation.window, report.after.budget),
    ]
    if report.changed:
        parts.append(_outcome(report))
    if report.steps:
        parts.append(Padding(Group(*_steps(explanation)), (0, 0, 1, 2)))
    parts += [Text(f"! {remark}", style="yellow") for remark in explanation.remarks]
    return Group(*parts)


def error_view(error: object, counted: CountReport | None) -> RenderableType:
    """Why there is no fit, and, where it is the budget, where the tokens are."""
    parts: list[RenderableType] = [Text(str(error), style="bold red")]
    if isinstance(error, BudgetInfeasible) and counted is not None:
        over = f"{counted.total:,} came in, at least {error.minimum:,} must stay"
        parts.append(_rows([("budget", f"{error.budget:,}"), ("tokens", over)]))
        parts += _divided(counted.per_role, counted.total)
    return Group(*parts)


def _rows(rows: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in rows:
        grid.add_row(Text(label), Text(text))
    return Padding(grid, (0, 0, 1, 2))


def _divided(parts: Mapping[str, int], whole: int) -> Iterator[RenderableType]:
    """The bar, and below it what its colours mean."""
    bar = Bar(parts)
    yield Padding(bar, (0, 2))
    legend = Text()
    for name, size in bar.parts.items():
        mark = FREE if name == "free" else FILLED
        legend.append(mark, COLORS.get(name, "white"))
        share = f"{size / whole:.0%}" if size >= whole / 100 else "<1%"
        legend.append(f" {name}\u00a0{size:,}\u00a0({share})  ")
    yield Padding(legend, (0, 2, 1, 2))


def _outcome(report: FitReport) -> RenderableType:
    """What came in and what goes out, side by side."""
    table = Table("", "came in", "goes out", box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    before, after = report.before, report.after
    rows = [
        ("tokens", f"{before.tokens:,}", f"{after.tokens:,}"),
        ("at most", f"{before.upper:,}", f"{after.upper:,}"),
        ("messages", f"{report.messages_before:,}", f"{report.messages_after:,}"),
        ("of the budget", f"{before.utilization:.0%}", f"{after.utilization:.0%}"),
    ]
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 1, 2))


def _steps(explanation: Explanation) -> Iterator[RenderableType]:
    for number, (turn, details) in enumerate(explanation.steps, 1):
        applied = explanation.report.steps[number - 1].outcome == "applied"
        yield Text(f"{number}. {turn}", style="bold" if applied else "dim")
        yield from (Padding(Text(detail), (0, 0, 0, 3)) for detail in details)

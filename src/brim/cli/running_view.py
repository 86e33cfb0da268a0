"""How running processes look in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from attrs import frozen
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from brim.cli.running import Process, Total
from brim.cli.show import LEVELS

if TYPE_CHECKING:
    from brim.store.running import Found

__all__ = ["NOBODY", "amount", "detail", "duration", "skipped_lines", "view"]

BANDS = {"excellent": "green", "good": "default", "needs optimization": "yellow"}

NOBODY = "nothing is running: chat loops and proxies show up here by themselves"

WIDE = 130
"""Columns of a terminal from which on there is room for everything."""

CELLS = 10
"""The width of the meter."""

TEN, THOUSAND = 10, 1_000


@frozen
class Column:
    """`wide` ones are left out of a narrow terminal."""

    head: str
    cell: Callable[[Process], Text | str]
    wide: bool = False
    justify: Literal["left", "right"] = "right"


def view(rows: Sequence[Process], width: int, clock: str = "") -> RenderableType:
    """One picture of all processes, `clock` being the time of day, where that is wanted."""
    if not rows:
        return Text(f"{NOBODY}  {clock}".rstrip())
    return Group(_head(Total.of(rows), clock), Text(), _table(rows, width))


def skipped_lines(found: Found) -> Iterator[Text]:
    """What was not shown, and why."""
    for one in found.skipped:
        yield Text(f"skipped {one.file}: {one.reason}", "yellow")
    if found.ended:
        what = "a process" if found.ended == 1 else f"{found.ended} processes"
        yield Text(f"removed the file of {what} that had ended", "dim")


def detail(row: Process) -> RenderableType:
    """One process, by its operations, its cache tiers and its indicators."""
    head = Text(f"{row.pid} {row.kind} {row.name}".rstrip(), "bold")
    head.append(f"  up {duration(row.running)}, idle {duration(row.idle)}", "default")
    parts: list[RenderableType] = [head]
    levels = ", ".join(f"{level} {count:,}" for level, count in row.levels.items())
    if levels:
        parts.append(Text(f"  requests by level: {levels}"))
    parts += [
        Text(f"  {name} {value}: {band}", BANDS.get(band, "default"))
        for name, value, band in row.indicators
    ]
    if row.operations:
        parts.append(_operations(row))
    return Group(*parts)


def _operations(row: Process) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    heads = ("  ms", "times", "errors", "mean", "p50", "p95", "p99")
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=True)
    for one in row.operations:
        times = (_milliseconds(value) for value in (one.mean, one.p50, one.p95, one.p99))
        table.add_row(f"  {one.name}", amount(one.count), amount(one.errors), *times)
    return table


def _head(total: Total, clock: str) -> Text:
    saved = 1 - total.after / total.before if total.before else 0.0
    text = Text()
    if clock:
        text.append(f"{clock}  ", "dim")
    text.append(f"{total.processes} running", "bold")
    text.append(f"  {amount(total.requests)} requests")
    text.append(f"  {amount(total.before)} → {amount(total.after)} tokens")
    text.append(f", {saved:.0%} saved", "green" if saved else "default")
    if total.errors:
        text.append(f"  {amount(total.errors)} errors", "red")
    return text


def _table(rows: Sequence[Process], width: int) -> Table:
    """Where there is no room for all, names are cut, and nothing else."""
    chosen = [column for column in COLUMNS if width >= WIDE or not column.wide]
    cells = [[_text(column.cell(row)) for row in rows] for column in chosen]
    widths = [
        max(len(column.head), *map(len, column_cells))
        for column, column_cells in zip(chosen, cells, strict=True)
    ]
    place = chosen.index(NAME)
    others = sum(widths) - widths[place] + len(chosen)
    widths[place] = max(min(widths[place], width - others), len(NAME.head))
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for column, wide in zip(chosen, widths, strict=True):
        table.add_column(
            column.head, justify=column.justify, no_wrap=True, overflow="ellipsis", width=wide
        )
    for row_cells in zip(*cells, strict=True):
        table.add_row(*row_cells)
    return table


def _text(cell: Text | str) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _level(row: Process) -> Text:
    if not row.level:
        return Text("-", "dim")
    return Text(f"{row.level} {row.utilization:.0%}", LEVELS.get(row.level, "default"))


def _meter(row: Process) -> Text:
    filled = min(round(CELLS * row.utilization), CELLS)
    text = Text("█" * filled, LEVELS.get(row.level, "default"))
    return text.append("░" * (CELLS - filled), "bright_black")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _times(row: Process) -> str:
    if row.p50 is None or row.p95 is None:
        return "-"
    return f"{_milliseconds(row.p50)}/{_milliseconds(row.p95)}"


def _milliseconds(seconds: float) -> str:
    """From a second on in seconds."""
    value, unit = (THOUSAND * seconds, "") if seconds < 1 else (seconds, "s")
    return f"{value:.1f}{unit}" if value < TEN else f"{value:,.0f}{unit}"


def _errors(row: Process) -> Text:
    return Text(amount(row.errors), "red" if row.errors else "default")


def amount(number: float) -> str:
    """A count in at most five characters."""
    value, suffixes = float(number), iter(("", "k", "M", "G", "T"))
    suffix = next(suffixes)
    while value >= THOUSAND - 0.5 and (following := next(suffixes, "")):
        value, suffix = value / THOUSAND, following
    return f"{value:.0f}{suffix}" if not suffix or value >= TEN else f"{value:.1f}{suffix}"


def duration(seconds: float) -> str:
    """In its two largest units."""
    whole = int(seconds)
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days}d{hours}h"
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{whole % 60:02}s" if minutes else f"{whole}s"


NAME = Column("works on", lambda row: row.name or "-", justify="left")

COLUMNS = (
    Column("pid", lambda row: str(row.pid)),
    Column("kind", lambda row: row.kind, justify="left"),
    NAME,
    Column("up", lambda row: duration(row.running), wide=True),
    Column("idle", lambda row: duration(row.idle), wide=True),
    Column("window", _meter, wide=True, justify="left"),
    Column("level", _level, justify="left"),
    Column("reqs", lambda row: amount(row.requests), wide=True),
    Column("in", lambda row: amount(row.before)),
    Column("out", lambda row: amount(row.after)),
    Column("saved", lambda row: f"{row.saved:.0%}", wide=True),
    Column("cond", lambda row: amount(row.condensed)),
    Column("reuse", lambda row: _share(row.reuse)),
    Column("hits", lambda row: _share(row.hits)),
    Column("p50/p95 ms", _times),
    Column("err", _errors),
    Column("MB", lambda row: f"{row.memory:,.0f}", wide=True),
)

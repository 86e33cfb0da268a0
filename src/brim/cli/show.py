"""How commands print: JSON for programs, tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click

__all__ = ["LEVELS", "print_json", "print_table"]

LEVELS: Mapping[str, str] = {
    "ok": "green",
    "caution": "yellow",
    "warning": "yellow",
    "critical": "red",
    "overflow": "red",
}
"""The colors of how full a window is."""


def print_json(value: Sequence[object] | Mapping[str, object]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Cells are plain text: markup in them is shown as it stands. Where room is scarce, words are
    broken last."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    lines, console = [*rows], Console()
    table = Table(*columns, box=SIMPLE, show_edge=False, pad_edge=False)
    widths = [_longest_word(cells) + 3 for cells in zip(columns, *lines, strict=True)]
    for number, column in enumerate(table.columns):
        column.overflow = "fold"
        if sum(widths) <= console.width:
            column.min_width = widths[number] - 3
    table.columns[0].no_wrap = True
    for line in lines:
        table.add_row(*map(Text, line))
    console.print(table)
    console.print()


def _longest_word(cells: Iterable[str]) -> int:
    return max(len(word) for cell in cells for word in cell.split() or [""])

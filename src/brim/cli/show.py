"""How commands print: JSON for programs, tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click

__all__ = ["print_json", "print_table"]


def print_json(value: Sequence[object] | Mapping[str, object]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Cells are plain text: markup in them is shown as it stands."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)

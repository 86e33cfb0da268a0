"""`brim config`: each setting, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from brim.cli.context import state_of

if TYPE_CHECKING:
    from brim.settings.describe import Entry

__all__ = ["command"]


@click.command(name="config")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Show each setting and where it came from.

    Secrets are not shown. A plugin's settings are listed where a source gives them;
    its defaults stand with the plugin.
    """
    from brim.settings.describe import entries

    found = entries(state_of(ctx).settings())
    if as_json:
        click.echo(_json({entry.key: _facts(entry) for entry in found}, indent=2))
    else:
        _print_table(found)


def _facts(entry: Entry) -> dict[str, object]:
    return {"value": entry.value, "origin": entry.origin}


def _json(value: object, indent: int | None = None) -> str:
    import json

    return json.dumps(value, indent=indent, ensure_ascii=False, default=str)


def _print_table(found: Sequence[Entry]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("origin", overflow="fold")
    for entry in found:
        value = "" if entry.value is None else _json(entry.value)
        style = "dim" if entry.origin == "default" else ""
        table.add_row(*map(Text, (entry.key, value, entry.origin)), style=style)
    Console().print(table)

"""`brim stats`: what the running loops and proxies have done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from brim.store.running import Found

__all__ = ["command"]


@click.command(name="stats")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Show what the running loops and proxies of this machine have done.

    Figures count from the start of each process of this user, and are as of a second after its
    last operation. With monitor.publish = "on" every program that uses Brim is here, with "off"
    none.
    """
    from brim.cli.running import looked_up
    from brim.cli.show import print_json

    found = looked_up()
    if as_json:
        print_json(_plain(found))
    else:
        _show(found)


def _plain(found: Found) -> Mapping[str, object]:
    from attrs import asdict
    from msgspec.structs import asdict as fields

    return {
        "running": [fields(one) for one in found.running],
        "skipped": [asdict(one) for one in found.skipped],
        "ended": found.ended,
    }


def _show(found: Found) -> None:
    from rich.console import Console

    from brim.cli.running import processes
    from brim.cli.running_view import detail, skipped_lines, view

    console, rows = Console(), processes(found, time.time())
    console.print(view(rows, console.width))
    for row in rows:
        console.print()
        console.print(detail(row))
    for line in skipped_lines(found):
        console.print(line)

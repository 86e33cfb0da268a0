"""`brim top`: running loops and proxies, live."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["command"]


@click.command(name="top")
@click.option("--once", is_flag=True, help="Show one picture and stop.")
@click.option(
    "--every",
    type=click.FloatRange(0.1, 3_600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between two pictures.",
)
def command(once: bool, every: float) -> None:
    """Watch the running loops and proxies of this machine.

    Tokens as they came in and went out, the level of the last request, condensations, the share
    of a request that the next one began with, look-ups answered from memory, Brim's own time for
    a request, and errors. They write their figures a second after each operation; Ctrl-C ends it.
    Where the output is no terminal there is one picture. `brim stats` tells more of each.
    """
    from rich.console import Console

    console = Console()
    if once or not sys.stdout.isatty():
        console.print(_picture(console, ""))
        return
    _live(console, every)


def _picture(console: Console, clock: str) -> RenderableType:
    from rich.console import Group

    from brim.cli.running import looked_up, processes
    from brim.cli.running_view import skipped_lines, view

    found = looked_up()
    rows = processes(found, time.time())
    return Group(view(rows, console.width, clock), *skipped_lines(found))


def _live(console: Console, every: float) -> None:
    from contextlib import suppress

    from rich.live import Live

    with (
        suppress(KeyboardInterrupt),
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while True:
            live.update(_picture(console, time.strftime("%H:%M:%S")), refresh=True)
            time.sleep(every)

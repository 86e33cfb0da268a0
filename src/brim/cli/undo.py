"""`brim undo`: keep what was condensed."""

from __future__ import annotations

import click

from brim.cli.context import state_of
from brim.cli.expand import whose

__all__ = ["command"]


@click.command(name="undo")
@click.argument("handle")
@click.option("--line", default=1, metavar="N", help="The line of the file it came from; 1.")
@click.option("--tenant", metavar="T", help="The tenant of a program's conversation.")
@click.option("--redo", is_flag=True, help="Allow it to be condensed again.")
@click.pass_context
def command(ctx: click.Context, handle: str, line: int, tenant: str | None, redo: bool) -> None:
    """Bring back the original of a handle: later fits of its conversation keep it.

    Where it does not fit, the next fit says so and how many tokens it takes.
    """
    brim = state_of(ctx).brim()
    change = brim.redo if redo else brim.undo
    original = change(handle, whose(line, tenant))
    what = "may be condensed again" if redo else "stays from now on"
    click.echo(f"{original.handle}: {len(original.messages):,} messages, {what}")

"""`brim expand`: the original that a handle stands for."""

from __future__ import annotations

import click

from brim.cli.context import state_of
from brim.cli.fitting import tenant_of
from brim.cli.show import print_json

__all__ = ["command", "whose"]


def whose(line: int, tenant: str | None) -> str:
    """The tenant that is meant; commands keep the lines of a file apart."""
    return tenant_of(line) if tenant is None else tenant


@click.command(name="expand")
@click.argument("handle")
@click.option("--line", default=1, metavar="N", help="The line of the file it came from; 1.")
@click.option("--tenant", metavar="T", help="The tenant of a program's conversation.")
@click.option("--json", "as_json", is_flag=True, help="Print the messages as they were, as JSON.")
@click.pass_context
def command(ctx: click.Context, handle: str, line: int, tenant: str | None, as_json: bool) -> None:
    """Show the original that the handle of a note or mark stands for.

    Originals of `brim fit` and `brim diff` are kept for seven days; `brim archive stats` tells
    where. What a program condensed is found under its tenant; `--tenant ""` is that of a
    program without any.
    """
    original = state_of(ctx).brim().expand(handle, whose(line, tenant))
    if as_json:
        facts = {"handle": original.handle, "kind": original.kind, "places": original.places}
        print_json({**facts, "messages": original.messages, "text": original.text})
        return
    where = ", ".join(map(str, original.places[:1])) or "?"
    last = f"-{original.places[-1]}" if len(original.places) > 1 else ""
    click.echo(f"{original.kind}: {len(original.messages):,} messages, {where}{last}\n", err=True)
    click.echo(original.text.encode("utf-8", "backslashreplace").decode())

"""`brim diff`: what a fit keeps, leaves out, replaces and shortens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from brim.cli.context import state_of
from brim.cli.files import Entry, read_entries
from brim.cli.fitting import tenant_of
from brim.cli.output import atomic_output
from brim.cli.show import print_json
from brim.cli.shown import Shown
from brim.cli.tokens import TOKENS
from brim.errors import BrimError, UnknownDialect

if TYPE_CHECKING:
    from brim.road.brim import Brim

__all__ = ["command"]


@click.command(name="diff")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option("--budget", type=TOKENS, metavar="N", help="Input tokens, as 8000 or 8k.")
@click.option("--dialect", metavar="D", help="The wire format; recognized where not given.")
@click.option("--strategy", multiple=True, metavar="S", help="Use this strategy; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page that needs no other file.",
)
@click.option("--full", is_flag=True, help="Show long texts and what was kept whole.")
@click.pass_context
def command(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    file: str,
    model: str | None,
    budget: int | None,
    dialect: str | None,
    strategy: tuple[str, ...],
    as_json: bool,
    html: Path | None,
    full: bool,
) -> None:
    """Show what a fit of the conversations in FILE keeps, leaves out, replaces and shortens.

    FILE is a JSON list of messages, a request object, JSON lines of either (also .gz), or -
    for standard input. `brim expand HANDLE` shows an original afterwards, `brim undo HANDLE` keeps
    it. Exits 1 when a conversation does not fit.
    """
    brim = state_of(ctx).brim({"strategies": strategy} if strategy else {})
    options = {"model": model, "dialect": dialect}
    shown = [_shown(brim, entry, budget, options) for entry in read_entries(file)]
    if html is not None:
        from brim.cli.diff_page import page

        with atomic_output(html) as stream:
            stream.write(page(shown).encode("utf-8", "backslashreplace"))
    if as_json:
        print_json([one.as_dict() for one in shown])
    elif html is None:
        from brim.cli.diff_view import show

        show(shown, full)
    ctx.exit(0 if shown and all(one.error is None for one in shown) else 1)


def _shown(brim: Brim, entry: Entry, budget: int | None, options: dict[str, str | None]) -> Shown:
    if entry.error is not None:
        return Shown(entry.line, error=entry.error)
    try:
        fitted = brim.fit(entry.raw, budget=budget, tenant=tenant_of(entry.line), **options)
    except UnknownDialect:
        raise
    except BrimError as error:
        return Shown(entry.line, error=str(error))
    return Shown(entry.line, fitted.diff(), fitted.report)

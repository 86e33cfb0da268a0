"""`brim bench`: guards for the speed and the memory of Brim itself."""

from __future__ import annotations

import click

from brim.cli.bench_loops import leak, load, memory
from brim.cli.bench_options import as_json_option
from brim.cli.bench_regress import regress
from brim.cli.context import state_of
from brim.cli.show import print_json

__all__ = ["command"]


@click.group(name="bench")
def command() -> None:
    """Guard Brim's speed and memory: regressions, leaks, load.

    Nothing is sent to a model: where one is needed, one answers that costs nothing.
    """


@command.command(name="cache-size")
@click.option(
    "--requests-per-minute",
    "requests",
    type=click.IntRange(min=0),
    required=True,
    metavar="R",
    help="Requests that this process serves a minute.",
)
@click.option(
    "--message-length",
    "length",
    type=click.IntRange(min=1),
    required=True,
    metavar="L",
    help="Mean length of their messages, in characters.",
)
@as_json_option
@click.pass_context
def cache_size(ctx: click.Context, requests: int, length: int, as_json: bool) -> None:
    """Recommend how many texts the counting memo should hold.

    A tenth of the requests a minute, from 100 to 2,000, times the mean length in thousands of
    characters, at most 2.
    """
    from brim.settings.guides import recommended_memo

    entries = recommended_memo(requests, length)
    settings = state_of(ctx).settings()
    now, origin = settings.counting.memo, settings.origin("counting.memo")
    if as_json:
        print_json({"recommended": entries, "configured": now, "origin": origin})
        return
    click.echo(f"{entries:,} texts; counting.memo is {now:,} ({origin})")
    if now < entries:
        click.echo(f"\n[counting]\nmemo = {entries}")
    else:
        click.echo("that is enough; a smaller one would only save memory")


for _one in (regress, leak, load, memory):
    command.add_command(_one)

"""`brim plugins trace`: which implementation is called, in which order, to what effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from attrs import asdict

from brim.cli.context import state_of
from brim.cli.files import place, read_entries
from brim.cli.show import print_json, print_table
from brim.cli.tokens import TOKENS
from brim.errors import BrimError

if TYPE_CHECKING:
    from brim.kernel.turns import Step

__all__ = ["trace"]

SAMPLE = [
    {"role": role, "content": f"Message {number} of a conversation that is made to be condensed."}
    for number in range(20)
    for role in ("user", "assistant")
]
SAMPLE_MODEL, SAMPLE_BUDGET = "gpt-4o", 300


@click.command()
@click.argument(
    "source", metavar="[INPUT]", required=False, type=click.Path(exists=True, allow_dash=True)
)
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option("--budget", type=TOKENS, metavar="N", help="Input tokens, as 8000 or 8k.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def trace(
    ctx: click.Context, source: str | None, model: str | None, budget: int | None, as_json: bool
) -> None:
    """Fit INPUT and show every call of a plugin: hook, plugin, time, outcome.

    INPUT is as for `brim fit`; without it a small conversation is condensed. Exits 1 when
    a conversation could not be fitted.
    """
    brim = state_of(ctx).brim()
    steps: list[Step] = []
    brim.host.calls.trace = steps.append
    failed = False
    for conversation in _conversations(source):
        try:
            brim.fit(
                conversation,
                model=model or (None if source else SAMPLE_MODEL),
                budget=budget or (None if source else SAMPLE_BUDGET),
            )
        except BrimError as error:
            failed = True
            click.echo(f"brim: {error}", err=True)
    if as_json:
        print_json([asdict(step) for step in steps])
    else:
        print_table(("hook", "plugin", "ms", "outcome"), map(_row, steps))
    ctx.exit(1 if failed else 0)


def _conversations(source: str | None) -> Iterator[object]:
    if source is None:
        yield SAMPLE
        return
    for entry in read_entries(source):
        if entry.error is not None:
            raise BrimError(f"{place(source, entry.line)}: {entry.error}")
        yield entry.raw


def _row(step: Step) -> tuple[str, ...]:
    return step.hook, step.plugin, f"{step.seconds * 1000:.3f}", step.outcome

"""`brim plugins`: what is installed, whether it keeps its contract, what it is called for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from brim.cli.context import State, state_of
from brim.cli.scaffold import new
from brim.cli.show import print_json, print_table
from brim.cli.trace import trace
from brim.errors import BrimError

if TYPE_CHECKING:
    from brim.kernel.host import PluginStatus

__all__ = ["command"]

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(name="plugins")
def command() -> None:
    """List, check and trace plugins."""


@command.command(name="list")
@as_json
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show every plugin, and why one is not active."""
    statuses = state_of(ctx).host(insist=False).statuses()
    if as_json:
        print_json([_facts(status) for status in statuses])
    else:
        print_table(
            ("name", "from", "hooks", "order", "state"),
            [_row(status) for status in statuses],
        )


@command.command()
@click.argument("target", required=False)
@as_json
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=25,
    show_default=True,
    help="Examples for each law.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    help="Time for all laws of one plugin.",
)
@click.option("--live", is_flag=True, help="Also try laws that may ask a model, for money.")
@click.pass_context
def check(ctx: click.Context, /, target: str | None, as_json: bool, **limits: Any) -> None:
    """Check that all plugins keep their contract and that settings fit them.

    With TARGET, a .py file, the folder of a project, or the name of an installed plugin or
    distribution: try every law of its hooks on generated examples, with its section of the
    settings, and look at its metadata. This needs pytest and Hypothesis.

    Exits 1 when something is wrong, 2 when nothing could be checked.
    """
    if target is not None:
        from brim.authoring.laws import Limits
        from brim.cli.vet import vet

        ctx.exit(vet(state_of(ctx), target, Limits(**limits), as_json))
    problems, statuses = _checked(state_of(ctx))
    if as_json:
        answer = {"ok": not problems, "problems": [*map(str, problems)]}
        print_json({**answer, "plugins": [*map(_facts, statuses)]})
    else:
        for problem in problems:
            click.echo(str(problem))
        wrong = f"{len(problems)} wrong" if problems else "nothing wrong"
        click.echo(f"{len(statuses)} plugins, {wrong}")
    ctx.exit(1 if problems else 0)


def _checked(state: State) -> tuple[Sequence[BrimError], Sequence[PluginStatus]]:
    try:
        host = state.host(insist=False)
    except BrimError as error:
        return [error], ()
    return host.problems, host.statuses()


def _facts(status: PluginStatus) -> dict[str, object]:
    import attrs

    return {**attrs.asdict(status), "active": status.active}


def _row(status: PluginStatus) -> tuple[str, ...]:
    why = f"{status.state}: {status.reason}" if status.reason else status.state
    order = str(status.order) if status.order else ""
    source = f"{status.distribution or status.origin} {status.version}".rstrip()
    return status.name, source, "\n".join(status.hooks), order, why


command.add_command(new)
command.add_command(trace)

"""`brim compare`: every strategy side by side on the same conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brim.cli.budgets import BUDGET
from brim.cli.context import State, state_of
from brim.cli.files import Entry, read_entries
from brim.cli.output import atomic_output
from brim.cli.progress import progress
from brim.cli.show import print_json
from brim.compare.figures import Budget, Compared
from brim.compare.measure import Subject, compare
from brim.errors import BrimError, UnknownDialect

if TYPE_CHECKING:
    from brim.road.brim import Brim

__all__ = ["command"]

AUTO = "auto"
USUAL = tuple(Budget(f"{share}%", share=share / 100) for share in (10, 25, 50))
APART: Mapping[str, object] = {"caches": (), "archive": {"where": "off"}}
"""A comparison neither uses nor leaves anything behind."""


@click.command(name="compare")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--budget",
    "budgets",
    type=BUDGET,
    multiple=True,
    metavar="N",
    help="Tokens, as 8k, or a share of what can be condensed, as 25%. May be repeated; "
    "10%, 25% and 50% if not given.",
)
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option("--dialect", metavar="D", help="The wire format; recognized where not given.")
@click.option(
    "--strategies", metavar="A,B", help="Only these, with commas between; all if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with plots that needs no other file.",
)
@click.pass_context
def command(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    file: str,
    budgets: tuple[Budget, ...],
    model: str | None,
    dialect: str | None,
    strategies: str | None,
    as_json: bool,
    html: Path | None,
) -> None:
    """Compare all strategies on the conversations in FILE.

    Each strategy condenses every conversation at once and turn by turn, with the settings that
    a fit would have; `auto` is what a fit chooses by itself. Shown are tokens, survival of
    specifics, messages kept verbatim, prefix reuse while the conversation grows, time and
    validity. One that fails says why in its row.

    FILE is a JSON list of messages, a request object, JSON lines of either (also .gz), or -
    for standard input. Exits 1 when a conversation cannot be read.
    """
    state = state_of(ctx)
    names = _chosen(state, strategies)
    wanted = _different(budgets) or USUAL
    with progress(hidden=as_json) as tick:
        compared = list(_all(state, file, (names, wanted), (model, dialect), tick))
    if html is not None:
        from brim.compare.page import page

        with atomic_output(html) as stream:
            stream.write(page(compared, Path(file).name).encode())
    if as_json:
        print_json([one.as_dict() for one in compared])
    else:
        from brim.cli.compare_view import show

        show(compared)
        if html is not None:
            click.echo(f"wrote {html}")
    ctx.exit(0 if compared and not any(one.error for one in compared) else 1)


def _chosen(state: State, strategies: str | None) -> tuple[str, ...]:
    """`auto` and every strategy that is installed, or those named. Raises a usage error."""
    statuses = state.host().statuses()
    able = [one.name for one in statuses if "condense" in one.hooks and one.state != "disabled"]
    if strategies is None:
        return (AUTO, *able)
    named = tuple(dict.fromkeys(filter(None, map(str.strip, strategies.split(",")))))
    known = [AUTO, *able, *(one.name for one in statuses if one.state == "broken")]
    for name in named:
        if name not in known:
            from brim.settings.structure import did_you_mean

            problem = f"there is no strategy {name!r}; {did_you_mean(name, known)}"
            raise click.BadParameter(problem, param_hint="--strategies")
    if not named:
        raise click.BadParameter("it names no strategy", param_hint="--strategies")
    return named


def _different(budgets: Sequence[Budget]) -> tuple[Budget, ...]:
    """Each once, from the smallest."""
    once = {budget.label: budget for budget in budgets}
    return tuple(sorted(once.values(), key=lambda budget: (budget.tokens, budget.share)))


def _way(state: State, name: str) -> Brim | BrimError:
    try:
        return state.brim({**APART, "strategies": (name,)})
    except BrimError as error:
        return error


def _all(
    state: State,
    file: str,
    plan: tuple[Sequence[str], Sequence[Budget]],
    reading: tuple[str | None, str | None],
    tick: Callable[[int, str], None],
) -> Iterator[Compared]:
    names, budgets = plan
    ways = {name: _way(state, name) for name in names}
    broken = [way for way in ways.values() if isinstance(way, BrimError)]
    if len(broken) == len(ways):
        raise broken[0]
    entries = list(read_entries(file))
    tick(len(entries) * len(names) * len(budgets), "")
    for entry in entries:
        yield _compared(entry, reading, ways, budgets, tick)


def _compared(
    entry: Entry,
    reading: tuple[str | None, str | None],
    ways: Mapping[str, Brim | BrimError],
    budgets: Sequence[Budget],
    tick: Callable[[int, str], None],
) -> Compared:
    if entry.error is not None:
        return Compared(entry.line, entry.error)
    try:
        for found in compare(_subject(entry, *reading), ways, budgets):
            if isinstance(found, Compared):
                return found
            tick(0, f"line {entry.line}, {found.budget}, {found.strategy}")
    except UnknownDialect:
        raise
    except BrimError as error:
        return Compared(entry.line, str(error))
    raise AssertionError("a comparison ends with what was found")


def _subject(entry: Entry, model: str | None, dialect: str | None) -> Subject:
    held = entry.request[entry.key]
    messages = held if isinstance(held, list) else []
    return Subject(entry.line, entry.value, messages, entry.rebuilt, model, dialect)

"""`brim count`: how many tokens do these conversations take?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from attrs import frozen

from brim.cli.context import state_of
from brim.cli.files import Entry, place, read_entries
from brim.cli.show import print_json, print_table
from brim.errors import BrimError

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.road.tokens.report_count import CountReport

__all__ = ["command"]


@frozen
class Counted:
    """What became of one conversation: a report, or the error that says why there is none."""

    line: int
    report: CountReport | None
    error: str | None = None


@click.command(name="count")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option("--dialect", metavar="D", help="The wire format; recognized where not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context, file: str, model: str | None, dialect: str | None, as_json: bool
) -> None:
    """Count the tokens of the conversations in FILE.

    FILE is a JSON list of messages, a request object, JSON lines of either (also .gz), or -
    for standard input. Counts include what the provider adds around messages, tools and
    pictures; "at most" is the bound that the real count does not exceed.

    Exits 1 when a conversation cannot be read.
    """
    brim = state_of(ctx).brim()
    counted = [_counted(brim, entry, model, dialect) for entry in read_entries(file)]
    if as_json:
        print_json([_facts(one) for one in counted])
    else:
        _tell(counted, file)
    ctx.exit(0 if counted and not any(one.error for one in counted) else 1)


def _counted(brim: Brim, entry: Entry, model: str | None, dialect: str | None) -> Counted:
    if entry.error is not None:
        return Counted(entry.line, None, entry.error)
    try:
        return Counted(entry.line, brim.count(entry.value, model=model, dialect=dialect))
    except BrimError as error:
        return Counted(entry.line, None, str(error))


def _facts(one: Counted) -> dict[str, object]:
    report = one.report.as_dict() if one.report else {}
    return {"line": one.line, "error": one.error, **report}


def _tell(counted: list[Counted], file: str) -> None:
    for one in counted:
        if one.error:
            click.echo(f"{place(file, one.line)}: {one.error}", err=True)
    if len(counted) == 1 and counted[0].report:
        _tell_one(counted[0].report)
    elif len(counted) > 1:
        _tell_many(counted)


def _tell_one(report: CountReport) -> None:
    print_table(("role", "tokens", "share"), _shares(report))
    rows = zip(report.roles, report.per_message, strict=True)
    print_table(
        ("message", "role", "tokens"),
        [(str(place), role, f"{tokens:,}") for place, (role, tokens) in enumerate(rows)],
    )
    click.echo(_sentence(report))


def _shares(report: CountReport) -> Iterator[tuple[str, str, str]]:
    for role, tokens in report.per_role.items():
        yield role, f"{tokens:,}", f"{tokens / report.total:.1%}"


def _sentence(report: CountReport) -> str:
    by = f", counted by {report.method}" if report.method else ""
    guessed = "" if report.known else " (unknown model, counted with caution)"
    return (
        f"{report.total:,} tokens, at most {report.upper:,}: {report.utilization:.1%} of the "
        f"window of {report.model}, {report.window:,}{guessed}{by}"
    )


def _tell_many(counted: list[Counted]) -> None:
    reports = [(one.line, one.report) for one in counted if one.report]
    print_table(
        ("line", "messages", "tokens", "at most", "of the window"),
        [
            (
                str(line),
                f"{len(report.per_message):,}",
                f"{report.total:,}",
                f"{report.upper:,}",
                f"{report.utilization:.1%}",
            )
            for line, report in reports
        ],
    )
    total = sum(report.total for _, report in reports)
    failed = len(counted) - len(reports)
    click.echo(f"{len(reports):,} counted, {failed:,} not; {total:,} tokens")

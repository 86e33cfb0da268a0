"""`brim fit`: conversations in, the same conversations inside their budget out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from brim.cli.context import State, state_of
from brim.cli.files import is_lines, place, read_entries
from brim.cli.fitting import Order, Result, fit_entry
from brim.cli.output import atomic_output
from brim.cli.tokens import TOKENS, TOKENS_OR_NONE
from brim.settings.pins import pin_rule

if TYPE_CHECKING:
    pass

__all__ = ["command"]


FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command(name="fit")
@click.argument("source", metavar="INPUT", type=FILE)
@click.option("-o", "--output", metavar="OUT", help="Where to write; standard output if not given.")
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option("--budget", type=TOKENS, metavar="N", help="Input tokens, as 8000 or 8k.")
@click.option(
    "--reserve", type=TOKENS_OR_NONE, metavar="N", help="Tokens of the window for the answer."
)
@click.option("--dialect", metavar="D", help="The wire format; recognized where not given.")
@click.option("--strategy", multiple=True, metavar="S", help="Use this strategy; may be repeated.")
@click.option("--policy", metavar="P", help="The policy that decides when and how far.")
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="P",
    help="Keep role:user, message:0, or what contains this text; may be repeated.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, metavar="N", help="Processes.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@click.pass_context
def command(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    source: str,
    output: str | None,
    model: str | None,
    budget: int | None,
    reserve: int | None,
    dialect: str | None,
    strategy: tuple[str, ...],
    policy: str | None,
    pins: tuple[str, ...],
    jobs: int,
    as_json: bool,
) -> None:
    """Fit the conversations of INPUT into a budget of tokens.

    INPUT is a JSON list of messages, a request object, JSON lines of either (.jsonl, also .gz),
    or - for standard input. The output has the same shape and order; with --json it is only
    written where -o says. Lines that cannot be fitted are reported and left out.

    Exits 0 when all were fitted, 1 when some were infeasible or invalid, 2 on wrong use.
    """
    overrides: dict[str, object] = {}
    if strategy:
        overrides["strategies"] = strategy
    if policy:
        overrides["policy"] = policy
    if reserve is not None:
        overrides["budget"] = {"reserve": reserve}
    order = Order(model, budget, dialect, overrides, pins)
    _refuse_bad(pins)
    state = state_of(ctx)
    lines = is_lines(source)
    results: list[Result] = []
    with ExitStack() as stack:
        target = _target(stack, output, silent=as_json)
        for result in _shown(_fitted(state, order, source, jobs), show=lines):
            results.append(result if target is None else _without(result))
            if result.output is not None and target is not None:
                target.write(result.output + b"\n")
    _tell(results, source, as_json)
    ctx.exit(0 if results and all(result.good for result in results) else 1)


def _refuse_bad(pins: Iterable[str]) -> None:
    """A pin that means nothing is wrong for every conversation."""
    for line in pins:
        try:
            pin_rule(line)
        except ValueError as error:
            message = f"{line!r} is no pin: expected {error}"
            raise click.BadParameter(message, param_hint="--pin") from None


def _target(stack: ExitStack, output: str | None, *, silent: bool) -> IO[bytes] | None:
    if output is not None and output != "-":
        return stack.enter_context(atomic_output(Path(output)))
    return None if silent else sys.stdout.buffer


def _without(result: Result) -> Result:
    """The result without its output, which was written."""
    return Result(result.line, None, result.report, result.error)


def _fitted(state: State, order: Order, source: str, jobs: int) -> Iterator[Result]:
    entries = read_entries(source)
    brim = state.brim(order.overrides)
    if jobs > 1:
        from brim.cli.workers import fitted_in_processes

        return fitted_in_processes(brim.settings, order, entries, jobs)
    return (fit_entry(brim, order, entry) for entry in entries)


def _shown(results: Iterator[Result], *, show: bool) -> Iterable[Result]:
    """With a progress bar, where there are many lines and somebody looks."""
    if not show or not sys.stderr.isatty():
        return results
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,} conversations fitted"),
        TimeElapsedColumn(),
    )

    def watched() -> Iterator[Result]:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("fit", total=None)
            for result in results:
                progress.advance(task)
                yield result

    return watched()


def _tell(results: list[Result], source: str, as_json: bool) -> None:
    if as_json:
        import json

        told = [{"line": r.line, "error": r.error or None, **r.report} for r in results]
        click.echo(json.dumps(told, indent=2))
        return
    for result in results:
        if result.error:
            click.echo(f"{place(source, result.line)}: {result.error}", err=True)
        for violation in _violations(result):
            click.echo(f"{place(source, result.line)}: the input breaks {violation}", err=True)
    click.echo(_summary(results), err=True)


def _violations(result: Result) -> list[str]:
    found = result.report.get("violations")
    if not isinstance(found, list):
        return []
    return [f"rule {one['rule']}: {one['detail']}" for one in found]


def _summary(results: list[Result]) -> str:
    if len(results) == 1 and not results[0].error:
        return _sentence(results[0].report)
    fitted = [result.report for result in results if not result.error]
    changed = sum(bool(report["changed"]) for report in fitted)
    failed = len(results) - len(fitted)
    before = sum(int(str(report["tokens_before"])) for report in fitted)
    after = sum(int(str(report["tokens_after"])) for report in fitted)
    return (
        f"{len(fitted):,} fitted ({changed:,} changed), {failed:,} not; "
        f"{before:,} tokens came in, {after:,} go out"
    )


def _sentence(report: Mapping[str, object]) -> str:
    before, after, budget = (report[key] for key in ("tokens_before", "tokens_after", "budget"))
    if not report["changed"]:
        return f"{before:,} of {budget:,} tokens: nothing had to change"
    names = ", ".join(map(str, report["strategies"])) or "what must stay alone"  # type: ignore[call-overload]
    kept = f"{report['messages_after']:,} of {report['messages_before']:,} messages"
    return f"{before:,} -> {after:,} of {budget:,} tokens, {kept} ({names})"

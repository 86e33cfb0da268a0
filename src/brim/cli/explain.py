"""`brim explain`: what a fit would do, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click
from attrs import frozen

from brim.cli.context import state_of
from brim.cli.files import Entry, read_entries
from brim.cli.fitting import tenant_of
from brim.cli.show import print_json
from brim.cli.tokens import TOKENS
from brim.errors import BrimError, BudgetInfeasible, UnknownDialect

if TYPE_CHECKING:
    from brim.road.brim import Brim
    from brim.road.reports.explain import Explanation
    from brim.road.tokens.report_count import CountReport

__all__ = ["Explained", "command"]


@frozen
class Explained:
    """One conversation: its explanation, or why there is none.

    When the budget is too small, `counted` tells where its tokens are.
    """

    line: int
    explanation: Explanation | None = None
    error: BrimError | str | None = None
    counted: CountReport | None = None

    def as_dict(self) -> dict[str, object]:
        facts: dict[str, object] = {"line": self.line, "error": None}
        if self.explanation is not None:
            return {**facts, **self.explanation.as_dict()}
        facts["error"] = str(self.error)
        if isinstance(self.error, BudgetInfeasible):
            facts |= {"minimum": self.error.minimum, "budget": self.error.budget}
        if self.counted is not None:
            facts["counted"] = self.counted.as_dict()
        return facts


@click.command(name="explain")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--model", metavar="M", help="The model; where not given, the request's own.")
@click.option("--budget", type=TOKENS, metavar="N", help="Input tokens, as 8000 or 8k.")
@click.option("--dialect", metavar="D", help="The wire format; recognized where not given.")
@click.option("--strategy", multiple=True, metavar="S", help="Use this strategy; may be repeated.")
@click.option("--policy", metavar="P", help="The policy that decides when and how far.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(  # noqa: PLR0917  click passes every option by name
    ctx: click.Context,
    file: str,
    model: str | None,
    budget: int | None,
    dialect: str | None,
    strategy: tuple[str, ...],
    policy: str | None,
    as_json: bool,
) -> None:
    """Show what a fit of the conversations in FILE would do, and why.

    FILE is a JSON list of messages, a request object, JSON lines of either (also .gz), or -
    for standard input. Only originals are kept, as by `brim fit`. Exits 1 when a conversation
    does not fit or breaks a rule of its provider.
    """
    overrides: dict[str, object] = {"strategies": strategy} if strategy else {}
    if policy:
        overrides["policy"] = policy
    brim = state_of(ctx).brim(overrides)
    options = {"model": model, "dialect": dialect}
    explained = [_explained(brim, entry, budget, options) for entry in read_entries(file)]
    if as_json:
        print_json([one.as_dict() for one in explained])
    else:
        _show(explained)
    ctx.exit(0 if explained and all(map(_good, explained)) else 1)


def _explained(
    brim: Brim, entry: Entry, budget: int | None, options: Mapping[str, str | None]
) -> Explained:
    if entry.error is not None:
        return Explained(entry.line, error=entry.error)
    try:
        fitted = brim.fit(entry.raw, budget=budget, tenant=tenant_of(entry.line), **options)
        return Explained(entry.line, fitted.explain())
    except BudgetInfeasible as error:
        return Explained(entry.line, error=error, counted=brim.count(entry.raw, **options))
    except UnknownDialect:
        raise
    except BrimError as error:
        return Explained(entry.line, error=error)


def _good(one: Explained) -> bool:
    return one.explanation is not None and not one.explanation.report.input_violations


def _show(explained: list[Explained]) -> None:
    from rich.console import Console

    from brim.cli.explain_view import error_view, view

    console = Console()
    for one in explained:
        if len(explained) > 1:
            console.rule(f"line {one.line}", align="left", style="dim")
        if one.explanation is not None:
            console.print(view(one.explanation))
        else:
            console.print(error_view(one.error, one.counted))

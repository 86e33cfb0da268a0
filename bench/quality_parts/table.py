"""The figures as tables, and as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from attrs import asdict, evolve, frozen
from rich.console import Console
from rich.table import Table

from quality_parts.measures import Beside, Tally
from quality_parts.sides import BASELINES
from quality_parts.statistics import Estimate, difference, rate

WIDTH = 118

__all__ = ["Result", "as_dict", "markdown", "results", "show", "show_compactions"]


@frozen
class Result:
    """One side at one share. `gain` is over `best`, the baseline that keeps most; `reached` the
    share of the tokens that is really left; `cpu` seconds for 100,000 tokens condensed."""

    measure: str
    share: float
    side: str
    kept: Estimate
    strict: Estimate
    reached: float
    cpu: float | None = None
    best: str = ""
    gain: Estimate | None = None
    asked: int = 0
    conversations: int = 0
    strategies: Mapping[str, int] | None = None


def results(measure: str, share: float, tallies: Mapping[str, Tally]) -> list[Result]:
    """Rates, intervals, and our gain over the best baseline."""
    kept = {name: rate(tally.kept) for name, tally in tallies.items()}
    best = max((name for name in tallies if name in BASELINES), key=lambda name: kept[name].value)
    plain = [
        Result(
            measure,
            share,
            name,
            kept[name],
            rate(tally.strict),
            tally.size / tally.body,
            asked=sum(asked for _, asked in tally.kept.values()),
            conversations=len(tally.kept),
        )
        for name, tally in tallies.items()
    ]
    return [
        one if one.side in BASELINES else _with_gain(one, tallies[one.side], tallies[best], best)
        for one in plain
    ]


def _with_gain(result: Result, tally: Tally, rival: Tally, best: str) -> Result:
    return evolve(
        result,
        cpu=1e5 * tally.seconds / tally.body,
        best=best,
        gain=difference(tally.kept, rival.kept),
        strategies=dict(tally.strategies),
    )


def as_dict(half: str, found: Sequence[Result], compactions: Sequence[Beside]) -> dict[str, object]:
    return {
        "half": half,
        "measures": [asdict(result) for result in found],
        "compactions": [asdict(one) for one in compactions],
    }


def show(found: Sequence[Result], half: str) -> None:
    console = Console(width=WIDTH)
    for (measure, share), group in groupby(found, key=lambda one: (one.measure, one.share)):
        rows = list(group)
        first = rows[0]
        best = next((row.best for row in rows if row.best), "")
        console.print(f"\n[bold]{measure}, {share:.0%} of the tokens[/]")
        console.print(f"{half}: {first.conversations} conversations, {first.asked:,} asked")
        table = Table("side", "kept %", "headers not counted", "left", "CPU s", f"over {best}")
        for row in rows:
            table.add_row(*_cells(row))
        console.print(table)


def _cells(row: Result) -> tuple[str, ...]:
    cpu = "" if row.cpu is None else f"{row.cpu:.2f}"
    gain = f"{row.gain}" if row.gain else ""
    return row.side, str(row.kept), str(row.strict), f"{row.reached:.1%}", cpu, gain


def markdown(found: Sequence[Result], sides: Sequence[Beside]) -> str:
    """All that is measured as tables of Markdown, one column for each share."""
    blocks: list[str] = []
    for measure, group in groupby(found, key=lambda one: one.measure):
        rows = list(group)
        shares = list(dict.fromkeys(row.share for row in rows))
        titles = [f"{measure}", *(f"{share:.0%}" for share in shares)]
        lines = [_line(titles), _line(["---"] * len(titles))]
        for side in dict.fromkeys(row.side for row in rows):
            mine = {row.share: row for row in rows if row.side == side}
            lines.append(_line([side, *(str(mine[share].kept) for share in shares)]))
            if mine[shares[0]].gain:
                gains = (f"{row.gain} ({row.best})" for row in mine.values())
                lines.append(_line([f"{side}, over the best baseline", *gains]))
                costs = (f"{row.cpu:.2f}" for row in mine.values())
                lines.append(_line([f"{side}, CPU s for 100k tokens", *costs]))
        blocks.append("\n".join(lines))
    lines = [_line(["compaction", "tokens", "occur", "bound", "needed"]), _line(["---"] * 5)]
    for one in sides:
        shares_kept = (f"{100 * share:.1f}" for share in (one.occur, one.bound, one.needed))
        lines.append(_line([f"{one.session}: {one.side}", f"{one.tokens:,}", *shares_kept]))
    return "\n\n".join([*blocks, *(["\n".join(lines)] if sides else [])])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def show_compactions(sides: Sequence[Beside]) -> None:
    console = Console(width=WIDTH)
    for session, group in groupby(sides, key=lambda one: one.session):
        rows = list(group)
        first = rows[0]
        console.print(f"\n[bold]Compaction of {session}[/]")
        console.print(f"{first.specifics:,} specifics came before, {first.needs} are needed later")
        table = Table("side", "tokens", "occur", "bound", "needed and bound")
        for row in rows:
            shares = (f"{share:.1%}" for share in (row.occur, row.bound, row.needed))
            table.add_row(row.side, f"{row.tokens:,}", *shares)
        console.print(table)

"""A comparison on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from brim.compare.figures import Compared, Mean, means

__all__ = ["show"]

COLUMNS = ("tokens", "survival", "kept", "reuse", "time", "valid")


def show(compared: Sequence[Compared]) -> None:
    """A table for each budget, with means where there are several conversations."""
    console = Console()
    for one in compared:
        if one.error:
            console.print(Text(f"line {one.line}: {one.error}", style="red"))
    good = [one for one in compared if not one.error]
    found = means(good)
    console.print(Text(_headline(good), style="bold"), soft_wrap=True)
    for budget in dict.fromkeys(one.budget for one in found):
        console.print(_table(budget, [one for one in found if one.budget == budget], good))
    for remark in _remarks(good):
        console.print(Text(remark, style="dim"))


def _headline(good: Sequence[Compared]) -> str:
    tokens = sum(one.tokens for one in good)
    if len(good) == 1:
        return f"{good[0].messages:,} messages, {tokens:,} tokens, counted for {good[0].model}"
    return f"{len(good):,} conversations, {tokens:,} tokens; survival and times are means"


def _table(budget: str, found: Sequence[Mean], good: Sequence[Compared]) -> Table:
    limit = ""
    if len(good) == 1:
        limits = [trial.limit for trial in good[0].trials if trial.budget == budget]
        limit = f", {min(limits):,} tokens"
    table = Table(
        title=Text(f"budget {budget}{limit}"),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("strategy", overflow="fold")
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        table.add_row(*map(Text, _cells(one)))
    return table


def _cells(one: Mean) -> tuple[str, ...]:
    if not one.fitted:
        return (one.strategy, "failed", *[""] * 5)
    some = "" if one.fitted == one.of else f" ({one.fitted} of {one.of})"
    return (
        one.strategy + some,
        f"{one.tokens:,}",
        f"{one.survival:.0%}",
        f"{one.kept:.0%}",
        "" if one.reuse is None else f"{one.reuse:.1%}",
        f"{1_000 * one.seconds:,.0f} ms",
        "yes" if not one.invalid else f"{one.invalid} not",
    )


def _remarks(good: Sequence[Compared]) -> Iterator[str]:
    """Everything that must be known of a row, each text once with where it holds."""
    where: dict[tuple[str, str], dict[str, None]] = {}
    for one in good:
        for trial in one.trials:
            said = [trial.error] if trial.error else [*trial.broken, *trial.remarks]
            place = trial.budget if len(good) == 1 else f"line {one.line} at {trial.budget}"
            for text in said:
                where.setdefault((text, trial.strategy), {})[place] = None
    alike: dict[tuple[str, str], list[str]] = {}
    for (text, strategy), places in where.items():
        alike.setdefault((text, _some(list(places))), []).append(strategy)
    for (text, shown), strategies in alike.items():
        yield f"{', '.join(strategies)} ({shown}): {text}"


def _some(places: Sequence[str]) -> str:
    more = f" and {len(places) - 3:,} more" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more

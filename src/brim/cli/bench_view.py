"""What `brim bench` shows to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from brim.cli.show import print_table

if TYPE_CHECKING:
    from brim.bench.baseline import Change
    from brim.bench.holding import Held
    from brim.bench.leak import Growth
    from brim.bench.load import Served
    from brim.bench.paired import Interval

__all__ = ["show_changes", "show_growth", "show_held", "show_served"]

COLORS = {"slower": "bold red", "faster": "green", "unclear": "yellow"}


def show_changes(changes: Sequence[Change], against: bool, threshold: float) -> None:
    """A row for each operation; without a baseline only what it takes."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    table.add_column("operation", no_wrap=True)
    for title in ("CPU ms", "× reference", *(("was", "change") if against else ())):
        table.add_column(title, justify="right")
    if against:
        table.add_column("verdict", no_wrap=True)
    for one in changes:
        style = COLORS.get(one.verdict, "")
        table.add_row(*map(Text, _change(one, against)), style=style)
    Console().print(table)
    if against:
        click.echo(_said(changes, threshold))


def _change(one: Change, against: bool) -> Iterator[str]:
    yield one.name
    yield f"{one.milliseconds:.2f}"
    yield f"{one.ratio.median:.2f}" if against else _interval(one.ratio)
    if against:
        yield f"{one.before.median:.2f}" if one.before else "-"
        yield _percent(one.change) if one.change else "-"
        yield one.verdict


def _interval(one: Interval) -> str:
    return f"{one.median:.2f} ({one.low:.2f}–{one.high:.2f})"


def _percent(one: Interval) -> str:
    return f"{one.median:+.0%} ({one.low:+.0%} to {one.high:+.0%})"


def _said(changes: Sequence[Change], threshold: float) -> str:
    slower = [one.name for one in changes if one.verdict == "slower"]
    unclear = [one.name for one in changes if one.verdict == "unclear"]
    if slower:
        return f"slower by more than {threshold:g} %: {', '.join(slower)}"
    if unclear:
        names = ", ".join(unclear)
        return f"not surely slower by more than {threshold:g} %: {names}; try more --rounds"
    return f"nothing became slower by more than {threshold:g} %"


def show_growth(found: Growth) -> None:
    first, last = found.looks[0], found.looks[-1]
    rows = [
        ("resident memory", f"{first.resident:.1f}", f"{last.resident:.1f}", _mib(found.resident)),
        ("most in 100 iterations", "", "", _mib(found.steepest)),
        ("blocks in use", f"{first.blocks:,}", f"{last.blocks:,}", f"{found.blocks:+,}"),
    ]
    if found.lines:
        traced = (f"{first.traced:.1f}", f"{last.traced:.1f}", _mib(found.traced))
        rows.append(("traced allocations", *traced))
    print_table(("MiB", "after the warm-up", "at the end", "growth"), rows)
    if found.lines:
        lines = [(one.line, f"{one.kibibytes:+,.0f}", f"{one.blocks:+,}") for one in found.lines]
        print_table(("line that holds more", "KiB", "blocks"), lines)
    verdict = "leaks: more than" if found.leaks else "within"
    click.echo(f"{found.iterations:,} iterations: {verdict} the limit of {found.limit:g} MiB")


def _mib(value: float) -> str:
    return f"{value:+.1f}"


def show_served(found: Served) -> None:
    rows = [
        ("requests", f"{found.requests:,} of {found.users:,} users"),
        ("answered", f"{found.success_rate:.1%}"),
        *(("failed", f"{count:,} × {kind}") for kind, count in found.failed.items()),
        ("requests a second", f"{found.per_second:,.0f}"),
        ("for each second of CPU", f"{found.per_cpu_second:,.0f}"),
        ("response, mean", f"{found.mean:.2f} ms"),
        ("50 / 95 / 99 % within", f"{found.p50:.2f} / {found.p95:.2f} / {found.p99:.2f} ms"),
        ("shortest / longest", f"{found.shortest:.2f} / {found.longest:.2f} ms"),
        ("resident memory", f"{found.memory:.0f} MiB"),
    ]
    print_table(("load", ""), rows)


def show_held(found: Sequence[Held]) -> None:
    rows = [
        (
            f"{one.messages:,}",
            f"{one.text:,}",
            f"{one.held:,}",
            f"{one.ratio:.2f}",
            f"{one.remembered:,}",
        )
        for one in found
    ]
    titles = ("messages", "bytes of text", "held", "for a byte of text", "in caches")
    print_table(titles, rows)

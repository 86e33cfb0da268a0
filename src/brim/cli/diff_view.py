"""A diff on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from brim.cli.shown import Shown
    from brim.road.reports.diff import Change

__all__ = ["show"]

STYLES = {"kept": "dim", "left out": "red", "replaced": "yellow", "shortened": "cyan"}
LINES = 6
"""Lines shown at each end of a long text."""


def show(shown: Sequence[Shown], full: bool) -> None:
    """Print the diffs of all conversations."""
    console = Console()
    for one in shown:
        if len(shown) > 1:
            console.rule(f"line {one.line}", align="left", style="dim")
        if one.diff is None or one.report is None:
            console.print(Text(f"not fitted: {one.error}", style="red"))
            continue
        before, after = one.report.before.tokens, one.report.after.tokens
        console.print(Text(f"{before:,} tokens came in, {after:,} go out", style="bold"))
        for part in _parts(one.diff.changes, full):
            console.print(part)


def _parts(changes: Iterable[Change], full: bool) -> Iterator[Text | Padding]:
    for kept, group in groupby(changes, lambda change: change.kind == "kept"):
        run = list(group)
        if kept and not full:
            yield Text(f"@ {_where(run)} kept", style="dim")
            continue
        for change in run:
            yield from _change(change, full)


def _change(change: Change, full: bool) -> Iterator[Text | Padding]:
    title = Text(f"@ {_where([change])} ", style="dim")
    title.append(change.role or "several", style="bold")
    title.append(f" {change.kind}", style=STYLES[change.kind])
    if change.handle:
        title.append(f"  {change.handle}", style="bold")
    yield title
    if change.kind == "kept":
        yield _text(change.before, "  ", "dim", full)
        return
    yield _text(change.before, "- ", "red", full)
    if change.after:
        yield _text(change.after, "+ ", "green", full)


def _where(changes: Sequence[Change]) -> str:
    first, last = changes[0].places[0], changes[-1].places[-1]
    return f"message {first}" if first == last else f"messages {first}-{last}"


def _text(text: str, mark: str, style: str, full: bool) -> Padding:
    lines = text.splitlines()
    if not full and len(lines) > 2 * LINES + 1:
        hidden = f"... {len(lines) - 2 * LINES:,} lines more ..."
        lines = [*lines[:LINES], hidden, *lines[-LINES:]]
    whole = "\n".join(f"{mark}{_clean(line)}" for line in lines)
    return Padding(Text(whole, style=style, overflow="fold"), (0, 0, 0, 2))


def _clean(line: str) -> str:
    """Without what would steer the terminal, or cannot be written to it."""
    shown = "".join(
        one if one.isprintable() or one == "\t" else "\N{REPLACEMENT CHARACTER}" for one in line
    )
    return shown.expandtabs(4)

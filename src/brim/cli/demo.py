"""`brim demo`: watch a long conversation stay inside a small window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brim.cli.context import state_of
from brim.cli.output import atomic_output
from brim.cli.tokens import TOKENS

if TYPE_CHECKING:
    from rich.console import Console

    from brim.demo.replay import Frame
    from brim.demo.table import Summary

__all__ = ["command"]

SLOW = 0.08
"""Seconds between turns for those who want to read along."""


FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command("demo")
@click.option("--model", default="gpt-4o", show_default=True, help="Count for this model.")
@click.option("--window", type=TOKENS, default="16k", show_default=True, help="Size of the window.")
@click.option("--turns", type=click.IntRange(min=1), help="End after that many turns.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON, nothing else.")
@click.option("--report", type=FILE, help="Write a page with all figures.")
@click.option("--picture", type=FILE, help="Write the main figure as SVG.")
@click.option("--slow", is_flag=True, help="Pause at each turn, to read along.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    model: str,
    window: int,
    turns: int | None,
    as_json: bool,
    report: Path | None,
    picture: Path | None,
    slow: bool,
) -> None:
    """Replay a recorded agent conversation into a small window.

    The same conversation is sent in three ways: in full, its newest messages only, and
    through Brim. Needs no network and no model.
    """
    from brim.demo.replay import replay
    from brim.demo.screen import follow
    from brim.demo.table import summarize
    from brim.demo.wiring import parts_for

    recording, step, gauge = parts_for(state_of(ctx).brim(), model, window)
    coming = replay(recording, step, gauge, window, turns)
    frames = list(coming) if as_json else follow(coming, _console(), SLOW if slow else 0.0)
    summary = summarize(frames, model)
    _print(summary, as_json)
    _write(frames, summary, (report, picture), as_json)


def _console() -> Console:
    from rich.console import Console

    return Console()


def _print(summary: Summary, as_json: bool) -> None:
    if as_json:
        import msgspec

        data = msgspec.json.format(msgspec.json.encode(summary.as_dict()), indent=2)
        click.echo(data.decode())
        return
    from brim.demo.screen import summary_table

    _console().print(summary_table(summary))
    click.echo(
        f"{summary.turns} turns, {summary.conversation:,} tokens at the end, a window of "
        f"{summary.window:,}; Brim condensed {len(summary.condensations)} times."
    )


def _write(
    frames: Sequence[Frame],
    summary: Summary,
    targets: tuple[Path | None, Path | None],
    quiet: bool,
) -> None:
    """Write page and picture, where files are named for them."""
    from brim.demo.page import page
    from brim.demo.picture import picture

    report, drawing = targets
    texts: list[tuple[Path | None, Callable[[], str]]] = [
        (report, lambda: page(frames, summary)),
        (drawing, lambda: picture(frames)),
    ]
    for target, text in texts:
        if target is not None:
            with atomic_output(target) as file:
                file.write(text().encode())
            if not quiet:
                click.echo(f"wrote {target}")

"""`brim archive`: the originals of what was condensed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from brim.cli.context import state_of
from brim.cli.show import print_json

if TYPE_CHECKING:
    from pathlib import Path

    from brim.settings.schema import ArchiveSettings

__all__ = ["command"]


@click.group(name="archive")
def command() -> None:
    """Show and empty the archive of originals on disk."""


@command.command(name="stats")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def stats(ctx: click.Context, as_json: bool) -> None:
    """Show where the archive is and what it holds."""
    settings, path = _place(ctx)
    facts: dict[str, object] = {
        "where": settings.where,
        "path": str(path),
        "days": settings.ttl / 86_400,
    }
    facts |= {
        "originals": 0,
        "messages": 0,
        "undone": 0,
        "bytes": 0,
        "max_bytes": settings.max_bytes,
    }
    if path.exists():
        from brim.store.sqlite import open_store

        store = open_store(path)
        found = store.stats()
        store.close()
        facts |= {name: count for name, (count, _) in found.tables.items()}
        facts["bytes"] = found.size
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:<10} {value:,}" if isinstance(value, int) else f"{name:<10} {value}")


@command.command(name="purge")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def purge(ctx: click.Context, yes: bool) -> None:
    """Remove all originals, and all that was undone, and wipe their bytes."""
    _, path = _place(ctx)
    if not path.exists():
        click.echo(f"{path}: nothing is kept")
        return
    if not yes:
        click.confirm(f"remove all originals in {path}?", abort=True)
    from brim.store.sqlite import open_store

    store = open_store(path)
    removed = store.purge()
    store.close()
    click.echo(f"{path}: {removed:,} entries removed")


def _place(ctx: click.Context) -> tuple[ArchiveSettings, Path]:
    from brim.road.memory.archive import archive_path

    settings = state_of(ctx).settings().archive
    return settings, archive_path(settings)

"""`brim plugins new`: a whole distribution whose tests pass at once."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["new"]


@click.command()
@click.argument("name")
@click.option(
    "--hook",
    required=True,
    metavar="HOOK",
    help="What it implements: condense, count_tokens, should_trim, inject_context,"
    " monitor_operation, cache, model, dialect, complete, stream, embed, check_input or admit.",
)
@click.option(
    "--dir",
    "folder",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write it there; the folder must be new or empty. [default: ./brim-NAME]",
)
@click.option("--author", default="", metavar="NAME", help='"Name" or "Name <address>".')
def new(name: str, hook: str, folder: Path | None, author: str) -> None:
    """Write a new plugin called NAME.

    It is a complete distribution with a small plugin that works, and with tests that hold it
    to every law of its hook.
    """
    from brim.authoring.distribution import new_files, tree, write_new
    from brim.authoring.kinds import kind_of
    from brim.authoring.names import names_of, refuse_taken
    from brim.kernel.discover import installed

    names, kind = names_of(name), kind_of(hook)
    refuse_taken(names, installed())
    made = new_files(names, kind, author)
    folder = folder or Path(names.distribution)
    write_new(folder, made)
    click.echo(f"{folder}: {kind.summary}, called {names.plugin!r}")
    for path in tree(made):
        click.echo(f"  {path}")
    click.echo(f"Next:\n  cd {folder}\n  pip install -e . hypothesis pytest\n  pytest")

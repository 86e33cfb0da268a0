"""The command line. Each command's module is imported when the command is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from brim import __version__
from brim.cli.context import state_of
from brim.errors import BrimError

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS: Mapping[str, tuple[str, str]] = {
    "archive": (
        "brim.cli.archive:command",
        "Show and empty the archive of originals on disk.",
    ),
    "bench": (
        "brim.cli.bench:command",
        "Guard Brim's speed and memory: regressions, leaks, load.",
    ),
    "cache": (
        "brim.cli.cache:command",
        "Fill, show, clear and verify the cache tiers that the settings name.",
    ),
    "chat": (
        "brim.cli.chat:command",
        "Talk with a model in the terminal, inside of its window however long it becomes.",
    ),
    "check": (
        "brim.cli.check:command",
        "Check the conversations in FILE against the documented rules of their providers.",
    ),
    "compare": (
        "brim.cli.compare:command",
        "Compare all strategies on the conversations in FILE.",
    ),
    "config": ("brim.cli.config:command", "Show each setting and where it came from."),
    "count": ("brim.cli.count:command", "Count the tokens of the conversations in FILE."),
    "demo": ("brim.cli.demo:command", "Replay a recorded agent conversation into a small window."),
    "diff": (
        "brim.cli.diff:command",
        "Show what a fit of the conversations in FILE keeps, leaves out, replaces and shortens.",
    ),
    "expand": (
        "brim.cli.expand:command",
        "Show the original that the handle of a note or mark stands for.",
    ),
    "explain": (
        "brim.cli.explain:command",
        "Show what a fit of the conversations in FILE would do, and why.",
    ),
    "fit": ("brim.cli.fit:command", "Fit the conversations of INPUT into a budget of tokens."),
    "plugins": ("brim.cli.plugins:command", "List, check and trace plugins."),
    "stats": (
        "brim.cli.stats:command",
        "Show what the running loops and proxies of this machine have done.",
    ),
    "top": ("brim.cli.top:command", "Watch the running loops and proxies of this machine."),
    "undo": (
        "brim.cli.undo:command",
        "Bring back the original of a handle: later fits of its conversation keep it.",
    ),
}
"""Command -> where it is, and its line in the help."""


class LazyGroup(click.Group):
    """Knows its commands by name; those of plugins are asked for only when no own one fits."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *self._extensions(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return _of_plugins(ctx).get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        extensions = self._extensions(ctx)
        lines = {name: line for name, (_, line) in COMMANDS.items()}
        lines |= {name: command.get_short_help_str() for name, command in extensions.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrimError as error:
            _say(error, ctx)
            ctx.exit(2)

    def _extensions(self, ctx: click.Context) -> Mapping[str, click.Command]:
        try:
            return _of_plugins(ctx)
        except BrimError as error:
            _say(error, ctx)
            return {}


def _of_plugins(ctx: click.Context) -> Mapping[str, click.Command]:
    """The commands that plugins add. They cannot replace one of Brim's own."""
    group = click.Group()
    state_of(ctx).host().calls.extend_cli(group)
    return {name: command for name, command in group.commands.items() if name not in COMMANDS}


def _say(error: BrimError, ctx: click.Context) -> None:
    if state_of(ctx).verbose:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    click.echo(f"brim: {error}", err=True)


@click.group(cls=LazyGroup)
@click.option(
    "--plugin",
    multiple=True,
    is_eager=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use the plugin in this file. May be repeated.",
)
@click.option(
    "--config",
    is_eager=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read settings from this file instead of brim.toml and pyproject.toml.",
)
@click.option("-v", "--verbose", is_eager=True, is_flag=True, help="Show tracebacks of errors.")
@click.version_option(__version__, prog_name="brim")
def cli(plugin: tuple[Path, ...], config: Path | None, verbose: bool) -> None:
    """Keep every LLM conversation just under the brim of its context window."""


main = cli

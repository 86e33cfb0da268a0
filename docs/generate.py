"""Write the generated parts of the reference: hook specifications and the command line.

`python docs/generate.py` rewrites them, `--check` exits 1 when one is out of date.
The tests in tests/docs check the same. A hook's page is written by hand around
the block between its two markers.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from brim import hookspecs

REFERENCE = Path(__file__).resolve().parent / "reference"
FIELDS = ("Called", "Gives", "On error", "Since")
BEGIN = "<!-- specification: written by docs/generate.py -->"
END = "<!-- end of the specification -->"

Hook = Callable[..., Any]


def hooks() -> dict[str, Hook]:
    """Every hook specification, in the order of hookspecs.py."""
    return {name: value for name, value in vars(hookspecs).items() if hasattr(value, "brim_spec")}


def signature(hook: Hook) -> str:
    """The hook with its exact arguments, on one line."""
    return f"{hook.__name__}{inspect.signature(hook)}".replace("'", "")


def fields(hook: Hook) -> dict[str, str]:
    """The docstring's fields; its first paragraph under the empty name."""
    summary, _, rest = inspect.getdoc(hook).partition("\n\n")  # type: ignore[union-attr]
    starts = re.split(rf"^({'|'.join(FIELDS)}):", rest, flags=re.MULTILINE)[1:]
    pairs = zip(starts[::2], starts[1::2], strict=True)
    return {"": summary} | {name: " ".join(text.split()) for name, text in pairs}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def specification(hook: Hook) -> str:
    """The generated block of a hook's page."""
    said = fields(hook)
    may_await = "may be a coroutine function" in inspect.getdoc(hook)  # type: ignore[operator]
    rows = [(name, said.get(name, "")) for name in FIELDS[:-1]]
    rows += [
        ("May await", "yes" if may_await else "no"),
        ("Since", f"hook API {said.get('Since', '')}"),
    ]
    table = "\n".join(f"| **{name}** | {_cell(text)} |" for name, text in rows)
    return f"```text\n{signature(hook)}\n```\n\n{said['']}\n\n| | |\n|---|---|\n{table}"


def hook_page(name: str, text: str) -> str:
    """The page with its block brought up to date."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"the page of {name} has lost its markers: {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{specification(hooks()[name])}\n{END}{after}"


def _commands(
    command: click.Command, info: str, parent: click.Context | None = None
) -> Iterator[tuple[str, str]]:
    with click.Context(command, info_name=info, parent=parent, terminal_width=88) as context:
        yield context.command_path, command.get_help(context)
        if isinstance(command, click.Group):
            for name in sorted(command.list_commands(context)):
                child = command.get_command(context, name)
                if child is not None and not child.hidden:
                    yield from _commands(child, name, context)


def cli_page() -> str:
    """The help of `brim` and of each of its commands."""
    root = import_module("brim.cli.main").cli
    sections = [
        f"## `{path}`\n\n```text\n{text.strip()}\n```" for path, text in _commands(root, "brim")
    ]
    head = (
        "# Command line\n\n"
        "What `brim COMMAND --help` prints. Commands of plugins appear there too.\n"
    )
    return "\n\n".join([head.rstrip("\n"), *sections]) + "\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated page and what should stand in it."""
    for name in hooks():
        path = REFERENCE / "hooks" / f"{name}.md"
        yield path, hook_page(name, path.read_text(encoding="utf-8"))
    yield REFERENCE / "cli.md", cli_page()


def main() -> None:
    stale = [
        (path, text)
        for path, text in pages()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv and stale:
        sys.exit("out of date: " + ", ".join(path.name for path, _ in stale))
    for path, text in stale:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Write the generated parts of the reference: hook specifications, commands, provider rules.

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
from brim.dialects.anthropic import Anthropic
from brim.dialects.catalogue import CATALOGUE, MEANS, RuleText
from brim.dialects.openai_chat import OpenAIChat
from brim.dialects.openai_responses import OpenAIResponses

REFERENCE = Path(__file__).resolve().parent / "reference"
FIELDS = ("Called", "Gives", "On error", "Since")
BEGIN = "<!-- specification: written by docs/generate.py -->"
END = "<!-- end of the specification -->"
DIALECTS = (OpenAIChat(), OpenAIResponses(), Anthropic())
THINKING = {27: "anthropic"}
"""Rules that are kept by the way a conversation is condensed, and need no check."""

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


def _rule_row(number: int, rule: RuleText) -> str:
    books = [dialect.name for dialect in DIALECTS if number in dialect.book.numbers]
    names = ", ".join(books or filter(None, [THINKING.get(number)]))
    by = ", ".join(rule.by) + (f"; {rule.remark}" if rule.by and rule.remark else "")
    cells = (str(number), rule.provider, names, rule.title, rule.answer, by or "cannot, see below")
    return f"| {' | '.join(map(_cell, cells))} |"


def rules_page() -> str:
    """Every provider rule, from the catalogue and the books of the dialects."""
    means = "\n".join(f"- *{name}*: {text}." for name, text in MEANS.items())
    rows = "\n".join(_rule_row(number, rule) for number, rule in CATALOGUE.items())
    undecided = "\n".join(
        f"- **{number}**, {rule.title}: {rule.remark}."
        for number, rule in CATALOGUE.items()
        if not rule.by
    )
    return RULES.format(means=means, rows=rows, undecided=undecided)


RULES = """# Provider rules

What a request must satisfy for its provider to accept it, as documented or reported by users late
in 2026. `brim check` looks for what a request breaks; every fit makes sure that what goes out
breaks none that came in whole. No provider was asked: a request that passes satisfies these rules,
no more is said.

Numbers are stable. *Checked in* names the formats in which a request is judged by the rule,
*Decided by* what Brim looks at for that:

{means}

The names in `code` are fields of a [model's profile](models.md).

| Number | Provider | Checked in | What must hold | What the provider answers | Decided by |
|---|---|---|---|---|---|
{rows}

## What cannot be decided

{undecided}

Whether a request fits the window is not among these rules: that is what the
[budget](settings.md) is for.
"""


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated page and what should stand in it."""
    for name in hooks():
        path = REFERENCE / "hooks" / f"{name}.md"
        yield path, hook_page(name, path.read_text(encoding="utf-8"))
    yield REFERENCE / "cli.md", cli_page()
    yield REFERENCE / "rules.md", rules_page()


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

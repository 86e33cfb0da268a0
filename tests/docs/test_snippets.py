"""Every ```python block of the docs and the README runs, page by page, in order.

Blocks of one page share a namespace and an empty folder. A block that starts with
a comment such as `# shout.py` is also written to that file, so that later blocks
and commands can use it. Commands of ```console blocks that start with `brim` must
exist with their options.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(python|console)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w./-]+\.\w+)\n")


def _blocks(language: str) -> list[tuple[Path, list[tuple[int, str]]]]:
    """For each page that has some, its blocks with the line on which they start."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = [
            (text.count("\n", 0, match.start()) + 2, match[2])
            for match in FENCE.finditer(text)
            if match[1] == language
        ]
        if blocks:
            found.append((page, blocks))
    return found


def _id(value: object) -> str | None:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else ""


@pytest.mark.parametrize(("page", "blocks"), _blocks("python"), ids=_id)
def test_python(
    page: Path, blocks: list[tuple[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module = ModuleType("snippets")
    for line, source in blocks:
        if named := FILE_NAME.match(source):
            (tmp_path / named[1]).write_text(source, encoding="utf-8")
        code = compile("\n" * (line - 1) + source, str(page), "exec", dont_inherit=True)
        exec(code, vars(module))


def _commands(block: str) -> Iterator[list[str]]:
    for line in block.replace("\\\n", " ").splitlines():
        for command in re.split(r"\s(?:&&|\|)\s", line.removeprefix("$ ")):
            if line.startswith("$ ") and command.startswith("brim "):
                yield shlex.split(command, comments=True)[1:]


def _check(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Raise unless the words lead to a command, and each option belongs to it."""
    context = click.Context(command, parent=parent, info_name=command.name)
    _, rest, _ = command.make_parser(context).parse_args(list(words))
    if isinstance(command, click.Group) and rest:
        child = command.get_command(context, rest[0])
        assert child is not None, f"there is no command {rest[0]!r}"
        _check(child, rest[1:], context)


@pytest.mark.parametrize(("page", "blocks"), _blocks("console"), ids=_id)
def test_console(page: Path, blocks: list[tuple[int, str]]) -> None:
    from brim.cli.main import cli

    for _, block in blocks:
        for words in _commands(block):
            _check(cli, words)


def test_there_is_something_to_run() -> None:
    assert len(_blocks("python")) > 15
    assert _blocks("console")

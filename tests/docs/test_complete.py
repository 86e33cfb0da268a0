"""Nothing is without a page: commands, settings, packages; and no page is out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from brim.cli.main import COMMANDS, cli
from brim.settings.describe import entries
from brim.settings.schema import Settings

TREE = re.compile(r"^```\{toctree\}\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_command_has_help_and_a_place_in_the_guides(root: Path) -> None:
    reference = read(root / "docs" / "reference" / "cli.md")
    pages = [*(root / "docs" / "how-to").glob("*.md"), *(root / "docs" / "tutorial").glob("*.md")]
    guides = "\n".join(map(read, [*pages, root / "README.md"]))
    own = [path for path in commands(cli, "brim") if path.split()[1] in COMMANDS]
    assert len(own) > 15
    for path in own:
        assert f"## `{path}`" in reference, path
        assert path in guides or f"`{path.split()[-1]}`" in guides, path


def test_every_setting_is_in_the_reference(root: Path) -> None:
    page = read(root / "docs" / "reference" / "settings.md")
    missing = [entry.key for entry in entries(Settings()) if f"| `{entry.key}` |" not in page]
    assert not missing


def test_every_page_is_in_a_table_of_contents(root: Path) -> None:
    docs = root / "docs"
    listed = {
        (index.parent / f"{line.strip()}.md").resolve()
        for index in docs.rglob("*.md")
        for block in TREE.findall(read(index))
        for line in block.splitlines()
        if line.strip() and not line.startswith(":")
    }
    pages = {path.resolve() for path in docs.rglob("*.md")} - {(docs / "index.md").resolve()}
    assert pages == listed


def test_every_room_is_in_the_tour(root: Path) -> None:
    tour = read(root / "docs" / "contributing" / "architecture.md")
    source = root / "src" / "brim"
    rooms = {path.parent.name for path in source.glob("*/__init__.py")}
    rooms |= {path.stem for path in source.glob("*.py")} - {"__init__"}
    assert not {room for room in rooms if f"`brim.{room}`" not in tour}
    inner = {path.parent.name for path in (source / "road").glob("*/__init__.py")}
    assert not {room for room in inner if f"`road.{room}`" not in tour}
    named = set(re.findall(r"`(\w+\.py)`", tour))
    files = {path.name for path in root.rglob("*.py") if "." not in path.parent.name}
    assert named <= files


def test_figures_of_the_comparison_are_those_of_the_readme(root: Path) -> None:
    page = read(root / "docs" / "explanation" / "comparison.md")
    rows = re.findall(r"^\| .*\d.* \|$", page, re.MULTILINE)
    assert len(rows) > 15
    assert not set(rows) - set(read(root / "README.md").splitlines())

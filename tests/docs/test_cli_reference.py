"""The command line's page is what the commands print."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType


def test_page_is_up_to_date(generate: ModuleType, root: Path) -> None:
    page = (root / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert page == generate.cli_page(), "run: python docs/generate.py"


def test_page_has_the_commands_of_the_first_release(generate: ModuleType) -> None:
    page = generate.cli_page()
    for command in (
        "fit",
        "count",
        "check",
        "demo",
        "config",
        "plugins list",
        "plugins check",
        "plugins trace",
    ):
        assert f"## `brim {command}`" in page

"""Functions under 60 lines, files of at most 350: what fits one screen is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION = 60
LONGEST_FILE = 350


def _sources() -> list[Path]:
    folders = [ROOT / "src", *sorted((ROOT / "plugins").glob("*/src"))]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def _functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_there_are_sources() -> None:
    assert len(_sources()) > 20


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_file_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    long = {name: n for name, n in _functions(ast.parse(text)) if n >= LONGEST_FUNCTION}
    assert not long


def test_functions_are_short_on_the_whole() -> None:
    texts = [path.read_text(encoding="utf-8") for path in _sources()]
    lengths = sorted(n for text in texts for _, n in _functions(ast.parse(text)))
    assert lengths[len(lengths) // 2] <= 7
    assert lengths[len(lengths) * 9 // 10] <= 25
